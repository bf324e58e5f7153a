// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { ELFCLASS64 } from "../../src/elf/index.js";
import { convert } from "../../src/index.js";
import { MACHINES } from "../../src/livepatch/machines.js";
import { buildElf, type ElfDescription, SHF, SHT, STB, STT } from "../elf-builder.js";
import { dumpElf } from "../elf-dump.js";
import { describeIntermediate, LAYOUTS } from "./intermediate.js";
import { withoutPatchNote } from "./messages.js";

const NAME = ".klp.module_relocs.vmlinux";

/** A module that annotates `foo`, with some of its description replaced. */
function annotated(change: (description: ElfDescription) => ElfDescription): Uint8Array {
  return buildElf(
    change(
      describeIntermediate({
        undefined: ["foo"],
        uses: { ".text": ["foo"] },
        annotations: { vmlinux: [["foo", 0]] },
      }),
    ),
  );
}

function errors(module: Uint8Array): string[] {
  const { diagnostics, output } = convert(module, { file: "in.ko" });
  expect(output).toBeUndefined();
  const refusing = diagnostics.filter(({ severity }) => severity === "error");
  return refusing.map(
    ({ section, offset, message }) =>
      `${section}${offset === undefined ? "" : `+${offset}`}: ${message}`,
  );
}

describe("an annotation is refused if", () => {
  const entry = { offset: 0, type: 1, symbol: "foo" };
  test.each([
    [
      "an entry reaches past the end",
      { sections: [{ name: NAME, flags: 3, size: 11 }] },
      [`${NAME}+0: the annotation reaches past the end of the section at 0xb`],
    ],
    [
      "the section has no contents",
      { sections: [{ name: NAME, flags: 3, type: SHT.NOBITS, size: 12 }] },
      [`${NAME}: the section has type 8 when annotations have 1`],
    ],
    [
      "the section is compressed",
      { sections: [{ name: NAME, flags: 0x803, size: 12 }] },
      [`${NAME}: the section is compressed`],
    ],
    [
      "it names no symbol",
      { sections: [{ name: NAME, flags: 3, words: [0, 0, 1] }], entries: [] },
      [`${NAME}+8: the annotation names no symbol`],
    ],
    [
      "there is more than entries and zeros",
      { sections: [{ name: NAME, flags: 3, words: [0, 0, 0, 0, 0x01010101] }] },
      [`${NAME}+16: the annotation names no symbol`],
    ],
    [
      "it names the null symbol",
      { entries: [{ ...entry, symbol: 0 }] },
      [`${NAME}+0: the annotation names no symbol`],
    ],
    [
      "it names two symbols",
      { entries: [entry, entry] },
      [`${NAME}+0: the annotation overlaps the one that ends at 0xc`],
    ],
    [
      "two overlap",
      { sections: [{ name: NAME, flags: 3, size: 24 }], entries: [entry, { ...entry, offset: 8 }] },
      [`${NAME}+8: the annotation overlaps the one that ends at 0xc`],
    ],
    [
      "the relocation is not an absolute one",
      { entries: [{ ...entry, type: 2 }] },
      [`${NAME}+0: the relocation has type 2 when an absolute one on x86_64 has 1`],
    ],
    [
      "the relocation has an addend",
      { entries: [{ ...entry, addend: 8 }] },
      [`${NAME}+0: the relocation has an addend when it should have none`],
    ],
    [
      "the module defines the symbol itself",
      { entries: [{ ...entry, symbol: "patched" }] },
      [`${NAME}+0: the annotation names patched, which this module defines itself`],
    ],
  ])("%s", (_, change: { sections?: ElfDescription["sections"]; entries?: object[] }, expected) => {
    const module = annotated((description) => ({
      ...description,
      sections: description.sections!.map(
        (each) => change.sections?.find(({ name }) => name === each.name) ?? each,
      ),
      relocations: description.relocations!.map((each) =>
        each.section === NAME && change.entries
          ? { section: NAME, entries: change.entries as (typeof entry)[] }
          : each,
      ),
    }));
    expect(errors(module)).toEqual(expected);
  });

  test("its relocations have another section's name", () => {
    const module = Buffer.from(annotated((description) => description));
    const name = `.rela${NAME}\0`;
    module.write(".gnu.linkonce.this_module\0", module.indexOf(name), "latin1");
    expect(errors(module)).toEqual([
      `.gnu.linkonce.this_module: the relocations of ${NAME} are in a section of this name when it should be .rela${NAME}`,
    ]);
  });

  test("its object cannot be one", () => {
    const module = annotated((description) => ({
      ...description,
      sections: description.sections!.map((each) =>
        each.name === NAME ? { ...each, name: ".klp.module_relocs.a.b" } : each,
      ),
      relocations: description.relocations!.map((each) =>
        each.section === NAME ? { ...each, section: ".klp.module_relocs.a.b" } : each,
      ),
    }));
    expect(errors(module)).toEqual(['.klp.module_relocs.a.b: object "a.b" has a dot in its name']);
  });

  test("something that is loaded uses what its section defines", () => {
    const module = annotated((description) => ({
      ...description,
      symbols: [
        ...description.symbols!,
        { name: "vmlinux_relocs", section: NAME, type: STT.OBJECT, bind: STB.LOCAL },
      ],
      relocations: [
        ...description.relocations!,
        { section: ".data", entries: [{ offset: 16, type: 1, symbol: "vmlinux_relocs" }] },
      ],
    }));
    expect(errors(module)).toEqual([
      ".data+16: the relocation refers to vmlinux_relocs, which goes with section .klp.module_relocs.vmlinux",
    ]);
  });
});

