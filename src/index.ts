/**
 * The library: converts, checks and inspects livepatch modules, and makes symbols lists, from bytes to
 * bytes; it touches no file, process or console.
 */

export {
  type CheckOptions,
  type CheckResult,
  type ConversionPlan,
  check,
  type Ending,
  type Examination,
  type Finding,
  type Form,
  type Outcome,
  RULES,
  type Rule,
  type Unchecked,
  type Verdict,
} from "./check/index.js";
export type { Diagnostic, Place, Severity } from "./diagnostics.js";
export * from "./inspect/index.js";
export {
  type ConvertOptions,
  type ConvertResult,
  convert,
  type Report,
  type ReportedFunction,
  type ReportedObject,
  type ReportedPatch,
  type ReportedSection,
  type ReportedSymbol,
} from "./livepatch/index.js";
export {
  type FileBytes,
  type ListOptions,
  type ListVersion,
  type SymbolSource,
  SymbolSources,
  type SymbolSourcesOptions,
  type SymbolsListFile,
  type WrittenList,
} from "./symbols/index.js";
export { VERSION } from "./version.js";
