/** What a symbol is called where one has to be named. */

import type { ElfObject } from "../elf/index.js";

/** Its name; of a section symbol the section's; empty for the null symbol. */
export function symbolText(object: ElfObject, symbol: number): string {
  if (symbol === 0) return "";
  if (object.symbols.isNamed(symbol)) return object.symbols.name(symbol);
  return object.sectionOfSymbol(symbol)?.name ?? `symbol ${symbol}`;
}
