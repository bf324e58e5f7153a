/** The main job, from the bytes of an intermediate module to the bytes of one the kernel loads. */

import { type Diagnostic, Diagnostics, Refusal } from "../diagnostics.js";
import { type ElfObject, readElf, removeSections, writeElf } from "../elf/index.js";
import {
  isSymbolsList,
  type SymbolMap,
  type SymbolSource,
  SymbolSources,
  type SymbolsListFile,
  scanSymbolsList,
} from "../symbols/index.js";
import { type Annotations, readAnnotations } from "./annotations.js";
import { checkKernelOfSymbols } from "./kernel-of-symbols.js";
import { checkEnvelope, readModuleFacts } from "./module.js";
import { collectReferences } from "./references.js";
import { makeReport, type Report } from "./report.js";
import { type Decision, resolveReferences, wantedNames } from "./resolve.js";
import { type MovedTo, rewrite } from "./rewrite.js";
import {
  addStatedPositions,
  faultOfStatedPosition,
  parseStatedPosition,
  type StatedPosition,
} from "./stated-positions.js";

export interface ConvertOptions {
  /** Name of the module's file in messages; `module` if absent. */
  readonly file?: string;
  /**
   * Where symbols are looked up: a source of any kind, or several that were read already. Without
   * any only annotated references are converted.
   */
  readonly symbols?: SymbolSource | SymbolSources;
  /** Positions stated beside the module, `OBJECT:NAME=POSITION` or `OBJECT:NAME@FILE`. */
  readonly sympos?: readonly string[];
  /** Symbols of another kernel release than the module's are an error, not a warning. */
  readonly strict?: boolean;
}

export interface ConvertResult {
  /** The converted module; the very input if there was nothing to convert; undefined if refused. */
  readonly output: Uint8Array | undefined;
  readonly report: Report;
  /** Errors (only if refused), warnings and notes, in the order they were found. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Converts an intermediate livepatch module.
 *
 * `input` is an ET_REL file of any class and byte order that has livepatch; it is not changed, and
 * the output may share memory with it. The same input and list give the same bytes, everywhere.
 * A refused module is a result with errors, not an exception. Throws RangeError on a `sympos` of
 * another form; what else is thrown is a fault of this library.
 * Format: Documentation/livepatch/module-elf-format.rst of the kernel.
 */
export function convert(input: Uint8Array, options: ConvertOptions = {}): ConvertResult {
  const conversion = new Conversion(options);
  let output: Uint8Array | undefined;
  try {
    output = conversion.run(input);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  return conversion.result(input, output);
}

/** One run, and what it has found so far: a refused run reports that much. */
class Conversion {
  readonly #diagnostics: Diagnostics;
  readonly #listDiagnostics: Diagnostics;
  readonly #symbols: SymbolsListFile | SymbolSources | undefined;
  readonly #stated: readonly StatedPosition[];
  readonly #isStrict: boolean;
  #object: ElfObject | undefined;
  #annotations: Annotations = { byName: new Map(), sections: [] };
  #decisions: readonly Decision[] = [];
  #moved: readonly MovedTo[] = [];

  constructor({ file, symbols, sympos = [], strict = false }: ConvertOptions) {
    this.#diagnostics = new Diagnostics(file ?? "module");
    this.#symbols = symbols && readable(symbols);
    const name = this.#symbols instanceof SymbolSources ? "symbols" : this.#symbols?.file;
    this.#listDiagnostics = new Diagnostics(name ?? "symbols");
    this.#stated = sympos.map((text) => {
      const stated = parseStatedPosition(text);
      if (stated === undefined) throw new RangeError(faultOfStatedPosition(text));
      return stated;
    });
    this.#isStrict = strict;
  }

  /** The passes in their order. Throws Refusal. */
  run(input: Uint8Array): Uint8Array {
    const diagnostics = this.#diagnostics;
    // A compressed file is no ELF file, and a signed one would no longer be what was signed.
    checkEnvelope(input, diagnostics);
    const object = readElf(input, diagnostics);
    this.#object = object;
    const facts = readModuleFacts(object, diagnostics);

    // What the module itself says about a symbol outranks the list.
    const annotations = readAnnotations(object, facts.machine, diagnostics);
    this.#annotations = annotations;
    const references = collectReferences(object, annotations.sections, diagnostics);

    // The symbols are looked through once, for the names the module wants and no others.
    const map = this.#scan(wantedNames(references));
    const stated = addStatedPositions(
      annotations.byName,
      this.#stated,
      references,
      map,
      diagnostics,
    );
    const evidence = { object, facts, references, ...stated, map };
    this.#decisions = resolveReferences(evidence, diagnostics);
    if (map !== undefined) {
      checkKernelOfSymbols(facts, map, this.#decisions, this.#isStrict, diagnostics);
    }

    // Annotations were meant for this tool; the kernel has no use for them.
    removeSections(object, annotations.sections, diagnostics);

    // Nothing is rewritten before it is certain that everything can be.
    diagnostics.throwIfFailed();
    if (annotations.sections.length === 0 && this.#decisions.every((each) => !each.target)) {
      diagnostics.note("nothing-to-convert", "nothing to convert: the module stays as it is");
      return input;
    }
    this.#moved = rewrite(object, this.#decisions);
    return writeElf(object, diagnostics);
  }

  result(input: Uint8Array, output: Uint8Array | undefined): ConvertResult {
    const outcome = output === undefined ? "refused" : output === input ? "unchanged" : "converted";
    return {
      output,
      report: makeReport(outcome, this.#object, this.#decisions, this.#moved, this.#annotations),
      diagnostics: [...this.#symbolsDiagnostics(), ...this.#diagnostics.list()],
    };
  }

  #symbolsDiagnostics(): Diagnostic[] {
    const symbols = this.#symbols;
    const ofSources = symbols instanceof SymbolSources ? symbols.diagnostics : [];
    return [...ofSources, ...this.#listDiagnostics.list()];
  }

  #scan(names: Iterable<string>): SymbolMap | undefined {
    const symbols = this.#symbols;
    if (!(symbols instanceof SymbolSources)) {
      return symbols && scanSymbolsList(symbols, names, this.#listDiagnostics);
    }
    return symbols.map(names, this.#listDiagnostics);
  }
}

/** One list is scanned as it is; anything else has to be read first. */
function readable(symbols: SymbolSource | SymbolSources): SymbolsListFile | SymbolSources {
  if (!(symbols instanceof SymbolSources)) {
    const { file, bytes } = symbols;
    if (bytes instanceof Uint8Array && isSymbolsList(bytes)) return { file, bytes };
  }
  return SymbolSources.of(symbols);
}
