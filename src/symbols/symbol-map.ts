/** Which object has which symbol, as far as a conversion asked. */

import type { ObjectFacts, SymbolFields } from "./list-format.js";
import type { NearName } from "./nearest-names.js";

/** One symbol of an object. */
export interface ListedSymbol extends SymbolFields {
  /** Its line in the object's source, if that is a list. */
  readonly line: number | undefined;
}

/** One object's symbols of one name, in the object's order. Never empty. */
export interface Occurrences {
  /** `vmlinux`, or the module's name as the kernel spells it (`-` is `_`). */
  readonly object: string;
  /** The file that says so. */
  readonly source: string;
  readonly symbols: readonly ListedSymbol[];
}

/** The answers of a symbol map to the names that were asked for. */
export interface SymbolMap {
  /** The file or files it is made from, for messages. */
  readonly file: string;
  /** It is one list in format 0.1: what is not in there is nowhere, its maker answers for that. */
  readonly isList: boolean;
  /** True if the symbols of the object are known, with or without any wanted one. */
  hasObject(object: string): boolean;
  /** What is known of an object; undefined if the map does not have it. */
  facts(object: string): ObjectFacts | undefined;
  /** The objects that have a symbol of this name, in the map's order. */
  owners(name: string): readonly Occurrences[];
  /** The objects that export a symbol of this name (`__ksymtab_NAME`), in the map's order. */
  exporters(name: string): readonly string[];
  /** The namespace that an object exports a symbol to; undefined if none is known. */
  namespace(name: string, object: string): string | undefined;
  /** For each name up to five near ones, nearest first. A second, slower pass. */
  nearest(names: readonly string[]): ReadonlyMap<string, readonly NearName[]>;
  /**
   * True if the order of the object's symbols may not be the kernel's: it was never said, and the
   * names stand in alphabetical order.
   */
  isOrderDoubtful(object: string): boolean;
}

/**
 * The symbol that a position means while a module comes up, when the kernel looks through its whole
 * symbol table (kernel/module/kallsyms.c, module_kallsyms_on_each_symbol). Undefined if there is
 * none, or if position 0 leaves it open.
 */
export function symbolWhileComing(
  { symbols }: Occurrences,
  position: number,
): ListedSymbol | undefined {
  return at(symbols, position);
}

/** The symbol that a position means once a module is up, and of what is left then. */
export function symbolWhenLive(
  { symbols }: Occurrences,
  position: number,
): ListedSymbol | undefined {
  return at(symbols.every(isKept) ? symbols : symbols.filter(isKept), position);
}

/** A symbol among its homonyms, counted from 1 as the kernel counts. */
export interface RankedSymbol {
  readonly symbol: ListedSymbol;
  /** Its number while the module comes up. */
  readonly coming: number;
  /** Its number once the module is live; undefined if it is gone by then. */
  readonly live: number | undefined;
  /** The position that means it at any time, 0 if it is the only one; undefined if none does. */
  readonly position: number | undefined;
}

/** All symbols of an object and name, in order. */
export function rankSymbols({ symbols }: Occurrences): RankedSymbol[] {
  let kept = 0;
  return symbols.map((symbol, i) => {
    const coming = i + 1;
    const live = isKept(symbol) ? ++kept : undefined;
    const position = live !== coming ? undefined : symbols.length === 1 ? 0 : coming;
    return { symbol, coming, live, position };
  });
}

function isKept({ kept }: ListedSymbol): boolean {
  return kept === "always" || kept === "freed";
}

function at(symbols: readonly ListedSymbol[], position: number): ListedSymbol | undefined {
  if (position === 0) return symbols.length === 1 ? symbols[0] : undefined;
  return symbols[position - 1];
}
