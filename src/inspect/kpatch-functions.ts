/**
 * What a module of kpatch's replaces. Its init code makes the klp_patch when it runs, from an array in
 * section .kpatch.funcs, which stays in the finished module (kpatch, kmod/patch/kpatch-patch.h):
 *     struct kpatch_patch_func {
 *         unsigned long new_addr, new_size, old_addr, old_size, sympos; char *name, *objname;
 *     };
 * Only an array in which every entry has its three relocations, and no other, is believed.
 */

import type { ElfObject, Section } from "../elf/index.js";
import { type Machine, type PatchedFunction, Pointers } from "../livepatch/index.js";

/** KSYM_NAME_LEN less its NUL. */
const NAME_MOST = 511;

/** The functions by object; undefined if the section is not there or not of this form. */
export function readKpatchFunctions(
  object: ElfObject,
  machine: Machine,
): Map<string, PatchedFunction[]> | undefined {
  const section = object.present().find(({ name }) => name === ".kpatch.funcs");
  const word = object.layout.wordSize;
  const size = 7 * word;
  if (section === undefined || section.size === 0 || section.size % size !== 0) return undefined;
  const pointers = new Pointers(object, machine);
  const byObject = new Map<string, PatchedFunction[]>();
  for (let offset = 0; offset < section.size; offset += size) {
    const set = pointers.offsets(section, offset, offset + size).map((at) => (at - offset) / word);
    if (set.join() !== "0,5,6") return undefined;
    const text = (member: number) => {
      const spot = pointers.at({ section, offset: offset + member * word })?.spot;
      return spot && pointers.text(spot, NAME_MOST);
    };
    const [name, owner] = [text(5), text(6)];
    const replacement = pointers.at({ section, offset });
    if (!name || !owner || replacement === undefined) return undefined;
    const position = longAt(object, section, offset + 4 * word);
    const functions = byObject.get(owner) ?? [];
    byObject.set(owner, functions);
    functions.push({ name, position, replacement, at: { section, offset } });
  }
  return byObject;
}

function longAt({ layout }: ElfObject, { data }: Section, offset: number): number {
  return layout.long.get(new DataView(data.buffer, data.byteOffset, data.length), offset);
}
