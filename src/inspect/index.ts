/**
 * src/inspect tells what is in a module and how two differ, as data; it decides nothing, and must not
 * know files, consoles or pages.
 */

export { compareModules, type ModuleFile } from "./compare.js";
export type {
  ChangedField,
  ChangedSection,
  ChangedSymbol,
  CompareResult,
  Comparison,
  ModinfoChange,
  MovedRelocations,
  RelocationChanges,
  RelocationsOfSection,
  RenamedSymbol,
  SectionChanges,
  SizedSection,
  SymbolChanges,
} from "./comparison.js";
export { type InspectOptions, inspect } from "./inspect.js";
export type {
  ConversionResult,
  Exporter,
  Form,
  FormName,
  Import,
  InspectedConversion,
  InspectedFunction,
  InspectedModule,
  InspectedObject,
  InspectedPatch,
  Inspection,
  LivepatchSection,
  LivepatchSymbol,
  ModinfoEntry,
  ModuleState,
  Place,
  Use,
} from "./inspection.js";
