/** How two modules differ, as data; the JSON of the command line is made of it. */

import type { Diagnostic } from "../diagnostics.js";

export interface Comparison {
  /** The files are the same, byte for byte. */
  readonly identical: boolean;
  readonly header: readonly ChangedField[];
  readonly symbols: SymbolChanges;
  readonly sections: SectionChanges;
  readonly relocations: RelocationChanges;
  readonly modinfo: readonly ModinfoChange[];
  /** How much was held against each other and is the same. */
  readonly same: {
    readonly sections: number;
    readonly symbols: number;
    readonly relocations: number;
  };
}

/** A field with what it was and what it is. */
export interface ChangedField {
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

export interface SymbolChanges {
  /** Symbols that go by another name, and what else of them differs. */
  readonly renamed: readonly RenamedSymbol[];
  /** Symbols of the same name of which something else differs. */
  readonly changed: readonly ChangedSymbol[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** The symbols that both have stand in another order. */
  readonly reordered: boolean;
}

export interface RenamedSymbol {
  readonly before: string;
  readonly after: string;
  readonly fields: readonly ChangedField[];
}

export interface ChangedSymbol {
  readonly name: string;
  readonly fields: readonly ChangedField[];
}

export interface SectionChanges {
  readonly added: readonly SizedSection[];
  readonly removed: readonly SizedSection[];
  readonly changed: readonly ChangedSection[];
  readonly reordered: boolean;
}

export interface SizedSection {
  readonly name: string;
  readonly size: number;
}

export interface ChangedSection {
  readonly name: string;
  /** Header fields that differ; `contents` if the bytes do. */
  readonly fields: readonly ChangedField[];
}

export interface RelocationChanges {
  /** Relocations of the same place that are in another section, or of a symbol in whose stead they stood. */
  readonly moved: readonly MovedRelocations[];
  readonly added: readonly RelocationsOfSection[];
  readonly removed: readonly RelocationsOfSection[];
  /** Sections in which relocations stand in another order. */
  readonly reordered: readonly string[];
}

/** Relocations that moved from one section to another. */
export interface MovedRelocations {
  readonly from: string;
  readonly to: string;
  /** Name of the symbol before; those of one symbol are one entry. */
  readonly symbol: string;
  readonly symbolAfter: string;
  readonly relocations: number;
}

export interface RelocationsOfSection {
  readonly section: string;
  readonly symbol: string;
  readonly relocations: number;
}

/** What .modinfo says of a key, all of its values; empty if it has none. */
export interface ModinfoChange {
  readonly key: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

export interface CompareResult {
  /** Null if one of them could not be read. */
  readonly comparison: Comparison | null;
  readonly diagnostics: readonly Diagnostic[];
}
