/** What is told of a module, as data; the JSON of the command line is made of it. */

import type { Diagnostic } from "../diagnostics.js";
import type { PatchSource, Report, ReportedSection, ReportedSymbol } from "../livepatch/index.js";

export interface Inspection {
  readonly file: string;
  /** Null if the file could not be read as a module; the diagnostics say why. */
  readonly module: InspectedModule | null;
  /** What the readers of the module and of the symbols have to say. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * How far a module is: `converted` has livepatch symbols or sections and nothing left to convert,
 * `intermediate` has something to convert, `unmarked` is a livepatch module that has neither, as far
 * as is known, and `ordinary` is none.
 */
export type ModuleState = "converted" | "intermediate" | "unmarked" | "ordinary";

/** How a module says what is to be converted. */
export type FormName =
  | "annotated names"
  | "module relocs"
  | "objtool"
  | "kpatch"
  | "plain names"
  | "leftover entries";

export interface Form {
  readonly form: FormName;
  /** The sections or symbols that it is told by. */
  readonly marks: readonly string[];
}

export interface InspectedModule {
  readonly state: ModuleState;
  /** As the kernel calls it, or `machine-N`. */
  readonly machine: string;
  readonly elfClass: 32 | 64;
  readonly byteOrder: "little" | "big";
  /** The module has an appended signature. */
  readonly signed: boolean;
  /** All of .modinfo, in its order. */
  readonly modinfo: readonly ModinfoEntry[];
  readonly forms: readonly Form[];
  /** Null for what is no livepatch module, or for a machine that has no livepatch. */
  readonly patch: InspectedPatch | null;
  readonly symbols: readonly LivepatchSymbol[];
  readonly sections: readonly LivepatchSection[];
  readonly imports: readonly Import[];
  /** What conversion would make of it; null if there is nothing to convert, as far as is known. */
  readonly conversion: InspectedConversion | null;
}

export interface ModinfoEntry {
  readonly key: string;
  readonly value: string;
}

/** What the patch replaces. */
export interface InspectedPatch {
  /** How that is known, as in a report, or from what kpatch leaves. */
  readonly source: PatchSource | "kpatch";
  /** Why it is unknown; null if it is not. */
  readonly reason: string | null;
  /** Null if it is unknown. */
  readonly objects: readonly InspectedObject[] | null;
}

export interface InspectedObject {
  readonly name: string;
  readonly functions: readonly InspectedFunction[];
}

export interface InspectedFunction {
  readonly name: string;
  /** 0, or which of its homonyms it is. */
  readonly position: number;
  /** Null if the module's code sets it when it runs. */
  readonly replacement: Place | null;
}

/** A function or variable of the module; `name` is null where no symbol says it. */
export interface Place {
  readonly name: string | null;
  readonly section: string;
  /** Bytes from the start of the section. */
  readonly offset: number;
}

/** What a symbol is used by. */
export interface Use extends Place {
  readonly kind: "function" | "variable" | "section";
  /** The object whose loading has the relocations applied; null if the module loader applies them. */
  readonly gate: string | null;
  readonly relocations: number;
}

/** A symbol that livepatch resolves. */
export interface LivepatchSymbol {
  /** As it stands in the symbol table. */
  readonly livepatchName: string;
  /** The object that has it; null if the name has another form than livepatch symbols have. */
  readonly object: string | null;
  readonly name: string;
  readonly position: number | null;
  readonly relocations: number;
  readonly uses: readonly Use[];
}

/** A section of relocations that livepatch applies. */
export interface LivepatchSection {
  readonly name: string;
  /** The object whose loading has it applied; null if its name says none. */
  readonly gate: string | null;
  /** The section that is relocated. */
  readonly target: string;
  readonly relocations: number;
}

/** An undefined symbol, which the module loader resolves. */
export interface Import {
  readonly name: string;
  readonly weak: boolean;
  /** Who exports it; null if that was not looked up. */
  readonly exporters: readonly Exporter[] | null;
  /** Why it needs no exporter; null if it does. */
  readonly reason: string | null;
  readonly relocations: number;
  readonly uses: readonly Use[];
}

export interface Exporter {
  readonly object: string;
  /** Null if none is known. */
  readonly namespace: string | null;
}

/** What `convert` would do, and what the result would have. */
export interface InspectedConversion {
  readonly outcome: Report["outcome"];
  readonly decisions: readonly ReportedSymbol[];
  readonly moved: readonly ReportedSection[];
  readonly removedSections: readonly string[];
  readonly removedDependencies: readonly string[];
  /** What the result would have; null if conversion is refused. */
  readonly result: ConversionResult | null;
  readonly diagnostics: readonly Diagnostic[];
}

export type ConversionResult = Pick<InspectedModule, "symbols" | "sections" | "imports">;
