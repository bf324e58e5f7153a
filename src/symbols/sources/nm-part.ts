/** Makes a part of what nm shows of vmlinux, in whichever of its forms. */

import type { Diagnostics } from "../../diagnostics.js";
import type { ObjectPart } from "../object-part.js";
import type { AddressTable } from "./address-table.js";
import { kernelPart } from "./kernel-part.js";
import type { ReadOptions } from "./source.js";

/**
 * vmlinux as nm shows it, in whatever order, from a table in which `extra` is 0.
 *
 * Refuses what nm shows of a module, whose order is that of its symbol table, and of vmlinux.o,
 * which the last link puts in another order.
 */
export function nmPart(
  table: AddressTable,
  undefinedNames: ReadonlySet<string>,
  digits: number,
  { release }: ReadOptions,
  diagnostics: Diagnostics,
): ObjectPart {
  const linked = LINKER_NAMES.find((name) => undefinedNames.has(name));
  if (linked !== undefined) {
    diagnostics.error(
      "source-relocatable",
      `these are symbols of an object that is not linked yet: ${linked} is undefined`,
      {},
      ["give the linked vmlinux: the last link puts symbols in another order"],
    );
    diagnostics.refuse();
  }
  refuseModule(table, undefinedNames, diagnostics);
  if (table.count > 1 && table.hasOnlyZeros()) {
    diagnostics.error("source-order", "all addresses are 0, so there is no order to be had", {}, [
      "make it again with nm -n vmlinux",
    ]);
    diagnostics.refuse();
  }
  const isSorted = table.isAscending();
  return kernelPart(table, { release, arch: undefined, digits, isSorted }, diagnostics);
}

/** What a linker script defines in every vmlinux. */
const LINKER_NAMES = ["_text", "_stext", "_end", "__init_begin", "__bss_start"];

const THIS_MODULE = "__this_module";

/** Refuses what nm shows of a module, or of an object that becomes one: each knows __this_module. */
export function refuseModule(
  table: AddressTable,
  undefinedNames: ReadonlySet<string>,
  diagnostics: Diagnostics,
): void {
  let isModule = undefinedNames.has(THIS_MODULE);
  for (let row = 0; row < table.count && !isModule; row++) {
    const isAsLong = table.nameEnd[row]! - table.nameStart[row]! === THIS_MODULE.length;
    isModule = isAsLong && table.extra[row] === 0 && table.name(row) === THIS_MODULE;
  }
  if (!isModule) return;
  diagnostics.error(
    "source-relocatable",
    `these are symbols of a module: ${THIS_MODULE} is among them`,
    {},
    ["give the module itself, the .ko file: its positions count in the order of its symbol table"],
  );
  diagnostics.refuse();
}
