// SPDX-License-Identifier: GPL-2.0-only

import { Diagnostics } from "../../src/diagnostics.js";
import { readElf } from "../../src/elf/index.js";

/** A converted module whose first livepatch section has lost SHF_RELA_LIVEPATCH. */
export function withoutLivepatchFlag(converted: Uint8Array): Uint8Array {
  const bytes = converted.slice();
  const { sections, layout } = readElf(bytes, new Diagnostics("module"));
  const section = sections.find(({ name }) => name.startsWith(".klp.rela."))!;
  // Headers are views of the bytes.
  layout.shdr.sh_flags.set(section.header, 0, 0x42);
  return bytes;
}
