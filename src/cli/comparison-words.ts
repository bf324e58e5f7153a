/** Words for how two modules differ, the same on a terminal and on a page. */

import { counted } from "../diagnostics.js";
import type {
  ChangedField,
  Comparison,
  MovedRelocations,
  RelocationsOfSection,
} from "../inspect/index.js";

/** All that happened to the symbol, but for its name, is that livepatch resolves it now. */
export function isMadeLivepatch({ fields }: { readonly fields: readonly ChangedField[] }): boolean {
  const [first, ...others] = fields;
  return (
    others.length === 0 &&
    first?.field === "section" &&
    first.before === "undefined" &&
    first.after === "livepatch"
  );
}

/** `size 4 -> 8, binding 1 -> 2` */
export function changedWords(fields: readonly ChangedField[]): string {
  return fields.map(({ field, before, after }) => `${field} ${before} -> ${after}`).join(", ");
}

/** Rows of from, to, how many, of which symbols: one for each pair of sections. */
export function movesBySections(moved: readonly MovedRelocations[]): string[][] {
  return rows(
    moved.map(({ from, to, symbol, symbolAfter, relocations }) => ({
      heads: [from, to],
      // The livepatch symbol rather than what stood in for it.
      symbol: symbolAfter.startsWith(".klp.sym.") ? symbolAfter.slice(9) : symbol,
      relocations,
    })),
  );
}

/** Rows of section, how many, of which symbols. */
export function removalsBySections(all: readonly RelocationsOfSection[]): string[][] {
  return rows(
    all.map(({ section, symbol, relocations }) => ({ heads: [section], symbol, relocations })),
  );
}

function rows(
  all: readonly { heads: readonly string[]; symbol: string; relocations: number }[],
): string[][] {
  const byHeads = new Map<
    string,
    { heads: readonly string[]; count: number; symbols: Set<string> }
  >();
  for (const { heads, symbol, relocations } of all) {
    const key = heads.join("\0");
    const row = byHeads.get(key) ?? { heads, count: 0, symbols: new Set<string>() };
    byHeads.set(key, row);
    row.count += relocations;
    row.symbols.add(symbol === "" ? "no symbol" : symbol);
  }
  return [...byHeads.values()].map(({ heads, count, symbols }) => [
    ...heads,
    `${count}`,
    [...symbols].join(", "),
  ]);
}

/** That what is not listed is the same, and how much that is. */
export function restWords({ same, header, modinfo }: Comparison): string {
  const parts = [
    ...(header.length === 0 ? ["the ELF header"] : []),
    ...(modinfo.length === 0 ? [".modinfo"] : []),
    counted(same.sections, "section"),
    counted(same.symbols, "symbol"),
    counted(same.relocations, "relocation"),
  ];
  const last = parts.pop();
  return `Everything else is identical: ${parts.join(", ")} and ${last}. Indices and file offsets, which follow from the rest, are not compared.`;
}
