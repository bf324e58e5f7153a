/**
 * The layout in which a machine's kernel reads a module. It does not look at EI_CLASS and EI_DATA, but
 * takes the file for one of its own (kernel/module/main.c, elf_validity_ehdr), so that e_machine
 * decides, which stands at the same place in both classes.
 */

import {
  EI_CLASS,
  EI_DATA,
  ELFCLASS32,
  ELFCLASS64,
  ELFDATA2MSB,
  type Layout,
  layoutOf,
} from "../elf/index.js";
import { MACHINES } from "./machines.js";

/** Undefined if the file is too short to say. */
export function layoutForMachine(bytes: Uint8Array): Layout | undefined {
  if (bytes.length < 20) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const stated = bytes[EI_DATA] !== ELFDATA2MSB;
  const elfClass = bytes[EI_CLASS] === ELFCLASS32 ? ELFCLASS32 : ELFCLASS64;
  for (const littleEndian of [stated, !stated]) {
    const number = layoutOf(elfClass, littleEndian).ehdr.e_machine.get(view, 0);
    const machine = MACHINES.find((each) => each.machine === number);
    if (machine === undefined) continue;
    if (machine.byteOrder === "either" || (machine.byteOrder === "little") === littleEndian) {
      return layoutOf(machine.elfClass, littleEndian);
    }
  }
  return layoutOf(elfClass, stated);
}
