// SPDX-License-Identifier: GPL-2.0-only

// Sections of which no livepatch section can be made, or that pass for one.

import { describe, expect, test } from "vitest";
import { checkOutput } from "../../src/check/index.js";
import { type ConvertResult, convert } from "../../src/index.js";
import { poke } from "../elf/record-fields.js";
import { buildElf, buildIndexedElf, SHF, SHT } from "../elf-builder.js";
import { buildIntermediate, describeIntermediate, LAYOUTS } from "./intermediate.js";
import { messages } from "./messages.js";

function expectRefused(result: ConvertResult, ...said: readonly string[]): void {
  expect(result.output).toBeUndefined();
  expect(messages(result)).toEqual(said);
}

describe.each(LAYOUTS)("a livepatch relocation ($name)", (layout) => {
  const wanted = (section: { name: string; type?: number }) => ({
    layout,
    undefined: ["one"],
    annotations: { vmlinux: [["one", 0] as const] },
    sections: [{ flags: SHF.ALLOC | SHF.WRITE, size: 8, ...section }],
    uses: { [section.name]: ["one"] },
  });

  test.each([SHT.NULL, SHT.STRTAB])("of a section of type %i is refused", (type) => {
    const { output, diagnostics } = convert(buildIntermediate(wanted({ name: ".odd", type })));
    expect(output).toBeUndefined();
    expect(messages({ diagnostics }).slice(0, 2)).toEqual([
      `error relocated-table: .odd+0: one is used in .odd, which has type ${type}: that is neither code nor data`,
      "  build the module again: something has changed what the section is",
    ]);
  });

  test("of a section with a long name is converted up to what can be read again", () => {
    const prefix = ".klp.rela.vmlinux".length;
    const name = `.${"n".repeat(1023 - prefix)}`;
    const input = buildIntermediate(wanted({ name }));
    const { output } = convert(input);
    expect(checkOutput(output!, input)).toEqual([]);
    expect(convert(output!).output).toBe(output);
    expectRefused(
      convert(buildIntermediate(wanted({ name: `${name}n` }))),
      `error section-name-length: ${name}n+0: the section of its livepatch relocations would have a name of 1025 bytes; 1024 are the most`,
      "  give the section a name of at most 1007 bytes",
    );
  });
});

test("a section that has SHF_RELA_LIVEPATCH and is no table of relocations is refused", () => {
  const { sections = [], ...rest } = describeIntermediate({});
  const flags = SHF.ALLOC | SHF.RELA_LIVEPATCH;
  const odd = { name: "__versions", flags, size: 64 };
  expectRefused(
    convert(buildElf({ ...rest, sections: [...sections, odd] })),
    "error livepatch-section-misused: __versions+?: section 5 has SHF_RELA_LIVEPATCH and type 1: the kernel would take what is in it for livepatch relocations",
    "  the flag is for what a converter makes; build the module again",
  );
});

test("string tables and a symbol table that are loaded may grow", () => {
  const built = buildIndexedElf(
    describeIntermediate({
      undefined: ["one"],
      annotations: { vmlinux: [["one", 0]] },
      uses: { ".data": ["one"] },
    }),
  );
  for (const name of [".symtab", ".strtab", ".shstrtab"]) {
    poke(built.bytes, built.headerOffsets[built.sections.get(name)!]!, "sh_flags", SHF.ALLOC);
  }
  const { output } = convert(built.bytes);
  expect(checkOutput(output!, built.bytes)).toEqual([]);
});
