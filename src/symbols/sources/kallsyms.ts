/**
 * Makes parts of what /proc/kallsyms shows. It is in the kernel's order as it is, vmlinux by address
 * and each module in the order of its symbol table; also where all addresses are hidden from the
 * reader (kptr_restrict). Of modules it has what they keep once they are live.
 */

import type { Diagnostics } from "../../diagnostics.js";
import { faultOfObjectName, NO_FACTS, VMLINUX } from "../list-format.js";
import { isListable, ListLines } from "../list-lines.js";
import { chunkOf, type ObjectPart } from "../object-part.js";
import type { AddressTable } from "./address-table.js";
import { refuseModule } from "./nm-part.js";

/** BPF and the tracers show the code they make under names of modules that there are not. */
const NOT_MODULES = /^(?:bpf|__builtin__.*)$/;

/**
 * The kernel and the modules that kallsyms shows, from a table whose rows are its lines; `extra` counts
 * the `modules` from 1, and is 0 for vmlinux. Throws Refusal if the order is lost.
 */
export function kallsymsParts(
  table: AddressTable,
  modules: readonly string[],
  digits: number,
  diagnostics: Diagnostics,
): ObjectPart[] {
  // What nm prints of a module without a sign of nm.
  refuseModule(table, new Set(), diagnostics);
  if (!table.isAscending()) {
    diagnostics.error("source-order", "the addresses of vmlinux do not ascend", {}, [
      "the lines are in another order than the kernel's, and of modules it cannot be had back",
      RETAKE,
    ]);
    diagnostics.refuse();
  }
  const isHidden = table.hasOnlyZeros();
  if (isSorted(table, isHidden)) {
    diagnostics.error(
      "source-order",
      isHidden
        ? "the lines are in alphabetical order: the kernel's order is lost"
        : "the symbols of modules are in the order of their addresses: the kernel's order is lost",
      {},
      [RETAKE],
    );
    diagnostics.refuse();
  }
  const lines = [VMLINUX, ...modules].map(() => new ListLines());
  const has = lines.map(() => false);
  for (let row = 0; row < table.count; row++) {
    const object = table.extra[row]!;
    const into = lines[object]!;
    has[object] = true;
    const start = table.nameStart[row]!;
    const end = table.nameEnd[row]!;
    if (!isListable(table.names, start, end)) continue;
    // A livepatch module keeps its whole symbol table; what is undefined in there counts nowhere.
    if (table.type[row] === UNDEFINED) continue;
    into.name(table.names, start, end);
    if (isHidden) into.field("-");
    else into.address(table.high[row]!, table.low[row]!, digits);
    into.type(table.type[row]!);
    into.end();
  }
  const parts: ObjectPart[] = [];
  for (const [i, object] of [VMLINUX, ...modules].entries()) {
    if (!has[i] || NOT_MODULES.test(object)) continue;
    const fault = faultOfObjectName(object);
    if (fault !== undefined) diagnostics.error("source-object", fault);
    const { file } = diagnostics;
    const chunks = [chunkOf(lines[i]!.bytes())];
    const facts = { ...NO_FACTS, order: "kallsyms" } as const;
    parts.push({ object, file, ...facts, chunks });
  }
  diagnostics.throwIfFailed();
  return parts;
}

/** More neighbours than that are not in order by accident; fewer can be, and little would be lost. */
const TELLING = 24;
/** `U` */
const UNDEFINED = 0x55;

/**
 * Somebody has sorted the lines. With addresses, vmlinux is none the worse for it, but modules are
 * not in the order of their addresses by nature, least of all several of them. With zeros for
 * addresses sort(1) leaves types in order, and names within each type; or it was told to sort names.
 */
function isSorted(table: AddressTable, isHidden: boolean): boolean {
  let compared = 0;
  let byKey = true;
  let byName = isHidden;
  let previous = -1;
  for (let row = 0; row < table.count; row++) {
    if (!isHidden && table.extra[row] === 0) continue;
    if (previous >= 0) {
      compared++;
      const names = table.compareNames(previous, row);
      const key = isHidden
        ? table.type[previous]! - table.type[row]! || names
        : table.compareAddresses(previous, row);
      byKey &&= key <= 0;
      byName &&= names <= 0;
      if (!byKey && !byName) return false;
    }
    previous = row;
  }
  return compared >= TELLING;
}

const RETAKE = "take it as it is: cat /proc/kallsyms > kallsyms";
