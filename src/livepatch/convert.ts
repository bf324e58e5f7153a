/** The main job, from the bytes of an intermediate module to the bytes of one the kernel loads. */

import { type Diagnostic, Diagnostics, Refusal } from "../diagnostics.js";
import {
  type Allocate,
  type ElfObject,
  PartialBytes,
  readElf,
  removeRelocations,
  removeSections,
  type Section,
  writePartially,
} from "../elf/index.js";
import {
  lookUp,
  readableSymbols,
  type SharedSymbols,
  type SymbolMap,
  type SymbolSource,
  SymbolSources,
  type SymbolsListFile,
} from "../symbols/index.js";
import {
  isImportOfModule,
  lostDependencies,
  removeDependencies,
  removeVersions,
} from "./dependencies.js";
import { type Annotations, readAnnotations } from "./dialects/annotations.js";
import { type KlpRelocs, NO_KLP_RELOCS, readKlpRelocs } from "./dialects/klp-relocs.js";
import { checkRelocationsOfMarks } from "./dialects/marks.js";
import {
  addStatedPositions,
  faultOfStatedPosition,
  parseStatedPosition,
  type StatedPosition,
} from "./dialects/stated-positions.js";
import { unusedTombstones } from "./dialects/tombstones.js";
import { checkEnvelope, type ModuleFacts, readModuleFacts } from "./module.js";
import { Gates, type LateBinding, parseLateBinding } from "./patch/gates.js";
import {
  addStatedObjects,
  faultOfPatchedObject,
  notePatch,
  type Patch,
  replacedNames,
} from "./patch/patch.js";
import { checkPatchedFunctions } from "./patch/patched-functions.js";
import { readPatch } from "./patch/read-patch.js";
import { checkApplicable } from "./places/applicable.js";
import { collectReferences, type Reference } from "./references.js";
import { makeReport, type Report } from "./report.js";
import { type MovedTo, rewrite } from "./rewrite.js";
import { checkKernelOfSymbols } from "./rules/kernel-of-symbols.js";
import { resolveReferences, wantedNames } from "./rules/resolve.js";
import { type Decision, gatesOfSymbols } from "./rules/verdict.js";

export interface ConvertOptions {
  /** Name of the module's file in messages; `module` if absent. */
  readonly file?: string;
  /**
   * Where symbols are looked up: a source of any kind, several that were read already, or what was
   * looked up for many modules. Without any only annotated references are converted.
   */
  readonly symbols?: SymbolSource | SymbolSources | SharedSymbols;
  /** Positions stated beside the module, `OBJECT:NAME=POSITION` or `OBJECT:NAME@FILE`. */
  readonly sympos?: readonly string[];
  /** Modules whose symbols wait for another, patched one: `OWNER=PATCHED`. */
  readonly lateBind?: readonly string[];
  /** The objects that the patch patches, for a module of which that cannot be read. */
  readonly patchedObjects?: readonly string[];
  /** Symbols of another kernel release than the module's are an error, not a warning. */
  readonly strict?: boolean;
  /**
   * Gives memory for the output, `size` bytes that are all zero; new memory if absent. Who converts one
   * module after the other can give the same again.
   */
  readonly allocate?: Allocate;
}

