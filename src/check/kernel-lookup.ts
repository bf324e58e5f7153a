/**
 * livepatch's search for a symbol, as the kernel makes it (kernel/livepatch/core.c,
 * klp_find_object_symbol). It counts the symbols of the name and ends at the position, or at the
 * second if there is none; what it then says depends first of all on the address it ended at.
 */

import { isAtZero } from "../livepatch/index.js";
import { type ListedSymbol, VMLINUX } from "../symbols/index.js";

/** Why a symbol is not found. */
export type LookupFault =
  /** There is none of the name. */
  | "absent"
  /** There are several, and no position. */
  | "ambiguous"
  /** There are fewer than the position says. */
  | "beyond"
  /** It is at address 0. */
  | "zero";

export type LookupResult =
  | { readonly symbol: ListedSymbol }
  | { readonly fault: LookupFault /** The kernel's. */; readonly line: string };

/** Looks a name up among the symbols of an object that have it. */
export function lookUp(
  symbols: readonly ListedSymbol[],
  object: string,
  name: string,
  position: number,
  printedPosition = String(position),
): LookupResult {
  const count = Math.min(symbols.length, position === 0 ? 2 : position);
  const last = symbols[count - 1];
  const line = lineOf();
  if (last === undefined) return { fault: "absent", line };
  if (position === 0 && count > 1) return { fault: "ambiguous", line };
  if (position > count) return { fault: "beyond", line };
  return isZero(last, name) ? { fault: "zero", line } : { symbol: last };

  function lineOf(): string {
    if (last === undefined || isZero(last, name)) return lineOfAbsent(name);
    if (position > 0) {
      return `livepatch: symbol position ${printedPosition} for symbol '${name}' in object '${object}' not found`;
    }
    // vmlinux is NULL to the kernel here, and printed as such.
    const printed = object === VMLINUX ? "(null)" : object;
    return `livepatch: unresolvable ambiguity for symbol '${name}' in object '${printed}'`;
  }
}

/** The symbol of a source file, which is its own file, has the value 0. */
function isZero({ address, kept, file }: ListedSymbol, name: string): boolean {
  return isAtZero(address) || (kept === "coming" && file === name);
}

/** What the kernel says of a name that it does not find. */
export function lineOfAbsent(name: string): string {
  return `livepatch: symbol '${name}' not found in symbol table`;
}
