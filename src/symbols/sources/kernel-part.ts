/** Makes the lines for vmlinux from symbols with addresses that nm would show of it. */

import { counted, type Diagnostics } from "../../diagnostics.js";
import { KEPT_BUT_FREED, VMLINUX } from "../list-format.js";
import { isListable, ListLines } from "../list-lines.js";
import { chunkOf, type ObjectPart } from "../object-part.js";
import type { AddressTable } from "./address-table.js";
import { addFile } from "./elf-files.js";
import { isIgnoredName, isIgnoredType } from "./ignored-symbols.js";
import { kernelOrder } from "./kernel-order.js";

export interface KernelFacts {
  readonly release: string | undefined;
  readonly arch: string | undefined;
  /** Hexadecimal digits of an address: 8 or 16. */
  readonly digits: number;
  /** The table's rows are in nm -n's order. */
  readonly isSorted: boolean;
  /** `extra` of a row is where the name of its source file begins among the names, 0 for none. */
  readonly hasFiles?: boolean;
}

/**
 * vmlinux in the kernel's order, without what its build leaves out of kallsyms. Names of which that
 * depends on the release are left out too while it is unknown, with a note.
 */
export function kernelPart(
  table: AddressTable,
  facts: KernelFacts,
  diagnostics: Diagnostics,
): ObjectPart {
  const lines = new ListLines(table.count * 40);
  const unsure: string[] = [];
  for (const row of kernelOrder(table, facts.isSorted)) {
    const start = table.nameStart[row]!;
    const end = table.nameEnd[row]!;
    if (!isListable(table.names, start, end)) continue;
    const name = table.name(row);
    if (isIgnoredType(String.fromCharCode(table.type[row]!), name)) continue;
    const ignored = isIgnoredName(name, facts.release);
    if (ignored === "unsure") unsure.push(name);
    if (ignored !== false) continue;
    lines.name(table.names, start, end);
    lines.address(table.high[row]!, table.low[row]!, facts.digits);
    lines.type(table.type[row]!, table.freed[row] === 1 ? KEPT_BUT_FREED : "");
    if (facts.hasFiles) addFile(lines, table.names, start, end, table.extra[row]!);
    lines.end();
  }
  if (unsure.length > 0) {
    diagnostics.note(
      "symbols-release",
      `${counted(unsure.length, "symbol")} left out that only some kernels keep, first ${unsure[0]}`,
      {},
      ["say which kernel it is: klp-convert symbols --release 6.1.0-56-amd64, or its own"],
    );
  }
  const { release, arch } = facts;
  return {
    object: VMLINUX,
    file: diagnostics.file,
    order: "kallsyms",
    names: "all",
    release,
    arch,
    depends: undefined,
    chunks: [chunkOf(lines.bytes())],
  };
}