export interface ConvertResult<Module = Uint8Array> {
  /** The converted module; the very input if there was nothing to convert; undefined if refused. */
  readonly output: Module | undefined;
  readonly outcome: Report["outcome"];
  /** What became of each symbol; made when somebody asks for it. */
  readonly report: Report;
  /** Errors (only if refused), warnings and notes, in the order they were found. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Converts an intermediate livepatch module.
 *
 * `input` is an ET_REL file of any class and byte order that has livepatch; it is not changed, and
 * the output may share memory with it. The same input and list give the same bytes, everywhere.
 * A refused module is a result with errors, not an exception. Throws RangeError on a `sympos`,
 * `lateBind` or `patchedObjects` of another form; what else is thrown is a fault of this library.
 * Format: Documentation/livepatch/module-elf-format.rst of the kernel.
 */
export function convert(input: Uint8Array, options: ConvertOptions = {}): ConvertResult {
  const result = convertPartially(PartialBytes.of(input), options);
  const { outcome, diagnostics } = result;
  const output = outcome === "unchanged" ? input : result.output?.bytes;
  return {
    output,
    outcome,
    get report() {
      return result.report;
    },
    diagnostics,
  };
}

/**
 * Likewise of a module of which not all is in memory. What nobody has looked at is missing of the output,
 * too. Throws also what the reading of it throws.
 */
export function convertPartially(
  input: PartialBytes,
  options: ConvertOptions = {},
): ConvertResult<PartialBytes> {
  const conversion = new Conversion(options);
  let output: PartialBytes | undefined;
  try {
    output = conversion.run(input);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  return conversion.result(input, output);
}

/**
 * The names that converting a module will look up; none if it is refused before. With them symbols can
 * be looked up for many modules at once, see SharedSymbols. Throws as `convert` does.
 */
export function namesToLookUp(input: Uint8Array, options: ConvertOptions = {}): string[] {
  try {
    return new Conversion(options).read(PartialBytes.of(input)).names;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return [];
  }
}

/** What is in a module, and what is to be looked up for it. */
interface ReadIntermediate {
  readonly object: ElfObject;
  readonly facts: ModuleFacts;
  readonly annotations: Annotations;
  readonly klpRelocs: KlpRelocs;
  readonly marks: readonly Section[];
  readonly references: readonly Reference[];
  readonly patch: Patch;
  readonly names: string[];
}

/** One run, and what it has found so far: a refused run reports that much. */
class Conversion {
  readonly #diagnostics: Diagnostics;
  readonly #listDiagnostics: Diagnostics;
  readonly #symbols: SymbolsListFile | SymbolSources | SharedSymbols | undefined;
  readonly #stated: readonly StatedPosition[];
  readonly #lateBindings: readonly LateBinding[];
  readonly #patchedObjects: readonly string[];
  readonly #isStrict: boolean;
  readonly #allocate: Allocate | undefined;
  #object: ElfObject | undefined;
  #patch: Patch | undefined;
  #annotations: Annotations = { byName: new Map(), sections: [] };
  #klpRelocs: KlpRelocs = NO_KLP_RELOCS;
  #lost: readonly string[] = [];
  #decisions: readonly Decision[] = [];
  #moved: readonly MovedTo[] = [];

  constructor(options: ConvertOptions) {
    const { file, symbols, sympos = [], lateBind = [], patchedObjects = [] } = options;
    this.#diagnostics = new Diagnostics(file ?? "module");
    this.#symbols = symbols && readableSymbols(symbols);
    const name = this.#symbols instanceof SymbolSources ? "symbols" : this.#symbols?.file;
    this.#listDiagnostics = new Diagnostics(name ?? "symbols");
    this.#stated = sympos.map((text) => {
      const stated = parseStatedPosition(text);
      if (stated === undefined) throw new RangeError(faultOfStatedPosition(text));
      return stated;
    });
    this.#lateBindings = lateBind.map((text) => {
      const binding = parseLateBinding(text);
      if (typeof binding === "string") throw new RangeError(binding);
      return binding;
    });
    for (const name of patchedObjects) {
      const fault = faultOfPatchedObject(name);
      if (fault !== undefined) throw new RangeError(fault);
    }
    this.#patchedObjects = patchedObjects;
    this.#isStrict = options.strict ?? false;
    this.#allocate = options.allocate;
  }

  /** The passes that look at the module alone. Throws Refusal. */
  read(input: PartialBytes): ReadIntermediate {
    const diagnostics = this.#diagnostics;
    // A compressed file is no ELF file, and a signed one would no longer be what was signed.
    checkEnvelope(input.bytes, diagnostics);
    const object = readElf(input, diagnostics);
    this.#object = object;
    const facts = readModuleFacts(object, diagnostics);

    // What the module itself says about a symbol outranks the list.
    const annotations = readAnnotations(object, facts.machine, diagnostics);
    this.#annotations = annotations;
    const klpRelocs = readKlpRelocs(object, facts.machine, annotations.sections, diagnostics);
    this.#klpRelocs = klpRelocs;
    const marks = [...annotations.sections, ...klpRelocs.sections];
    checkRelocationsOfMarks(object, marks, diagnostics);
    const references = collectReferences(object, marks, klpRelocs, diagnostics);

    // Sections for objects that are not patched are never applied, so it has to be known which are.
    const read = readPatch(object, facts.machine);
    const patch = addStatedObjects(read, this.#patchedObjects, diagnostics);
    this.#patch = patch;
    const names = [...wantedNames(references), ...replacedNames(patch)];
    return { object, facts, annotations, klpRelocs, marks, references, patch, names };
  }

  /** All passes in their order. Throws Refusal. */
  run(input: PartialBytes): PartialBytes {
    const diagnostics = this.#diagnostics;
    const { object, facts, annotations, klpRelocs, marks, references, patch, names } =
      this.read(input);

    // The symbols are looked through once, for the names the module wants and no others.
    const map = this.#scan(names);
    const stated = addStatedPositions(
      annotations.byName,
      this.#stated,
      references,
      map,
      diagnostics,
    );
    const gates = new Gates(patch, this.#lateBindings, map, diagnostics);
    const evidence = { object, facts, references, ...stated, klpRelocs, patch, gates, map };
    this.#decisions = resolveReferences(evidence, diagnostics);

    // What the kernel would say at load, or would not say, is said now.
    gates.checkSections(object, diagnostics);
    checkPatchedFunctions(object, patch, map, diagnostics);
    const gatesOf = gatesOfSymbols(object, this.#decisions);
    checkApplicable(object, facts, gatesOf, klpRelocs, marks, diagnostics);
    if (map !== undefined) {
      checkKernelOfSymbols(facts, map, this.#decisions, patch, this.#isStrict, diagnostics);
    }
    const isAnyMoved = this.#decisions.some((each) => each.target !== undefined);
    const isAnyTied = this.#decisions.some((each) => isImportOfModule(each, map));
    notePatch(patch, isAnyMoved || isAnyTied, diagnostics);

    // Annotations were meant for this tool; the kernel has no use for them.
    const standIns = unusedTombstones(object, klpRelocs, references);
    removeRelocations(object, klpRelocs.dead);
    removeSections(object, marks, diagnostics, standIns);

    // Nothing is rewritten before it is certain that everything can be.
    diagnostics.throwIfFailed();
    if (marks.length === 0 && standIns.length === 0 && !isAnyMoved) {
      diagnostics.note("nothing-to-convert", "nothing to convert: the module stays as it is");
      return input;
    }
    this.#moved = rewrite(object, this.#decisions, gatesOf, klpRelocs);
    this.#lost = lostDependencies(facts.depends, this.#decisions, map);
    removeDependencies(object, this.#lost);
    removeVersions(object, this.#lost, this.#decisions);
    return writePartially(object, diagnostics, this.#allocate);
  }

  result(input: PartialBytes, output: PartialBytes | undefined): ConvertResult<PartialBytes> {
    const outcome = output === undefined ? "refused" : output === input ? "unchanged" : "converted";
    const removed = [...this.#annotations.sections, ...this.#klpRelocs.sections];
    const about = {
      object: this.#object,
      patch: this.#patch,
      decisions: this.#decisions,
      moved: this.#moved,
      removed,
      lostDependencies: this.#lost,
    };
    let report: Report | undefined;
    return {
      output,
      outcome,
      get report() {
        report ??= makeReport(outcome, about);
        return report;
      },
      diagnostics: [...this.#symbolsDiagnostics(), ...this.#diagnostics.list()],
    };
  }

  #symbolsDiagnostics(): Diagnostic[] {
    const symbols = this.#symbols;
    const ofSources = symbols instanceof SymbolSources ? symbols.diagnostics : [];
    return [...ofSources, ...this.#listDiagnostics.list()];
  }

  #scan(names: Iterable<string>): SymbolMap | undefined {
    return this.#symbols && lookUp(this.#symbols, names, this.#listDiagnostics);
  }
}
