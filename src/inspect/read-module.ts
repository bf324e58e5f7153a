/** Reads a module to be looked at, not to be changed. */

import type { Diagnostics } from "../diagnostics.js";
import { type ElfObject, readElf } from "../elf/index.js";
import { checkCompression } from "../livepatch/index.js";
import { modinfoEntries } from "../modinfo.js";
import type { ModinfoEntry } from "./inspection.js";

/**
 * Reads a module; a signature behind it is no hindrance, since nothing is changed.
 *
 * Adds what is wrong to `diagnostics` and throws Refusal if it cannot be read.
 */
export function readModule(bytes: Uint8Array, diagnostics: Diagnostics): ElfObject {
  checkCompression(bytes, diagnostics);
  diagnostics.throwIfFailed();
  return readElf(bytes, diagnostics);
}

/** Everything in the first section .modinfo, the one that the kernel reads. */
export function readModinfo(object: ElfObject): ModinfoEntry[] {
  const section = object.present().find(({ name }) => name === ".modinfo");
  return section === undefined
    ? []
    : modinfoEntries(section.data).map(([key, value]) => ({ key, value }));
}
