/**
 * The order in which kallsyms has the symbols of vmlinux, and livepatch counts them: by address.
 * What shares an address comes in the order of scripts/kallsyms.c, compare_symbols: weak symbols
 * last, then what a linker script may have provided, then names with more leading underscores; what
 * is still the same stays as nm -n gave it.
 */

import type { AddressTable } from "./address-table.js";

const UNDERSCORE = 95;

/**
 * The rows of a table in the kernel's order. Rows that nothing tells apart stay in table order if
 * `isSorted` says that this is nm -n's, and otherwise go by name, as nm -n would have them.
 */
export function kernelOrder(table: AddressTable, isSorted: boolean): Uint32Array {
  const { count } = table;
  const ranks = new Uint32Array(count);
  for (let row = 0; row < count; row++) ranks[row] = rankAtAddress(table, row);
  const order = new Uint32Array(count);
  for (let row = 0; row < count; row++) order[row] = row;
  return order.sort(
    (a, b) =>
      table.compareAddresses(a, b) ||
      ranks[a]! - ranks[b]! ||
      (isSorted ? 0 : table.compareNames(a, b)) ||
      a - b,
  );
}

/** A number that grows the later a symbol comes among those of one address. */
function rankAtAddress(table: AddressTable, row: number): number {
  const { names } = table;
  const start = table.nameStart[row]!;
  const end = table.nameEnd[row]!;
  let underscores = 0;
  while (start + underscores < end && names[start + underscores] === UNDERSCORE) underscores++;
  const isWeak = (table.type[row]! | 0x20) === 0x77;
  const isProvided = underscores >= 2 && mayBeProvided(names, start, end);
  // Both flags stand above any number of underscores a name may have.
  return (isWeak ? 0x4000_0000 : 0) + (isProvided ? 0x2000_0000 : 0) + underscores;
}

/** `__start_X`, `__stop_X`, `__end_X`, `__X_start`, `__X_end`; begins with two underscores. */
function mayBeProvided(names: Uint8Array, start: number, end: number): boolean {
  if (end - start < 8) return false;
  const has = (text: string, at: number) => {
    for (let i = 0; i < text.length; i++) if (names[at + i] !== text.charCodeAt(i)) return false;
    return true;
  };
  return (
    has("start_", start + 2) ||
    has("stop_", start + 2) ||
    has("end_", start + 2) ||
    has("_start", end - 6) ||
    has("_end", end - 4)
  );
}
