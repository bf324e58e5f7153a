/** Where in the module a relocation is: the place that it relocates, where there is one. */

import type { Place } from "../diagnostics.js";
import type { Section } from "../elf/index.js";
import type { Entry } from "./entry-table.js";
import type { Subject } from "./subject.js";

/** The place of an entry of `table`, which relocates `target`, with the symbol that it is of. */
export function entryPlace(
  { elf, layout }: Subject,
  { section, target }: { readonly section: Section; readonly target: Section | undefined },
  { index, offset, symbol }: Pick<Entry, "index" | "offset" | "symbol">,
): Place {
  const name = symbol < elf.symbols.count ? elf.symbols.name(symbol) : "";
  return {
    ...(target === undefined
      ? { section: section.name, offset: index * layout.rela.size }
      : { section: target.name, offset }),
    ...(name !== "" && { symbol: name }),
  };
}