test.each(MACHINES)("$name stores a pointer by relocation types $absolute", (machine) => {
  for (const absolute of machine.absolute) {
    const layout = {
      name: machine.name,
      class: machine.elfClass === ELFCLASS64 ? 64 : 32,
      order: machine.byteOrder === "big" ? "big" : "little",
      machine: machine.machine,
      absolute,
    } as const;
    const module = buildElf(
      describeIntermediate({
        layout,
        undefined: ["foo"],
        // The module loader may not know what is fit for packed structs, as annotations are.
        uses: { ".data": [{ offset: 0, type: machine.absolute[0]!, symbol: "foo" }] },
        annotations: { ext4: [["foo", 1]] },
      }),
    );
    const { report, output } = convert(module);
    expect(report.machine).toBe(machine.name);
    expect(dumpElf(output!)).toMatch(
      new RegExp(`type ${machine.absolute[0]} .*\\.klp\\.sym\\.ext4\\.foo,1`),
    );
  }
});

test("the position is read in the module's byte order, in every layout", () => {
  for (const layout of LAYOUTS) {
    const module = buildElf(
      describeIntermediate({
        layout,
        undefined: ["foo", "bar"],
        uses: { ".text": ["foo", "bar"] },
        annotations: {
          ext4: [
            ["foo", 0x01020304],
            ["bar", 2],
          ],
        },
      }),
    );
    const { report } = convert(module);
    expect(report.symbols.map(({ livepatchName }) => livepatchName)).toEqual([
      `.klp.sym.ext4.foo,${0x01020304}`,
      ".klp.sym.ext4.bar,2",
    ]);
  }
});

test("arrays may be aligned by the compiler, with zeros between them", () => {
  // Three entries, and one at the next multiple of 32, as GCC lays out two arrays.
  const words = [0, 0, 1, 0, 0, 2, 0, 0, 3, ...Array(7).fill(0), 0, 0, 4];
  const module = buildElf({
    sections: [
      { name: ".modinfo", flags: SHF.ALLOC, data: "livepatch=Y\0" },
      { name: NAME, flags: SHF.ALLOC, words },
    ],
    symbols: ["a", "b", "c", "d"].map((name) => ({ name })),
    relocations: [
      {
        section: NAME,
        entries: ["a", "b", "c", "d"].map((symbol, i) => ({
          offset: i < 3 ? 12 * i : 64,
          type: 1,
          symbol,
        })),
      },
    ],
  });
  const { report, diagnostics } = convert(module);
  expect(withoutPatchNote(diagnostics)).toEqual([]);
  expect(report.symbols.map(({ livepatchName }) => livepatchName)).toEqual([
    ".klp.sym.vmlinux.a,1",
    ".klp.sym.vmlinux.b,2",
    ".klp.sym.vmlinux.c,3",
    ".klp.sym.vmlinux.d,4",
  ]);
});

test("annotations of one object may stand in several sections", () => {
  const module = buildElf({
    sections: [
      { name: ".modinfo", flags: SHF.ALLOC, data: "livepatch=Y\0" },
      { name: ".klp.module_relocs.hv", flags: SHF.ALLOC, words: [0, 0, 1] },
      { name: ".klp.module_relocs.hv", flags: SHF.ALLOC, words: [0, 0, 2] },
      { name: ".text", flags: SHF.ALLOC, size: 16 },
    ],
    symbols: [{ name: "one" }, { name: "two" }],
    relocations: [
      { section: 2, entries: [{ offset: 0, type: 1, symbol: "one" }] },
      { section: 3, entries: [{ offset: 0, type: 1, symbol: "two" }] },
      {
        section: ".text",
        entries: [
          { offset: 0, type: 1, symbol: "two" },
          { offset: 8, type: 1, symbol: "one" },
        ],
      },
    ],
  });
  const { output } = convert(module);
  const dump = dumpElf(output!);
  expect(dump).toContain(".klp.sym.hv.one,1");
  expect(dump).toContain(".klp.sym.hv.two,2");
  expect(dump).not.toContain("module_relocs");
});

test("an annotation of a symbol that nothing uses leaves no undefined symbol behind", () => {
  const module = buildElf(
    describeIntermediate({ undefined: ["foo"], annotations: { vmlinux: [["foo", 0]] } }),
  );
  const { output, report } = convert(module);
  expect(report.sections).toEqual([]);
  expect(dumpElf(output!)).toMatch(/LIVEPATCH\s+\.klp\.sym\.vmlinux\.foo,0/);
});
