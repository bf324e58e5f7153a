/**
 * Tells what is in a module. What conversion would make of it is not worked out a second time:
 * `convert` converts it in memory, and its result is looked at like any other module.
 */

import { type Diagnostic, Diagnostics, Refusal } from "../diagnostics.js";
import { ELFCLASS64, type ElfObject, machineName } from "../elf/index.js";
import { convert, isSigned } from "../livepatch/index.js";
import {
  lookUp,
  readableSymbols,
  type SymbolMap,
  type SymbolSource,
  SymbolSources,
} from "../symbols/index.js";
import { externalSymbols, importedNames } from "./external-symbols.js";
import { hasLivepatchParts, markedNames, readForms } from "./forms.js";
import { inspectPatch } from "./inspected-patch.js";
import type {
  Form,
  InspectedConversion,
  InspectedModule,
  Inspection,
  ModuleState,
} from "./inspection.js";
import { readModinfo, readModule } from "./read-module.js";

export interface InspectOptions {
  /** Name of the module's file in messages; `module` if absent. */
  readonly file?: string;
  /** Where imports and what is to be converted are looked up, as for {@link convert}. */
  readonly symbols?: SymbolSource | SymbolSources;
}

/**
 * Tells what is in a module: what it patches, its livepatch symbols and sections, its imports, and
 * what conversion would make of it.
 *
 * `bytes` is an ET_REL file of any class, byte order and machine; it is not changed. A file that
 * cannot be read is a result without a module, not an exception, and so are symbols that cannot.
 */
export function inspect(bytes: Uint8Array, options: InspectOptions = {}): Inspection {
  const file = options.file ?? "module";
  const diagnostics = new Diagnostics(file);
  const object = attempt(() => readModule(bytes, diagnostics));
  if (object === undefined) return { file, module: null, diagnostics: diagnostics.list() };
  const looked = options.symbols && lookUpAll(options.symbols, importedNames(object));
  const module = inspectModule(object, bytes, file, options.symbols, looked);
  return { file, module, diagnostics: [...(looked?.diagnostics ?? []), ...diagnostics.list()] };
}

/** The symbols that were asked for, or why they could not be read. */
interface LookedUp {
  readonly map: SymbolMap | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

function lookUpAll(symbols: SymbolSource | SymbolSources, names: readonly string[]): LookedUp {
  const readable = readableSymbols(symbols);
  const isList = !(readable instanceof SymbolSources);
  const diagnostics = new Diagnostics(isList ? readable.file : "symbols");
  const map = attempt(() => lookUp(readable, names, diagnostics));
  return { map, diagnostics: [...(isList ? [] : readable.diagnostics), ...diagnostics.list()] };
}

function inspectModule(
  object: ElfObject,
  bytes: Uint8Array,
  file: string,
  symbols: SymbolSource | SymbolSources | undefined,
  looked: LookedUp | undefined,
): InspectedModule {
  const modinfo = readModinfo(object);
  const isLivepatch = modinfo.some(({ key }) => key === "livepatch");
  const forms = readForms(object);
  const isPending = forms.some(({ form }) => form !== "leftover entries");
  const isConverted = !isPending && hasLivepatchParts(object);
  const map = looked?.map;
  // Symbols that cannot be read decide nothing.
  const isDecidable = symbols === undefined ? isPending : map !== undefined;
  const conversion =
    isLivepatch && !isConverted && isDecidable
      ? inspectConversion(bytes, file, symbols, map)
      : null;
  const plain = conversion === null ? undefined : plainNames(object, conversion);
  const isFound = isPending || plain !== undefined || conversion?.outcome === "converted";
  const state: ModuleState = !isLivepatch
    ? "ordinary"
    : isFound
      ? "intermediate"
      : isConverted
        ? "converted"
        : "unmarked";
  const { elfClass, littleEndian } = object.layout;
  return {
    state,
    machine: machineName(object.machine),
    elfClass: elfClass === ELFCLASS64 ? 64 : 32,
    byteOrder: littleEndian ? "little" : "big",
    signed: isSigned(bytes),
    modinfo,
    forms: plain === undefined ? forms : [...forms, plain],
    patch: isLivepatch ? inspectPatch(object) : null,
    ...externalSymbols(object, map),
    conversion,
  };
}

function inspectConversion(
  bytes: Uint8Array,
  file: string,
  symbols: SymbolSource | SymbolSources | undefined,
  map: SymbolMap | undefined,
): InspectedConversion {
  const { output, report, diagnostics } = convert(bytes, { file, ...(symbols && { symbols }) });
  const result =
    output === undefined ? null : externalSymbols(readModule(output, new Diagnostics(file)), map);
  return {
    outcome: report.outcome,
    decisions: report.symbols,
    moved: report.sections,
    removedSections: report.removedSections,
    removedDependencies: report.removedDependencies,
    result,
    // What the symbols' own readers say is said once, beside the module.
    diagnostics: diagnostics.filter((each) => each.file === file),
  };
}

/** Symbols that nothing in the module speaks of, and that become livepatch symbols. */
function plainNames(object: ElfObject, { decisions }: InspectedConversion): Form | undefined {
  const isMarked = markedNames(object);
  const names = decisions.filter((each) => each.decision === "livepatch").map(({ name }) => name);
  const marks = names.filter((name) => !isMarked(name));
  return marks.length === 0 ? undefined : { form: "plain names", marks };
}

function attempt<Result>(step: () => Result): Result | undefined {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return undefined;
  }
}
