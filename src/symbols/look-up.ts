/** Looks names up in symbols of whatever kind they were given. */

import type { Diagnostics } from "../diagnostics.js";
import { PartialBytes } from "../elf/index.js";
import { scanSymbolsList } from "./found-symbols.js";
import type { SymbolsListFile } from "./list-walk.js";
import { SharedSymbols } from "./shared-symbols.js";
import { isSymbolsList } from "./sources/read-source.js";
import type { SymbolSource } from "./sources/source.js";
import type { SymbolMap } from "./symbol-map.js";
import { SymbolSources } from "./symbol-sources.js";

/** Bytes that are enough to tell whether something is a list. */
const HEAD = 64;

/** Symbols that were gone through already. */
type LookedUp = SymbolSources | SharedSymbols;

function isLookedUp(symbols: SymbolSource | LookedUp): symbols is LookedUp {
  return symbols instanceof SymbolSources || symbols instanceof SharedSymbols;
}

/** One list is scanned as it is; anything else has to be read first, which this does. */
export function readableSymbols(symbols: SymbolSource | LookedUp): SymbolsListFile | LookedUp {
  if (isLookedUp(symbols)) return symbols;
  const { file, bytes } = symbols;
  if (bytes instanceof Uint8Array || bytes instanceof PartialBytes) {
    const head = bytes instanceof PartialBytes ? bytes.read(0, Math.min(bytes.size, HEAD)) : bytes;
    if (isSymbolsList(head)) return { file, bytes };
  }
  return SymbolSources.of(symbols);
}

/** What the symbols have of `names`. Adds faults to `diagnostics` and throws Refusal if there are. */
export function lookUp(
  symbols: SymbolsListFile | LookedUp,
  names: Iterable<string>,
  diagnostics: Diagnostics,
): SymbolMap {
  return isLookedUp(symbols)
    ? symbols.map(names, diagnostics)
    : scanSymbolsList(symbols, names, diagnostics);
}
