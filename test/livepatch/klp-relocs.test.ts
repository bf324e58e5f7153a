// SPDX-License-Identifier: GPL-2.0-only

// objtool's intermediate form: what an entry becomes, what goes, and what is said of entries that are
// not as they should be.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Diagnostics } from "../../src/diagnostics.js";
import { ELFCLASS64, Relocations, readElf, SymbolTable } from "../../src/elf/index.js";
import { type ConvertOptions, type ConvertResult, convert } from "../../src/index.js";
import { MACHINES } from "../../src/livepatch/machines.js";
import {
  buildElf,
  buildIndexedElf,
  type ElfDescription,
  type RelocationDescription,
  SHF,
  SHN,
  SHT,
  STB,
  STT,
  type Word,
} from "../elf-builder.js";
import { sectionContents } from "../elf-contents.js";
import { dumpElf } from "../elf-dump.js";
import { brokenInvariants } from "../invariants.js";
import { LAYOUTS, symbolsList, type TestLayout } from "./intermediate.js";
import { listOf, messages } from "./messages.js";
import {
  buildObjtoolForm,
  changeRelocations,
  changeSection,
  describeObjtoolForm,
  entrySizeOf,
  type ObjtoolEntry,
  type ObjtoolForm,
  sectionSymbolOf,
} from "./objtool-form.js";

const [X86, S390, PPC] = LAYOUTS;
const WEAK = STB.WEAK;
const SHF_COMPRESSED = 0x800;

/** An entry of `symbol` for a place. */
function entry(
  symbol: string,
  section: string,
  offset: number,
  more: Partial<ObjtoolEntry> = {},
): ObjtoolEntry {
  return { symbol, section, offset, ...more };
}

/** Converts, and holds that a result is sound and stays as it is if it is converted again. */
function run(module: Uint8Array, options: ConvertOptions = {}): ConvertResult {
  const before = module.slice();
  const result = convert(module, { file: "in.ko", ...options });
  expect(module).toEqual(before);
  const isRefused = result.diagnostics.some(({ severity }) => severity === "error");
  expect(result.report.outcome === "refused").toBe(isRefused);
  if (result.output === undefined) {
    expect(isRefused).toBe(true);
    expect(result.report.sections).toEqual([]);
  } else {
    const broken = (file: Uint8Array) => brokenInvariants(readElf(file, new Diagnostics("in.ko")));
    if (broken(module).length === 0) expect(broken(result.output)).toEqual([]);
    const again = convert(result.output, { ...options, sympos: [] });
    expect(again.output).toBe(result.output);
    expect(again.report.outcome).toBe("unchanged");
  }
  return result;
}

/** The messages of a module that is refused. */
function refusal(module: Uint8Array, options: ConvertOptions = {}): string[] {
  const result = run(module, options);
  expect(result.output).toBeUndefined();
  return messages(result);
}

/** The bytes of a module that is converted. */
function converted(module: Uint8Array, options: ConvertOptions = {}): Uint8Array {
  const result = run(module, options);
  expect(messages(result).filter((line) => line.startsWith("error"))).toEqual([]);
  expect(result.report.outcome).toBe("converted");
  return result.output!;
}

/** Every relocation section of a file, by its name and that of what it relocates, in order. */
function relocationsIn(file: Uint8Array): [string, string[]][] {
  const found: [string, string[]][] = [];
  for (const line of dumpElf(file).split("\n")) {
    const header = /^relocations \[\d+\] (\S+) for \[\d+\] (\S+)$/.exec(line);
    if (header !== null) found.push([`${header[1]} for ${header[2]}`, []]);
    const relocation = /^ +([0-9a-f]+) +type (\d+) +symbol \d+ +([+-]) (\d+) *(.*)$/.exec(line);
    if (relocation === null) continue;
    const [, offset, type, sign, addend, name] = relocation;
    found
      .at(-1)![1]
      .push(relocationLine(Number.parseInt(offset!, 16), type!, name!, sign! + addend!));
  }
  return found;
}

function relocationLine(
  offset: number,
  type: number | string,
  name: string,
  addend: Word | string,
) {
  return `${offset}: type ${type} of ${name} ${BigInt(addend) < 0n ? "" : "+"}${BigInt(addend)}`;
}

/** The relocations that are left, without the sections that have none. */
function relocationsLeft(file: Uint8Array): Record<string, string[]> {
  return Object.fromEntries(relocationsIn(file).filter(([, lines]) => lines.length > 0));
}

/** Every symbol but the null symbol: binding, type, section or what stands for it, name. */
function symbolsIn(file: Uint8Array): string[] {
  const lines = dumpElf(file).matchAll(
    /^ +\d+ +[0-9a-f]+ size \d+ +([A-Z]+) +([A-Z]+) +[A-Z]+ +(\w+) +(\S+)$/gm,
  );
  return [...lines].map(([, type, binding, section, name]) => {
    return `${binding} ${type} ${/^\d+$/.test(section!) ? "defined" : section} ${name}`;
  });
}

function sectionsIn(file: Uint8Array): string[] {
  return [...dumpElf(file).matchAll(/^ +\[\d+\].* entsize \d+ +(\S+)$/gm)].map(([, name]) => name!);
}

/** A type beside the absolute one, of code; on powerpc not a call's, which data cannot have. */
function callOf({ machine }: TestLayout): number {
  return machine === 62 ? 4 : machine === 22 ? 20 : 6;
}

const KERNEL_MODULE_NOTE =
  "note assumed-exported: 1 undefined symbol without an annotation is taken for an export and stays, as there is no symbols list";

describe.each(LAYOUTS)("in $name", (layout) => {
  const { absolute } = layout;
  const large = layout.class === 64 ? (1n << 62n) + 1n : 2n ** 31n - 1n;
  const least = layout.class === 64 ? -(1n << 63n) : -(2n ** 31n);
  const call = callOf(layout);
  const module: ObjtoolForm = {
    layout,
    entries: {
      vmlinux: [
        entry("vmlinux.foo,0", ".text", 40, { addend: -4, type: call }),
        entry("vmlinux.foo,0", ".data", 8, { addend: large }),
        entry("vmlinux.bar.isra.0,3", ".text", 24, { addend: least }),
        entry("vmlinux.foo,0", ".text", 8),
      ],
      ext4: [
        entry("ext4.f,2", ".data", 32, { addend: 8 }),
        entry("ext4.f,1", ".data", 16, { type: call }),
      ],
    },
    undefined: [{ name: ".klp.sym.ext4.f,1", bind: WEAK, type: STT.FUNC }, "printk"],
    symbols: [
      { name: "$d", section: "__klp_relocs.ext4", bind: STB.LOCAL },
      { name: "after", section: ".data", bind: STB.LOCAL },
      { name: "signature", section: ".text.once", type: STT.FUNC },
    ],
    sections: [
      {
        name: ".group",
        type: SHT.GROUP,
        link: ".symtab",
        info: "signature",
        words: [1, ".text.once"],
      },
      { name: ".text.once", flags: SHF.ALLOC | SHF.EXECINSTR | SHF.GROUP, size: 16 },
    ],
    uses: {
      ".text": [
        { offset: 16, type: call, symbol: "printk", addend: -4 },
        { offset: 32, type: absolute, symbol: "signature", addend: 1 },
      ],
      ".data": [{ offset: 0, type: absolute, symbol: "after", addend: least }],
      ".debug_info": [
        { offset: 0, type: absolute, symbol: ".klp.tombstone.foo", addend: 3 },
        { offset: 8, type: absolute, symbol: "after", addend: 7 },
        { offset: 16, type: absolute, symbol: ".klp.sym.vmlinux.foo,0" },
        { offset: 24, type: absolute, symbol: "$d" },
        { offset: 32, type: absolute, symbol: ".klp.tombstone.f" },
        { offset: 40, type: absolute, symbol: "printk" },
      ],
    },
  };
  const input = buildObjtoolForm(module);
  const foo = ".klp.sym.vmlinux.foo,0";

  test("each entry becomes a livepatch relocation, and what stood at its place is gone", () => {
    expect(relocationsIn(converted(input))).toEqual([
      [
        ".rela.text for .text",
        [relocationLine(16, call, "printk", -4), relocationLine(32, absolute, "signature", 1)],
      ],
      [".rela.data for .data", [relocationLine(0, absolute, "after", least)]],
      [
        ".rela.debug_info for .debug_info",
        [
          relocationLine(8, absolute, "after", 7),
          relocationLine(16, absolute, foo, 0),
          relocationLine(40, absolute, "printk", 0),
        ],
      ],
      [
        ".klp.rela.vmlinux.text for .text",
        [
          relocationLine(40, call, foo, -4),
          relocationLine(24, absolute, ".klp.sym.vmlinux.bar.isra.0,3", least),
          relocationLine(8, absolute, foo, 0),
        ],
      ],
      [".klp.rela.vmlinux.data for .data", [relocationLine(8, absolute, foo, large)]],
      [
        ".klp.rela.ext4.data for .data",
        [
          relocationLine(32, absolute, ".klp.sym.ext4.f,2", 8),
          relocationLine(16, call, ".klp.sym.ext4.f,1", 0),
        ],
      ],
    ]);
  });

  test("sections of entries, what is defined in them, and tombstones are gone", () => {
    const output = converted(input);
    expect(sectionsIn(output)).toEqual([
      ...[".modinfo", ".text", ".data", ".debug_info", ".group", ".text.once"],
      ...[".rela.text", ".rela.data", ".rela.debug_info", ".symtab", ".strtab", ".shstrtab"],
      ...[".klp.rela.vmlinux.text", ".klp.rela.vmlinux.data", ".klp.rela.ext4.data"],
    ]);
    expect(symbolsIn(output)).toEqual([
      ...[".modinfo", ".text", ".data", ".debug_info", ".group", ".text.once"].map(
        (name) => `LOCAL SECTION defined [${name}]`,
      ),
      "LOCAL FUNC defined patched",
      "LOCAL NOTYPE defined after",
      `WEAK NOTYPE LIVEPATCH ${foo}`,
      "WEAK NOTYPE LIVEPATCH .klp.sym.vmlinux.bar.isra.0,3",
      "WEAK NOTYPE LIVEPATCH .klp.sym.ext4.f,2",
      "GLOBAL FUNC defined signature",
      "WEAK FUNC LIVEPATCH .klp.sym.ext4.f,1",
      "GLOBAL NOTYPE UND printk",
    ]);
  });

  test("every index follows: of sections, symbols, locals, members, signatures", () => {
    const dump = dumpElf(converted(input));
    const before = dumpElf(input);
    const indexOf = (text: string, name: string) =>
      new RegExp(`^ +\\[(\\d+)\\].* ${name.replaceAll(".", "\\.")}$`, "m").exec(text)![1];
    expect(indexOf(before, ".text")).not.toBe(indexOf(dump, ".text"));
    const symtab = indexOf(dump, ".symtab");
    expect(dump).toMatch(new RegExp(`\\[${symtab}\\] +SYMTAB .* info 9 .* \\.symtab$`, "m"));
    expect(dump).toContain("flags 0x1 signature signature\n");
    expect(dump).toContain(`signature\n  [${indexOf(dump, ".text.once")}] .text.once\n`);
    expect(dump).toMatch(new RegExp(` ${indexOf(dump, ".data")} +after$`, "m"));
    for (const target of [".text", ".data"]) {
      const { class: bits } = layout;
      expect(dump).toMatch(
        new RegExp(
          `RELA +flags 0x100042 .* link ${symtab} +info ${indexOf(dump, target)} +align ${bits / 8} +entsize ${(3 * bits) / 8} +\\.klp\\.rela\\.vmlinux\\${target}$`,
          "m",
        ),
      );
    }
    expect(dump).toContain(`shstrndx   ${indexOf(dump, ".shstrtab")}\n`);
  });

  test("contents stay as they are", () => {
    const contents = sectionContents(converted(input));
    for (const [name, bytes] of sectionContents(input)) {
      if (/^\.rela|^__klp_relocs|^\.group$|^\.symtab$|^\.(sh)?strtab$/.test(name)) continue;
      expect(contents.get(name), name).toEqual(bytes);
    }
  });

  test("the same input gives the same bytes, and no more is said than of any module", () => {
    const result = run(input);
    expect(convert(input.slice()).output).toEqual(result.output);
    expect(messages(result)).toEqual([
      KERNEL_MODULE_NOTE,
      "  with --symbols LIST each is looked up",
    ]);
  });

  test("places are told by the order of entries, whatever the order of their relocations", () => {
    let description = describeObjtoolForm(module);
    for (const gate of ["vmlinux", "ext4"]) {
      description = changeRelocations(description, `__klp_relocs.${gate}`, (all) =>
        [...all].reverse(),
      );
    }
    expect(relocationsIn(converted(buildElf(description)))).toEqual(
      relocationsIn(converted(input)),
    );
  });
});

describe("an entry", () => {
  test.each(MACHINES)("of $name has relocations of types $absolute", (machine) => {
    for (const absolute of machine.absolute) {
      const layout: TestLayout = {
        name: machine.name,
        class: machine.elfClass === ELFCLASS64 ? 64 : 32,
        order: machine.byteOrder === "big" ? "big" : "little",
        machine: machine.machine,
        absolute,
      };
      const type = machine.absolute[0]!;
      const output = converted(
        buildObjtoolForm({ layout, entries: { ext4: [entry("ext4.f,1", ".data", 8, { type })] } }),
      );
      expect(relocationsLeft(output)).toEqual({
        ".klp.rela.ext4.data for .data": [relocationLine(8, type, ".klp.sym.ext4.f,1", 0)],
      });
    }
  });

  test("may say its place by a symbol, and an addend of either sign", () => {
    const module = buildObjtoolForm({
      entries: {
        vmlinux: [
          entry("vmlinux.foo,0", ".data", 8, { by: ["early", 4] }),
          entry("vmlinux.foo,0", ".data", 16, { by: ["late", 40] }),
          entry("vmlinux.foo,0", ".data", 32, { by: ["early", 4] }),
        ],
      },
      symbols: [
        { name: "early", section: ".data", value: 4, type: STT.OBJECT },
        { name: "late", section: ".data", value: 40, bind: STB.LOCAL },
      ],
    });
    const symbol = ".klp.sym.vmlinux.foo,0";
    expect(relocationsLeft(converted(module))).toEqual({
      ".klp.rela.vmlinux.data for .data": [8, 16, 32].map((at) => relocationLine(at, 1, symbol, 0)),
    });
  });

  test("may say the first byte of a section and the last that has room", () => {
    const module = buildObjtoolForm({
      entries: {
        vmlinux: [entry("vmlinux.foo,0", ".data", 56), entry("vmlinux.foo,0", ".data", 0)],
      },
    });
    expect(relocationsIn(converted(module)).at(-1)![1]).toHaveLength(2);
  });

  test("may be of a section without contents", () => {
    const module = buildObjtoolForm({
      sections: [{ name: ".bss", type: SHT.NOBITS, flags: SHF.ALLOC | SHF.WRITE, size: 32 }],
      entries: { ext4: [entry("ext4.f,0", ".bss", 24)] },
    });
    expect(relocationsLeft(converted(module))).toEqual({
      ".klp.rela.ext4.bss for .bss": ["24: type 1 of .klp.sym.ext4.f,0 +0"],
    });
  });

  test("may be one of many, over several sections in turn", () => {
    const places = [".text", ".data", ".odd", "odd"].flatMap((section) =>
      [0, 8, 16].map((offset) => ({ section, offset })),
    );
    const shuffled = [7, 0, 10, 3, 4, 11, 1, 6, 2, 9, 5, 8].map((i) => places[i]!);
    const output = converted(
      buildObjtoolForm({
        sections: [".odd", "odd"].map((name) => ({ name, flags: SHF.ALLOC | SHF.WRITE, size: 24 })),
        entries: {
          ext4: shuffled.map(({ section, offset }, i) =>
            entry(`ext4.f${i % 5},0`, section, offset, { addend: i }),
          ),
        },
      }),
    );
    const expected = [".odd", ".text", "odd", ".data"].map((section) => [
      `.klp.rela.ext4${section === "odd" ? ".odd" : section} for ${section}`,
      shuffled.flatMap((place, i) =>
        place.section === section
          ? [relocationLine(place.offset, 1, `.klp.sym.ext4.f${i % 5},0`, i)]
          : [],
      ),
    ]);
    expect(relocationsIn(output).slice(-4)).toEqual(expected);
  });

  test("has objects as the kernel spells them", () => {
    const result = run(
      buildObjtoolForm({
        entries: { "snd-hda": [entry("snd-hda-core.f,01", ".data", 0)] },
      }),
    );
    expect(relocationsLeft(result.output!)).toEqual({
      ".klp.rela.snd_hda.data for .data": ["0: type 1 of .klp.sym.snd_hda_core.f,1 +0"],
    });
    expect(result.report.symbols).toMatchObject([
      { object: "snd_hda_core", gate: "snd_hda", position: 1 },
    ]);
    expect(result.report.removedSections).toEqual(["__klp_relocs.snd-hda"]);
  });

  test("may stand in one of several sections of one name", () => {
    const description = describeObjtoolForm({
      entries: {
        ext4: [entry("ext4.f,0", ".data", 0)],
        other: [entry("ext4.g,0", ".data", 8)],
      },
    });
    const module = buildElf({
      ...description,
      sections: description.sections!.map((each) =>
        each.name === "__klp_relocs.other" ? { ...each, name: "__klp_relocs.ext4" } : each,
      ),
      symbols: description.symbols!.map((each) =>
        each.section === "__klp_relocs.other" ? { ...each, section: 3 } : each,
      ),
      relocations: description.relocations!.map((each) =>
        each.section === "__klp_relocs.other" ? { ...each, section: 3 } : each,
      ),
    });
    expect(relocationsLeft(converted(module))).toEqual({
      ".klp.rela.ext4.data for .data": [
        "0: type 1 of .klp.sym.ext4.f,0 +0",
        "8: type 1 of .klp.sym.ext4.g,0 +0",
      ],
    });
    expect(run(module).report.removedSections).toEqual(["__klp_relocs.ext4", "__klp_relocs.ext4"]);
  });

  test("may come with others behind what a livepatch section has already", () => {
    const module = buildElf({
      ...describeObjtoolForm({
        entries: { vmlinux: [entry("vmlinux.foo,0", ".data", 8)] },
        symbols: [{ name: ".klp.sym.vmlinux.old,0", section: SHN.LIVEPATCH }],
      }),
    });
    const description = describeObjtoolForm({
      entries: { vmlinux: [entry("vmlinux.foo,0", ".data", 8)] },
      symbols: [{ name: ".klp.sym.vmlinux.old,0", section: SHN.LIVEPATCH }],
    });
    expect(relocationsLeft(converted(module))).toEqual({
      ".klp.rela.vmlinux.data for .data": ["8: type 1 of .klp.sym.vmlinux.foo,0 +0"],
    });
    const extended = buildElf({
      ...description,
      relocations: [
        ...description.relocations!,
        {
          section: ".data",
          name: ".klp.rela.vmlinux.data",
          flags: SHF.ALLOC | SHF.INFO_LINK | SHF.RELA_LIVEPATCH,
          entries: [{ offset: 16, type: 1, symbol: ".klp.sym.vmlinux.old,0" }],
        },
      ],
    });
    expect(relocationsLeft(converted(extended))).toEqual({
      ".klp.rela.vmlinux.data for .data": [
        "16: type 1 of .klp.sym.vmlinux.old,0 +0",
        "8: type 1 of .klp.sym.vmlinux.foo,0 +0",
      ],
    });
  });

  test("has nothing of sections that are about its own in another way", () => {
    const about = { info: NAME, data: Array<number>(48).fill(0) };
    const module = buildObjtoolForm({
      entries: { vmlinux: [entry("vmlinux.foo,0", ".data", 8)] },
      sections: [
        { name: ".about", ...about },
        { name: ".note", type: SHT.NOTE, ...about },
      ],
    });
    expect(relocationsLeft(converted(module))).toEqual({
      ".klp.rela.vmlinux.data for .data": ["8: type 1 of .klp.sym.vmlinux.foo,0 +0"],
    });
  });

  test("may name a symbol that is not weak", () => {
    const module = buildObjtoolForm({
      undefined: [".klp.sym.vmlinux.foo,0"],
      entries: { vmlinux: [entry("vmlinux.foo,0", ".data", 8)] },
    });
    expect(symbolsIn(converted(module)).at(-1)).toBe(
      "GLOBAL NOTYPE LIVEPATCH .klp.sym.vmlinux.foo,0",
    );
  });
});

describe("a section of entries", () => {
  test("without any goes as well", () => {
    const result = run(buildObjtoolForm({ entries: { vmlinux: [], ext4: [] } }));
    expect(messages(result)).toEqual([]);
    expect(result.report.outcome).toBe("converted");
    expect(sectionsIn(result.output!)).not.toContain("__klp_relocs.vmlinux");
    expect(result.report.removedSections).toEqual(["__klp_relocs.vmlinux", "__klp_relocs.ext4"]);
  });

  test("takes a group with it that has no other member", () => {
    const description = describeObjtoolForm({
      entries: { vmlinux: [entry("vmlinux.foo,0", ".data", 8)] },
      symbols: [{ name: "signature", section: ".text" }],
      sections: [
        { name: ".group", type: SHT.GROUP, link: ".symtab", info: "signature", words: [0, NAME] },
      ],
    });
    expect(sectionsIn(converted(buildElf(description)))).not.toContain(".group");
  });
});

const NAME = "__klp_relocs.vmlinux";

describe("a symbol", () => {
  test("that stands in for homonyms stands in for each", () => {
    const result = run(
      buildObjtoolForm({
        entries: {
          ext4: [
            entry("ext4.f,2", ".data", 0),
            entry("ext4.f,1", ".data", 8),
            entry("ext4.f,2", ".text", 8),
          ],
          vmlinux: [entry("vmlinux.f,0", ".text", 16)],
        },
      }),
    );
    expect(relocationsLeft(result.output!)).toEqual({
      ".klp.rela.ext4.data for .data": [
        "0: type 1 of .klp.sym.ext4.f,2 +0",
        "8: type 1 of .klp.sym.ext4.f,1 +0",
      ],
      ".klp.rela.ext4.text for .text": ["8: type 1 of .klp.sym.ext4.f,2 +0"],
      ".klp.rela.vmlinux.text for .text": ["16: type 1 of .klp.sym.vmlinux.f,0 +0"],
    });
    expect(symbolsIn(result.output!).filter((line) => line.includes("tombstone"))).toEqual([]);
    expect(result.report.symbols.map(({ livepatchName }) => livepatchName)).toEqual([
      ".klp.sym.ext4.f,2",
      ".klp.sym.ext4.f,1",
      ".klp.sym.vmlinux.f,0",
    ]);
  });

  test("may wait for two objects", () => {
    const result = run(
      buildObjtoolForm({
        entries: {
          ext4: [entry("jbd2.f,0", ".data", 0), entry("jbd2.f,0", ".text", 0)],
          ocfs2: [entry("jbd2.f,0", ".data", 8)],
        },
      }),
    );
    expect(relocationsLeft(result.output!)).toEqual({
      ".klp.rela.ext4.data for .data": ["0: type 1 of .klp.sym.jbd2.f,0 +0"],
      ".klp.rela.ext4.text for .text": ["0: type 1 of .klp.sym.jbd2.f,0 +0"],
      ".klp.rela.ocfs2.data for .data": ["8: type 1 of .klp.sym.jbd2.f,0 +0"],
    });
    const symbol = {
      name: ".klp.sym.jbd2.f,0",
      decision: "livepatch",
      object: "jbd2",
      position: 0,
    };
    expect(result.report.symbols).toMatchObject([
      { ...symbol, gate: "ext4", relocations: 2, sections: [".data", ".text"] },
      { ...symbol, gate: "ocfs2", relocations: 1, sections: [".data"] },
    ]);
  });

  test("that nobody has called a tombstone goes, if nothing else uses it", () => {
    const module = buildObjtoolForm({
      entries: { vmlinux: [entry("vmlinux.foo,0", ".data", 8, { standIn: "foo" })] },
      uses: { ".debug_info": ["foo", "patched"] },
    });
    for (const options of [{}, { symbols: symbolsList({ vmlinux: ["foo"] }) }]) {
      const result = run(module, options);
      expect(messages(result)).toEqual([]);
      expect(relocationsLeft(result.output!)).toEqual({
        ".rela.debug_info for .debug_info": ["8: type 1 of patched +0"],
        ".klp.rela.vmlinux.data for .data": ["8: type 1 of .klp.sym.vmlinux.foo,0 +0"],
      });
      expect(symbolsIn(result.output!).slice(-2)).toEqual([
        "LOCAL FUNC defined patched",
        "WEAK NOTYPE LIVEPATCH .klp.sym.vmlinux.foo,0",
      ]);
      expect(result.report.symbols).toHaveLength(1);
    }
  });

  test("that nobody has called a tombstone stays and is judged, if something else uses it", () => {
    const module = buildObjtoolForm({
      entries: { vmlinux: [entry("vmlinux.foo,2", ".data", 8, { standIn: "foo" })] },
      uses: { ".text": [{ offset: 16, type: 1, symbol: "foo", addend: 1 }] },
    });
    const moved = {
      ".klp.rela.vmlinux.data for .data": ["8: type 1 of .klp.sym.vmlinux.foo,2 +0"],
    };
    const stays = { ".rela.text for .text": ["16: type 1 of foo +1"], ...moved };
    const judged = (...vmlinux: string[]) =>
      run(module, { symbols: symbolsList({ vmlinux, m: ["foo"] }) });

    const assumed = run(module);
    expect(messages(assumed)[0]).toBe(KERNEL_MODULE_NOTE);
    expect(relocationsLeft(assumed.output!)).toEqual(stays);
    expect(symbolsIn(assumed.output!)).toContain("WEAK NOTYPE UND foo");

    const exported = judged("foo", "foo", "__ksymtab_foo");
    expect(messages(exported)).toEqual([]);
    expect(relocationsLeft(exported.output!)).toEqual(stays);
    expect(exported.report.symbols).toMatchObject([
      { name: "foo", decision: "stays", why: "vmlinux exports it", relocations: 1 },
      { name: ".klp.sym.vmlinux.foo,2", decision: "livepatch", relocations: 1 },
    ]);

    expect(messages(judged("foo", "foo"))[0]).toBe(
      "error ambiguous: .text+16: symbol foo is ambiguous: it stands in 2 objects",
    );
    const annotated = run(module, { sympos: ["m:foo=0"] });
    expect(relocationsLeft(annotated.output!)).toEqual({
      ".klp.rela.m.text for .text": ["16: type 1 of .klp.sym.m.foo,0 +1"],
      ...moved,
    });
  });

  test("that nobody has called a tombstone is judged only where it is used", () => {
    // A symbol of m could not be where the entry's place is.
    const module = buildObjtoolForm({
      entries: { vmlinux: [entry("vmlinux.foo,2", "__bug_table", 8, { standIn: "foo" })] },
      sections: [{ name: "__bug_table", flags: SHF.ALLOC, size: 24 }],
      uses: { ".text": [{ offset: 16, type: 1, symbol: "foo" }] },
    });
    const output = converted(module, { sympos: ["m:foo=0"] });
    expect(relocationsLeft(output)).toEqual({
      ".klp.rela.m.text for .text": ["16: type 1 of .klp.sym.m.foo,0 +0"],
      ".klp.rela.vmlinux.__bug_table for __bug_table": ["8: type 1 of .klp.sym.vmlinux.foo,2 +0"],
    });
  });

  test("that is a tombstone goes, also one that nothing uses and one that only debug info does", () => {
    for (const entries of [{}, { vmlinux: [entry("vmlinux.foo,0", ".data", 8)] }]) {
      const result = run(
        buildObjtoolForm({
          entries,
          undefined: [
            { name: ".klp.tombstone.unused", bind: WEAK },
            { name: ".klp.tombstone.in_debug_info", bind: WEAK, type: STT.OBJECT },
          ],
          uses: { ".debug_info": [".klp.tombstone.in_debug_info", "patched"] },
        }),
      );
      expect(messages(result)).toEqual([]);
      expect(result.report.outcome).toBe("converted");
      expect(symbolsIn(result.output!).filter((line) => line.includes("tombstone"))).toEqual([]);
      expect(relocationsLeft(result.output!)).toMatchObject({
        ".rela.debug_info for .debug_info": ["8: type 1 of patched +0"],
      });
    }
  });

  test("that is weak and undefined, and is no tombstone, stays", () => {
    const output = converted(
      buildObjtoolForm({
        entries: { vmlinux: [entry("vmlinux.foo,0", ".data", 8)] },
        undefined: [
          { name: "maybe_absent", bind: WEAK },
          { name: "maybe_used", bind: WEAK },
        ],
        uses: { ".text": ["maybe_used"] },
      }),
    );
    expect(symbolsIn(output).slice(-2)).toEqual([
      "WEAK NOTYPE UND maybe_absent",
      "WEAK NOTYPE UND maybe_used",
    ]);
  });
});

describe("the report", () => {
  test("tells of each symbol, gate and section", () => {
    const { report } = run(
      buildObjtoolForm({
        entries: {
          klp_demo: [
            entry("klp_dep.f,2", ".text", 8),
            entry("klp_dep.f,2", ".data", 8),
            entry("klp_dep.f,2", ".text", 16),
          ],
          vmlinux: [entry("vmlinux.foo.part.0,0", ".text", 0)],
        },
        undefined: ["printk"],
        uses: { ".text": [{ offset: 32, type: 1, symbol: "printk" }] },
      }),
      { symbols: symbolsList({ vmlinux: ["printk", "__ksymtab_printk", "foo.part.0"] }) },
    );
    expect(report.symbols).toEqual([
      {
        name: ".klp.sym.klp_dep.f,2",
        decision: "livepatch",
        why: "named in __klp_relocs.klp_demo",
        relocations: 3,
        sections: [".text", ".data"],
        object: "klp_dep",
        position: 2,
        gate: "klp_demo",
        livepatchName: ".klp.sym.klp_dep.f,2",
      },
      {
        name: ".klp.sym.vmlinux.foo.part.0,0",
        decision: "livepatch",
        why: "named in __klp_relocs.vmlinux",
        relocations: 1,
        sections: [".text"],
        object: "vmlinux",
        position: 0,
        homonyms: 1,
        gate: "vmlinux",
        livepatchName: ".klp.sym.vmlinux.foo.part.0,0",
      },
      {
        name: "printk",
        decision: "stays",
        why: "vmlinux exports it",
        relocations: 1,
        sections: [".text"],
      },
    ]);
    expect(report.sections).toEqual([
      { name: ".klp.rela.klp_demo.text", gate: "klp_demo", target: ".text", relocations: 2 },
      { name: ".klp.rela.klp_demo.data", gate: "klp_demo", target: ".data", relocations: 1 },
      { name: ".klp.rela.vmlinux.text", gate: "vmlinux", target: ".text", relocations: 1 },
    ]);
    expect(report.removedSections).toEqual(["__klp_relocs.klp_demo", "__klp_relocs.vmlinux"]);
  });

  test("tells of modules that only entries use any more", () => {
    const symbols = { file: "list", bytes: bytesOf(listOf("", "*klp_dep", "f .text+0x10 T")) };
    const result = run(
      buildObjtoolForm({
        modinfo: "livepatch=Y\0depends=klp_dep,klp_other\0",
        entries: { klp_demo: [entry("klp_dep.f,0", ".text", 8)] },
      }),
      { symbols },
    );
    expect(result.report.removedDependencies).toEqual(["klp_dep"]);
    expect(sectionContents(result.output!).get(".modinfo")).toEqual(
      bytesOf("livepatch=Y\0depends=klp_other\0\0\0\0\0\0\0\0\0"),
    );
  });
});

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

const FORM =
  "  an entry has two absolute relocations: of its first word to the place, in a loaded section, of its second to the symbol, undefined and called .klp.sym.OBJECT.NAME,POS; behind them stands the relocation's type";

/** The lines that say that an entry is not as it should be. */
function faulty(fault: string, section = NAME, offset = 0): string[] {
  return [`error klp-relocs-entry: ${section}+${offset}: ${fault}`, FORM];
}

/**
 * The messages without those that follow: if an entry is left out, its symbol and its tombstone are
 * symbols that nobody speaks of.
 */
function causes(lines: readonly string[]): string[] {
  const left: string[] = [];
  let isCause = true;
  for (const line of lines) {
    if (!line.startsWith(" ")) isCause = !line.startsWith("error leftover-livepatch-name: ");
    if (isCause) left.push(line);
  }
  return left;
}

const ONE = describeObjtoolForm({
  entries: { vmlinux: [entry("vmlinux.foo,0", ".data", 8)] },
  undefined: ["strong", { name: "weak", bind: WEAK }],
  symbols: [
    { name: "defined", section: ".data", value: 32 },
    { name: "beyond", section: ".data", value: 1000 },
    { name: "absolute", section: "abs", value: 8 },
    { name: "common", section: "common", value: 8 },
  ],
  sections: [
    { name: ".empty", flags: SHF.ALLOC },
    { name: ".bss", type: SHT.NOBITS, flags: SHF.ALLOC | SHF.WRITE, size: 16 },
  ],
});
const SECTION_SYMBOL = (section: string) => sectionSymbolOf(ONE, section);

type Change = (description: ElfDescription) => ElfDescription;

/** Changes the relocation that says the place, the one that says the symbol, and the one there. */
const place =
  (change: Partial<RelocationDescription>): Change =>
  (description) =>
    changeRelocations(description, NAME, ([first, second]) => [{ ...first!, ...change }, second!]);
const named =
  (change: Partial<RelocationDescription>): Change =>
  (description) =>
    changeRelocations(description, NAME, ([first, second]) => [first!, { ...second!, ...change }]);
const standing =
  (change: Partial<RelocationDescription>): Change =>
  (description) =>
    changeRelocations(description, ".data", ([only]) => [{ ...only!, ...change }]);
const more =
  (offset: number, symbol: string | number = "defined"): Change =>
  (description) =>
    changeRelocations(description, NAME, (all) => [...all, { offset, type: 1, symbol }]);
/** Changes the word behind the two pointers. */
const typed =
  (type: number): Change =>
  (description) =>
    changeSection(description, NAME, { words: [0, 0, 0, 0, type, 0] });

describe("an entry is refused", () => {
  const there = "when one of .klp.tombstone.NAME, weak and undefined, is expected, .data+0x8";
  test.each<[string, Change, string[]]>([
    [
      "without a relocation that says its place",
      (description) => changeRelocations(description, NAME, ([, second]) => [second!]),
      faulty("entry 0 has no relocation that says the place"),
    ],
    [
      "without a relocation that says its symbol",
      (description) => changeRelocations(description, NAME, ([first]) => [first!]),
      faulty("entry 0 has no relocation that says the symbol"),
    ],
    [
      "without any relocation",
      (description) => changeRelocations(description, NAME, () => []),
      faulty("entry 0 has no relocation that says the place"),
    ],
    [
      "with a relocation section that is about another section",
      (description) => ({
        ...description,
        relocations: description.relocations!.map((each) =>
          each.section === NAME ? { ...each, name: `.rela${NAME}`, section: ".debug_info" } : each,
        ),
      }),
      faulty("entry 0 has no relocation that says the place"),
    ],
    [
      "with a second relocation that says its place",
      more(0),
      faulty("a second relocation says the place of entry 0"),
    ],
    [
      "with a second relocation that says its symbol, though it be the same",
      more(8, ".klp.sym.vmlinux.foo,0"),
      faulty("a second relocation says the symbol of entry 0", NAME, 8),
    ],
    ...[1, 4, 12, 16, 20, 23].map((offset): [string, Change, string[]] => [
      `with a relocation at ${offset}`,
      more(offset),
      faulty("the relocation is of no entry's first or second word", NAME, offset),
    ]),
    [
      "with a relocation at the end of the section",
      more(24),
      faulty("the relocation is of no entry's first or second word", NAME, 24),
    ],
    [
      "with a relocation past the end of a section that is not loaded",
      (description) => more(48)(changeSection(description, NAME, { flags: 0 })),
      faulty("the relocation is of no entry's first or second word", NAME, 48),
    ],
    [
      "with a place by another than an absolute relocation",
      place({ type: 2 }),
      faulty("entry 0 has a relocation of type 2 when an absolute one on x86_64 has 1"),
    ],
    [
      "with a symbol by another than an absolute relocation",
      named({ type: 0 }),
      faulty("entry 0 has a relocation of type 0 when an absolute one on x86_64 has 1"),
    ],
    [
      "with a place by the null symbol",
      place({ symbol: 0 }),
      faulty("entry 0 says a place by no symbol, which is in no section"),
    ],
    ...["strong", "weak", "absolute", "common"].map((symbol): [string, Change, string[]] => [
      `with a place by a symbol that is ${symbol}`,
      place({ symbol }),
      faulty(`entry 0 says a place by ${symbol}, which is in no section`),
    ]),
    [
      "with a place before its section",
      place({ addend: -1 }),
      faulty("entry 0 says a place at -0x1 of .data, which has 64 bytes"),
    ],
    [
      "with a place before its section, far",
      place({ symbol: "defined", addend: -(2n ** 63n) }),
      faulty("entry 0 says a place at -0x8000000000000000 of .data, which has 64 bytes"),
    ],
    [
      "with a place at the end of its section",
      place({ addend: 64 }),
      faulty("entry 0 says a place at 0x40 of .data, which has 64 bytes"),
    ],
    [
      "with a place past the end of its section",
      place({ symbol: "defined", addend: 33 }),
      faulty("entry 0 says a place at 0x41 of .data, which has 64 bytes"),
    ],
    [
      "with a place that a symbol past the end of its section says",
      place({ symbol: "beyond", addend: 0 }),
      faulty("entry 0 says a place at 0x3e8 of .data, which has 64 bytes"),
    ],
    [
      "with a place in an empty section",
      place({ symbol: SECTION_SYMBOL(".empty"), addend: 0 }),
      faulty("entry 0 says a place at 0x0 of .empty, which has 0 bytes"),
    ],
    [
      "with a place past the end of a section without contents",
      place({ symbol: SECTION_SYMBOL(".bss"), addend: 16 }),
      faulty("entry 0 says a place at 0x10 of .bss, which has 16 bytes"),
    ],
    [
      "with a place in a section that is not loaded",
      place({ symbol: SECTION_SYMBOL(".debug_info") }),
      faulty("entry 0 says a place in .debug_info, which is not loaded"),
    ],
    [
      "with the null symbol",
      named({ symbol: 0 }),
      faulty("entry 0 names no symbol, which is not undefined"),
    ],
    [
      "with a symbol that the module defines",
      named({ symbol: "defined" }),
      faulty("entry 0 names defined, which is not undefined"),
    ],
    [
      "with an absolute symbol",
      named({ symbol: "absolute" }),
      faulty("entry 0 names absolute, which is not undefined"),
    ],
    [
      "with a section symbol",
      named({ symbol: SECTION_SYMBOL(".text") }),
      faulty("entry 0 names no symbol, which is not undefined"),
    ],
    [
      "with a symbol that is called like any other",
      named({ symbol: "strong" }),
      faulty("entry 0 names strong, which is not called .klp.sym.OBJECT.NAME,POS"),
    ],
    [
      "with a tombstone for a symbol",
      named({ symbol: ".klp.tombstone.foo" }),
      faulty("entry 0 names .klp.tombstone.foo, which is not called .klp.sym.OBJECT.NAME,POS"),
    ],
    [
      "with a type that the machine does not have",
      typed(200),
      faulty("entry 0 says relocation type 200, which x86_64 does not have"),
    ],
    [
      "with the largest type there is",
      typed(0xffffffff),
      faulty("entry 0 says relocation type 4294967295, which x86_64 does not have"),
    ],
    [
      "with no relocation at its place",
      (description) => changeRelocations(description, ".data", () => []),
      faulty("entry 0 has no relocation at its place, .data+0x8"),
    ],
    [
      "with a relocation beside its place",
      standing({ offset: 9 }),
      faulty("entry 0 has no relocation at its place, .data+0x8"),
    ],
    [
      "with a relocation of another addend at its place",
      standing({ addend: 1234 }),
      faulty("entry 0 says addend 0, and 1234 stands at its place, .data+0x8"),
    ],
    [
      "with a relocation of another type at its place",
      standing({ type: 2 }),
      faulty("entry 0 says relocation type 1, and type 2 stands at its place, .data+0x8"),
    ],
    [
      "with a type of its own that does not stand at its place",
      typed(24),
      faulty("entry 0 says relocation type 24, and type 1 stands at its place, .data+0x8"),
    ],
    ...["strong", "defined", "absolute"].map((symbol): [string, Change, string[]] => [
      `with a relocation of a symbol that is ${symbol} at its place`,
      standing({ symbol }),
      faulty(`entry 0 has a relocation of ${symbol} at its place ${there}`),
    ]),
    [
      "with a relocation of the null symbol at its place",
      standing({ symbol: 0 }),
      faulty(`entry 0 has a relocation of symbol 0 at its place ${there}`),
    ],
    [
      "with a relocation of a section symbol at its place",
      standing({ symbol: SECTION_SYMBOL(".text") }),
      faulty(`entry 0 has a relocation of symbol ${SECTION_SYMBOL(".text")} at its place ${there}`),
    ],
  ])("%s", (_, change, expected) => {
    expect(causes(refusal(buildElf(change(ONE))))).toEqual(expected);
  });

  test("with a relocation past the end of its section, by the reader", () => {
    expect(refusal(buildElf(more(25)(ONE)))).toEqual([
      `error elf-relocation-offset: .rela${NAME}+25: relocation 2 is corrupt: its offset lies past the end of section 2 at 0x18`,
    ]);
  });

  test("with a relocation of the null symbol at its place, also of one that calls itself weak", () => {
    const { bytes, symbolOffsets } = buildIndexedElf(standing({ symbol: 0 })(ONE));
    // st_info
    bytes[symbolOffsets[0]! + 4] = WEAK << 4;
    expect(causes(refusal(bytes))).toEqual(
      faulty(`entry 0 has a relocation of symbol 0 at its place ${there}`),
    );
  });

  test("with a weak symbol at its place that is defined", () => {
    const symbols = [
      ...ONE.symbols!,
      { name: "weak_defined", bind: WEAK, section: ".text", type: STT.FUNC },
    ];
    const module = buildElf(standing({ symbol: "weak_defined" })({ ...ONE, symbols }));
    expect(causes(refusal(module))).toEqual(
      faulty(`entry 0 has a relocation of weak_defined at its place ${there}`),
    );
  });

  test.each([
    ".klp.sym.vmlinux.foo",
    ".klp.sym.vmlinux.foo,",
    ".klp.sym.vmlinux.foo.0",
    ".klp.sym.vmlinux.foo,x",
    ".klp.sym.vmlinux.foo,-1",
    ".klp.sym.vmlinux.foo,0x1",
    ".klp.sym.vmlinux.foo,1 ",
    ".klp.sym.vmlinux.foo,1,2",
    ".klp.sym.vmlinux.foo,4294967296",
    ".klp.sym.vmlinux.foo,00000000001",
    ".klp.sym.vmlinux.,0",
    ".klp.sym.vmlinux,0",
    ".klp.sym..foo,0",
    ".klp.sym.,0",
    ".klp.sym.",
    ".klp.sim.vmlinux.foo,0",
    "klp.sym.vmlinux.foo,0",
    " .klp.sym.vmlinux.foo,0",
    ".klp.rela.vmlinux.foo,0",
  ])("with a symbol called %j", (name) => {
    const symbols = [...ONE.symbols!, { name, bind: WEAK }];
    const module = buildElf(named({ symbol: name })({ ...ONE, symbols }));
    expect(causes(refusal(module))).toEqual(
      faulty(`entry 0 names ${name}, which is not called .klp.sym.OBJECT.NAME,POS`),
    );
  });

  test.each([
    [".klp.sym.vmlinux.foo,4294967295", ".klp.sym.vmlinux.foo,4294967295"],
    [".klp.sym.vmlinux.foo.isra.0.cold,7", ".klp.sym.vmlinux.foo.isra.0.cold,7"],
    [".klp.sym.vmlinux..foo,0", ".klp.sym.vmlinux..foo,0"],
    [".klp.sym.vmlinux.foo,0000000001", ".klp.sym.vmlinux.foo,1"],
  ])("but not with one called %j", (name, result) => {
    const symbols = [
      ...ONE.symbols!.filter((each) => each.name !== ".klp.sym.vmlinux.foo,0"),
      { name, bind: WEAK },
    ];
    const output = converted(buildElf(named({ symbol: name })({ ...ONE, symbols })));
    expect(symbolsIn(output).at(-1)).toBe(`WEAK NOTYPE LIVEPATCH ${result}`);
  });

  test("that is the second of a place", () => {
    for (const gate of ["vmlinux", "ext4"]) {
      const object = gate;
      const description = describeObjtoolForm({
        layout: S390,
        entries: {
          vmlinux: [entry("vmlinux.foo,0", ".data", 8), entry("vmlinux.bar,0", ".data", 16)],
          ...(gate === "ext4" && { ext4: [entry("ext4.foo,0", ".data", 8)] }),
        },
      });
      const section = `__klp_relocs.${gate}`;
      const module = buildElf(
        gate === "ext4"
          ? changeRelocations(description, ".data", ([first, , last]) => [first!, last!])
          : changeRelocations(description, section, (all) =>
              all.map((each, i) => (i === 2 ? { ...each, addend: 8 } : each)),
            ),
      );
      const [number, offset] = object === "vmlinux" ? [1, 24] : [0, 0];
      expect(causes(refusal(module))).toEqual(
        faulty(`entry ${number} is not the only one of its place, .data+0x8`, section, offset),
      );
    }
  });

  test("that is the second to write the same bytes, where the kernel looks", () => {
    const entries = [entry("vmlinux.foo,0", ".data", 8), entry("vmlinux.bar,0", ".data", 8)];
    expect(refusal(buildObjtoolForm({ entries: { vmlinux: entries } }))).toEqual([
      "error relocation-overlap: .data+8: two relocations write the same bytes, at 0x8 and 0x8: the kernel would refuse the second, since the place is no longer zero",
      "  one of them is of no use: link the objects again",
    ]);
  });

  test.each([
    [X86, 24, 8],
    [S390, 24, 8],
    [PPC, 12, 4],
    [LAYOUTS[3], 12, 4],
  ] as const)("at its own offset, in the words of $0.name", (layout, size, second) => {
    const description = describeObjtoolForm({
      layout,
      entries: {
        vmlinux: [0, 8, 16].map((offset) => entry("vmlinux.foo,0", ".data", offset)),
      },
    });
    // The second entry has no symbol, the third no place, and there is one that is of none.
    const module = buildElf(
      changeRelocations(description, NAME, (all) => [
        ...all.filter((_, i) => i !== 3 && i !== 4),
        { offset: 2 * size + 2 * second, type: layout.absolute, symbol: "patched" },
      ]),
    );
    expect(causes(refusal(module))).toEqual([
      ...faulty(
        "the relocation is of no entry's first or second word",
        NAME,
        2 * size + 2 * second,
      ),
      ...faulty("entry 1 has no relocation that says the symbol", NAME, size),
      ...faulty("entry 2 has no relocation that says the place", NAME, 2 * size),
    ]);
  });

  test.each([
    [S390, 4, "entry 0 has a relocation of type 4 when an absolute one on s390x has 22"],
    [PPC, 10, "entry 0 has a relocation of type 10 when an absolute one on powerpc has 1 or 24"],
  ] as const)("with another than the absolute relocation of $0.name", (layout, type, fault) => {
    const description = describeObjtoolForm({
      layout,
      entries: { vmlinux: [entry("vmlinux.foo,0", ".data", 8)] },
    });
    expect(causes(refusal(buildElf(place({ type })(description))))).toEqual(faulty(fault));
  });

  // That no section speaks of them is not true, and to link the object again is of no use.
  test("once, and not again by its symbol and its tombstone", () => {
    const exported = ["foo", "strong", "__ksymtab_strong"];
    for (const options of [{}, { symbols: symbolsList({ vmlinux: exported }) }]) {
      const lines = refusal(buildElf(typed(200)(ONE)), options);
      expect(lines.filter((line) => !line.includes(": weak symbol weak is "))).toEqual(
        faulty("entry 0 says relocation type 200, which x86_64 does not have"),
      );
    }
  });
});

describe("an entry is refused for a place in a section that goes", () => {
  // The entry's own section has a relocation of a weak undefined symbol at 0x8 and 0x20.
  const description = describeObjtoolForm({
    entries: {
      vmlinux: [entry("vmlinux.foo,0", ".data", 8), entry("vmlinux.foo,0", ".data", 16)],
    },
    undefined: [{ name: "bar", bind: WEAK }],
    annotations: { vmlinux: [["bar", 0]] },
  });
  test.each([
    [NAME, 32],
    [".klp.module_relocs.vmlinux", 0],
  ])("%s", (section, offset) => {
    const symbol = sectionSymbolOf(description, section);
    const moved = changeRelocations(description, NAME, ([first, ...others]) => [
      { ...first!, symbol, addend: offset },
      ...others,
    ]);
    const module = buildElf(changeRelocations(moved, ".data", ([, second]) => [second!]));
    const lines = refusal(module);
    expect(lines[0]).toContain(`error klp-relocs-entry: ${NAME}+0: entry 0 `);
    expect(lines[0]).toContain(section);
  });
});

test.each([
  1, 2,
])("an entry is refused for a place in relocations that go with their section (%i)", (depth) => {
  // Relocations of entries, and relocations of those.
  const tables = Array.from({ length: depth + 1 }, (_, i) => `${".rela".repeat(i + 1)}${NAME}`);
  const target = tables[depth - 1]!;
  const description = describeObjtoolForm({
    layout: S390,
    entries: { vmlinux: [entry("vmlinux.foo,0", ".data", 8)] },
    symbols: [{ name: "relocations", section: target, bind: STB.LOCAL }],
  });
  const standing = { offset: 0, type: S390.absolute, symbol: ".klp.tombstone.foo" };
  let made = changeRelocations(description, ".data", () => []);
  for (const table of tables.slice(0, -1)) {
    made = changeRelocations(made, table, () => [
      table === target ? standing : { ...standing, symbol: 0 },
    ]);
  }
  const relocations = made.relocations!.map((each) => ({
    ...each,
    flags: SHF.ALLOC | SHF.INFO_LINK,
  }));
  const module = buildElf(place({ symbol: "relocations", addend: 0 })({ ...made, relocations }));
  const lines = refusal(module);
  expect(lines[0]).toContain(`error klp-relocs-entry: ${NAME}+0: entry 0 `);
  expect(lines[0]).toContain(target);
});

describe("a section of entries is refused if", () => {
  const notes = (size = 24) => [
    `  objtool klp diff makes sections __klp_relocs.OBJECT, arrays of ${size} bytes an entry`,
  ];
  test.each<[string, Change, string, string]>([
    [
      "it has less than an entry",
      (description) => changeSection(description, NAME, { words: [0, 0, 0, 0, 1] }),
      NAME,
      "the section has 20 bytes, which is no multiple of 24",
    ],
    [
      "it has a byte too many",
      (description) => changeSection(description, NAME, { words: [], size: 25, data: Array(25) }),
      NAME,
      "the section has 25 bytes, which is no multiple of 24",
    ],
    [
      "it is a note",
      (description) => changeSection(description, NAME, { type: SHT.NOTE }),
      NAME,
      "the section has type 7 when entries have 1",
    ],
    [
      "it has no contents",
      (description) => changeSection(description, NAME, { type: SHT.NOBITS, words: [], size: 24 }),
      NAME,
      "the section has type 8 when entries have 1",
    ],
    [
      "it is compressed",
      (description) => changeSection(description, NAME, { flags: SHF.ALLOC | SHF_COMPRESSED }),
      NAME,
      "the section is compressed",
    ],
    [
      "its object has no name",
      (description) => changeSection(description, NAME, { name: "__klp_relocs." }),
      "__klp_relocs.",
      "the object's name is empty",
    ],
    [
      "its object has a dot in its name",
      (description) => changeSection(description, NAME, { name: "__klp_relocs.a.b" }),
      "__klp_relocs.a.b",
      'object "a.b" has a dot in its name',
    ],
    [
      "its object has a comma in its name",
      (description) => changeSection(description, NAME, { name: "__klp_relocs.a,b" }),
      "__klp_relocs.a,b",
      'object "a,b" has characters in its name that no module\'s has',
    ],
    [
      "its object's name is too long",
      (description) => changeSection(description, NAME, { name: `__klp_relocs.${"x".repeat(56)}` }),
      `__klp_relocs.${"x".repeat(56)}`,
      `object "${"x".repeat(56)}" has 56 characters; the kernel reads 55`,
    ],
  ])("%s", (_, change, section, fault) => {
    const module = change(ONE);
    // Words are contents too, and go before data.
    const sections = module.sections!.map(({ words, ...each }) =>
      words === undefined || (words.length === 0 && each.name === section)
        ? each
        : { ...each, words },
    );
    const result = run(buildElf({ ...module, sections }));
    expect(causes(messages(result))).toEqual([
      `error klp-relocs-section: ${section}+?: ${fault}`,
      ...notes(),
    ]);
    expect(result.report.removedSections).toEqual([section]);
  });

  test("its size is no multiple of 12 in ELF32", () => {
    const entries = { vmlinux: [entry("vmlinux.foo,0", ".data", 8)] };
    const description = describeObjtoolForm({ layout: PPC, entries });
    const module = changeSection(description, NAME, { words: [0, 0, 1, 0, 0, 1, 0] });
    expect(causes(refusal(buildElf(module)))).toEqual([
      `error klp-relocs-section: ${NAME}+?: the section has 28 bytes, which is no multiple of 12`,
      ...notes(12),
    ]);
  });

  test("objtool has finished the module already", () => {
    const description = describeObjtoolForm({
      entries: {
        vmlinux: [entry("vmlinux.foo,0", ".data", 8), entry("vmlinux.bar,0", ".data", 16)],
        ext4: [entry("ext4.f,0", ".data", 24)],
      },
    });
    const livepatch = { section: SHN.LIVEPATCH, bind: WEAK };
    const module: ElfDescription = {
      ...description,
      // objtool klp post-link: symbols and tombstones, R_X86_64_NONE at the places, new sections.
      symbols: description.symbols!.map((each) =>
        each.name.startsWith(".klp.") ? { ...each, ...livepatch } : each,
      ),
      relocations: [
        ...description.relocations!.map((each) =>
          each.section === ".data"
            ? { ...each, entries: each.entries.map((one) => ({ ...one, type: 0 })) }
            : each,
        ),
        {
          section: ".data",
          name: ".klp.rela.vmlinux..data",
          flags: SHF.ALLOC | SHF.INFO_LINK | SHF.RELA_LIVEPATCH,
          entries: [{ offset: 8, type: 1, symbol: ".klp.sym.vmlinux.foo,0" }],
        },
      ],
    };
    expect(refusal(buildElf(module))).toEqual(
      [NAME, "__klp_relocs.ext4"].flatMap((section) => [
        `error converted-before: ${section}+?: the module was converted already, by objtool klp post-link, which leaves this section`,
        "  give the module as it was before: klp-build keeps it as NAME.ko.orig",
      ]),
    );
  });

  test("something that is loaded uses what it defines", () => {
    const description = describeObjtoolForm({
      entries: { vmlinux: [entry("vmlinux.foo,0", ".data", 8)] },
      symbols: [{ name: "relocs", section: NAME, type: STT.OBJECT, bind: STB.LOCAL }],
      uses: { ".text": ["relocs"], ".debug_info": ["relocs"] },
    });
    const symbol = sectionSymbolOf(description, NAME);
    const module = changeRelocations(description, ".text", (all) => [
      ...all,
      { offset: 16, type: 1, symbol, addend: 8 },
    ]);
    const note = "  a section that is removed may be used by sections that are not loaded only";
    expect(refusal(buildElf(module))).toEqual([
      `error reference-to-removed: .text+0: the relocation refers to relocs, which goes with section ${NAME}`,
      note,
      `error reference-to-removed: .text+16: the relocation refers to ${NAME}, which goes with section ${NAME}`,
      note,
    ]);
  });
});

describe("everything that is wrong", () => {
  test("comes out of one run", () => {
    const good = (at: number) => entry("vmlinux.foo,0", ".data", 8 * at);
    let description = describeObjtoolForm({
      entries: {
        "a.b": [],
        odd: [],
        vmlinux: Array.from({ length: 8 }, (_, i) => good(i)),
        ext4: [entry("ext4.f,0", ".big", 0), entry("ext4.f,0", ".big", 8)],
      },
      undefined: ["strong"],
      sections: [{ name: ".big", flags: SHF.ALLOC, size: 64 }],
    });
    description = changeSection(description, "__klp_relocs.odd", { words: [0] });
    description = changeSection(description, NAME, {
      words: Array.from({ length: 8 }, (_, i) => [0, 0, 0, 0, i === 5 ? 99 : 1, 0]).flat(),
    });
    description = changeRelocations(description, NAME, (all) => {
      const relocations = [...all];
      relocations[2] = { ...relocations[2]!, symbol: "strong" };
      relocations[4] = { ...relocations[4]!, addend: 64 };
      relocations[6] = { ...relocations[6]!, symbol: sectionSymbolOf(description, ".debug_info") };
      relocations[9] = { ...relocations[9]!, symbol: "patched" };
      relocations[13] = { ...relocations[13]!, symbol: "strong" };
      return [...relocations.slice(1), { offset: 20, type: 1, symbol: "strong" }];
    });
    description = changeRelocations(description, "__klp_relocs.ext4", (all) => [
      ...all,
      { offset: 8, type: 1, symbol: "strong" },
    ]);
    description = changeRelocations(description, ".data", (all) => all.slice(0, -1));
    description = changeRelocations(description, ".big", ([first, second]) => [
      { ...first!, type: 2 },
      { ...second!, symbol: "strong" },
    ]);
    const ext4 = "__klp_relocs.ext4";
    expect(causes(refusal(buildElf(description)))).toEqual([
      'error klp-relocs-section: __klp_relocs.a.b+?: object "a.b" has a dot in its name',
      "  objtool klp diff makes sections __klp_relocs.OBJECT, arrays of 24 bytes an entry",
      "error klp-relocs-section: __klp_relocs.odd+?: the section has 4 bytes, which is no multiple of 24",
      "  objtool klp diff makes sections __klp_relocs.OBJECT, arrays of 24 bytes an entry",
      ...faulty("the relocation is of no entry's first or second word", NAME, 20),
      ...faulty("entry 0 has no relocation that says the place"),
      ...faulty("entry 1 says a place by strong, which is in no section", NAME, 24),
      ...faulty("entry 2 says a place at 0x40 of .data, which has 64 bytes", NAME, 48),
      ...faulty("entry 3 says a place in .debug_info, which is not loaded", NAME, 72),
      ...faulty("entry 4 names patched, which is not undefined", NAME, 96),
      ...faulty("entry 5 says relocation type 99, which x86_64 does not have", NAME, 120),
      ...faulty("entry 6 names strong, which is not called .klp.sym.OBJECT.NAME,POS", NAME, 144),
      ...faulty("a second relocation says the symbol of entry 0", ext4, 8),
      ...faulty("entry 7 has no relocation at its place, .data+0x38", NAME, 168),
      ...faulty("entry 0 says relocation type 1, and type 2 stands at its place, .big+0x0", ext4),
      ...faulty(
        "entry 1 has a relocation of strong at its place when one of .klp.tombstone.NAME, weak and undefined, is expected, .big+0x8",
        ext4,
        24,
      ),
    ]);
  });

  test("is counted where it is too much to tell", () => {
    const entries = Array.from({ length: 150 }, (_, i) => entry("vmlinux.foo,0", ".big", 8 * i));
    const description = describeObjtoolForm({
      sections: [{ name: ".big", flags: SHF.ALLOC, size: 1200 }],
      entries: { vmlinux: entries },
    });
    const lines = refusal(buildElf(changeRelocations(description, ".big", () => [])));
    expect(lines.filter((line) => line.startsWith("error klp-relocs-entry"))).toHaveLength(100);
    expect(lines.at(-1)).toMatch(/^error too-many: \d+ more errors not shown$/);
  });
});

describe("what an entry says is refused if", () => {
  const said = (gate: string, symbol: string, section = ".data"): ObjtoolForm => ({
    entries: { [gate]: [entry(symbol, section, 8)] },
  });

  test("a symbol of vmlinux waits for a module, or the other way about", () => {
    const notes = [
      "  objtool klp diff has to be run on objects of the kernel that the patch is for",
    ];
    const module = buildObjtoolForm({
      entries: {
        vmlinux: [entry("ext4.f,0", ".data", 8)],
        ext4: [entry("vmlinux.foo,0", ".data", 16)],
      },
    });
    expect(refusal(module)).toEqual([
      "error gate: .data+8: a symbol of ext4 cannot be resolved with vmlinux: the module may be absent, or go away later",
      ...notes,
      "error gate: .data+16: a vmlinux symbol cannot wait for ext4: the kernel refuses it in a module's livepatch section",
      ...notes,
    ]);
  });

  test("it waits for an object that is not patched", () => {
    expect(
      refusal(buildObjtoolForm(said("ext4", "ext4.f,0")), { patchedObjects: ["xfs"] }),
    ).toEqual([
      "error gate: .data+8: f of ext4 would wait for ext4, which the patch does not patch: the kernel would never apply the relocation, and the code would use address 0",
      "  the patch patches xfs (as --patched-object says)",
      "  if xfs depends on ext4, it can wait for xfs: its section is __klp_relocs.xfs",
    ]);
  });

  test("the kernel does not read a name of that length", () => {
    const object = "x".repeat(56);
    expect(refusal(buildObjtoolForm(said("ext4", `${object}.f,0`)))).toEqual([
      `error name-limit: .data+8: object "${object}" has 56 characters; the kernel reads 55`,
      `  it would be called .klp.sym.${object}.f,0`,
    ]);
    const name = "y".repeat(128);
    const old = { modinfo: "livepatch=Y\0vermagic=5.10.0 SMP \0" };
    expect(refusal(buildObjtoolForm({ ...said("ext4", `ext4.${name},0`), ...old }))).toEqual([
      `error name-limit: .data+8: symbol "${name}" has 128 characters; the kernel reads 127`,
      `  it would be called .klp.sym.ext4.${name},0`,
    ]);
    converted(buildObjtoolForm(said("ext4", `ext4.${name},0`)));
  });

  test.each([
    ["__fentry__", X86, "ftrace finds its calls by name"],
    ["_mcount", S390, "ftrace finds its calls by name"],
    ["__x86_return_thunk", X86, "it is a speculation thunk that the kernel patches out"],
    [".TOC.", PPC, "the module loader sets it by name"],
    ["__this_module", X86, "it is the module itself"],
  ] as const)("its symbol, %s, has to stay", (name, layout, reason) => {
    const lines = refusal(buildObjtoolForm({ ...said("vmlinux", `vmlinux.${name},0`), layout }));
    expect(lines[0]).toBe(
      `error annotation-fixed-name: .data+8: ${NAME} would make ${name} a livepatch symbol, but it has to stay: ${reason}`,
    );
    // What to do about it is another matter: nobody can remove a whole section of entries.
    expect(lines).toHaveLength(2);
  });

  describe("a symbols list knows better:", () => {
    const symbols = symbolsList({
      vmlinux: ["foo"],
      ext4: ["f", "other", "f", "once", "near.isra.0", "named"],
    });

    test("the object has no symbol of that name", () => {
      const lines = refusal(buildObjtoolForm(said("ext4", "ext4.name,0")), { symbols });
      expect(lines).toEqual([
        "error unknown-symbol: .data+8: __klp_relocs.ext4 says that name is ext4's, but Symbols.list does not have it there",
        "  used by 1 relocation",
        "  near: named, in ext4",
        "  if the name is right, Symbols.list is not of the kernel the patch is for, or lacks the object that has it",
      ]);
    });

    test("another object has the symbol", () => {
      expect(
        refusal(buildObjtoolForm(said("ext4", "ext4.foo,0", ".text")), { symbols }).slice(0, 2),
      ).toEqual([
        "error unknown-symbol: .text+8: __klp_relocs.ext4 says that foo is ext4's, but Symbols.list does not have it there",
        "  used by 1 relocation, first in patched",
      ]);
    });

    test.each([
      ["ext4.f,0", "__klp_relocs.ext4 says that f is unique, but ext4 has it 2 times"],
      ["ext4.f,3", "__klp_relocs.ext4 says position 3 of f, but ext4 has it 2 times"],
    ])("the position of a homonym is wrong, %s", (symbol, fault) => {
      expect(refusal(buildObjtoolForm(said("ext4", symbol)), { symbols })).toEqual([
        `error annotation-position: .data+8: ${fault}`,
        "  ext4, position 1 (Symbols.list:5)",
        "  ext4, position 2 (Symbols.list:7)",
      ]);
    });

    test("the position of a symbol that is no homonym is wrong", () => {
      expect(refusal(buildObjtoolForm(said("ext4", "ext4.once,2")), { symbols })).toEqual([
        "error annotation-position: .data+8: __klp_relocs.ext4 says position 2 of once, but ext4 has it once",
        "  ext4, position 0 (Symbols.list:8)",
      ]);
    });

    test("the position does not last", () => {
      const list = listOf(
        "order=symtab",
        "*m",
        "f .init.text+0x8 ti init.c",
        "f .text+0x10 t kept.c",
      );
      const at = (position: number) => buildObjtoolForm(said("m", `m.f,${position}`));
      const options = { symbols: { file: "list", bytes: bytesOf(list) } };
      const candidates = [
        "  m (.init.text+0x8, init.c, list:3): cannot be used: it is in init memory, which is freed once m is live",
        "  m (.text+0x10, kept.c, list:4): cannot be used: it is position 2 while m comes up, and 1 once it is live",
      ];
      expect(refusal(at(1), options)).toEqual([
        "error position: .data+8: f of m cannot be a livepatch symbol: position 1 is .init.text+0x8, init.c while m comes up, and .text+0x10, kept.c once it is live",
        ...candidates,
      ]);
      expect(refusal(at(2), options)).toEqual([
        "error position: .data+8: f of m cannot be a livepatch symbol: position 2 is .text+0x10, kept.c while m comes up, and none once it is live",
        ...candidates,
      ]);
    });

    test("but not if it confirms what is said, or does not have the object", () => {
      const module = buildObjtoolForm({
        entries: {
          ext4: [entry("ext4.f,2", ".data", 8), entry("xfs.unheard,7", ".data", 16)],
          vmlinux: [entry("vmlinux.foo,1", ".text", 8)],
        },
      });
      const result = run(module, { symbols });
      expect(messages(result)).toEqual([
        "warning unverified: symbols of object xfs are not checked: Symbols.list does not have the object",
      ]);
      expect(result.report.symbols).toMatchObject([
        { livepatchName: ".klp.sym.ext4.f,2", homonyms: 2 },
        { livepatchName: ".klp.sym.xfs.unheard,7" },
        { livepatchName: ".klp.sym.vmlinux.foo,1", homonyms: 1 },
      ]);
    });

    test("in an order that is not the kernel's, which is said once of each symbol", () => {
      const ext4 = [..."abcdef"].flatMap((letter) => [`${letter}1`, `${letter}2`, `${letter}2`]);
      const sorted = symbolsList({ vmlinux: ["x"], ext4, jbd2: ["j"] });
      const module = buildObjtoolForm({
        entries: {
          ext4: [entry("ext4.a2,2", ".data", 8)],
          ocfs2: [entry("ext4.a2,2", ".data", 16)],
        },
      });
      expect(messages(run(module, { symbols: sorted }))).toEqual([
        "note unverified-order: positions in ext4 are unverified: its names stand in alphabetical order in Symbols.list, which is not the kernel's",
        "  a2 at 2",
        "  klp-convert symbols makes a list in the kernel's order",
      ]);
    });
  });

  describe("the kernel could not apply it:", () => {
    test("a type that its module loader does not know", () => {
      const type = 9;
      const module = buildObjtoolForm({
        entries: { vmlinux: [entry("vmlinux.foo,0", ".text", 8, { type })] },
      });
      expect(refusal(module)).toEqual([
        'error relocation-type: .text+8: R_X86_64_GOTPCREL of .klp.sym.vmlinux.foo,0 cannot be applied: the module loader does not know it and prints "Unknown rela relocation: 9"',
        "  compile it as kbuild does, with -fno-pic -mcmodel=kernel and without -fno-plt",
      ]);
    });

    test("a place that is not zero", () => {
      const description = describeObjtoolForm(said("vmlinux", "vmlinux.foo,0"));
      const data = Array.from({ length: 64 }, (_, i) => (i === 15 ? 0x90 : 0));
      const lines = refusal(buildElf(changeSection(description, ".data", { data })));
      expect(lines[0]).toContain(
        "error relocation-place: .data+8: R_X86_64_64 of .klp.sym.vmlinux.foo,0 cannot be applied: its place has 00 00 00 00 00 00 00 90,",
      );
    });

    test("a place that an ordinary relocation writes too", () => {
      const module = buildObjtoolForm({
        ...said("vmlinux", "vmlinux.foo,0"),
        uses: { ".data": [{ offset: 12, type: 1, symbol: "patched" }] },
      });
      expect(refusal(module)[0]).toBe(
        "error relocation-overlap: .data+8: two relocations write the same bytes, at 0x8 and 0xc: the kernel would refuse the second, since the place is no longer zero",
      );
    });

    test("a section that is read before", () => {
      const module = buildObjtoolForm({
        ...said("ext4", "ext4.f,0", "__bug_table"),
        sections: [{ name: "__bug_table", flags: SHF.ALLOC, size: 24 }],
      });
      expect(refusal(module)[0]).toBe(
        "error special-section: __bug_table+8: .klp.sym.ext4.f,0 is used in __bug_table and waits for ext4: module_bug_finalize (lib/bug.c) enters it at load, and warnings until then would be taken for something else",
      );
    });

    test("a section that is read-only by then", () => {
      const module = buildObjtoolForm({ ...said("ext4", "ext4.f,0", ".text"), layout: PPC });
      expect(refusal(module)[0]).toBe(
        "error relocation-late: .text+8: R_PPC_ADDR32 of .klp.sym.ext4.f,0 cannot be applied when ext4 is loaded: .text is read-only by then, and the kernel stores there all the same and crashes",
      );
      converted(buildObjtoolForm({ ...said("vmlinux", "vmlinux.f,0", ".text"), layout: PPC }));
    });
  });
});

describe("a name of objtool's form is refused", () => {
  const AGAIN =
    "  the object was linked without all that objtool klp diff wrote for it; link it again";
  const tombstone = (place: string, name: string) => [
    `error leftover-livepatch-name: ${place}symbol .klp.tombstone.${name} stands for one that no section __klp_relocs.OBJECT speaks of here`,
    AGAIN,
  ];
  const leftover = (place: string, name: string) => [
    `error leftover-livepatch-name: ${place}symbol .klp.sym.${name} is called like a livepatch symbol but is undefined: the kernel would make it 0`,
    "  an annotated name begins with .klp.sym.rela.",
  ];

  test("on a tombstone that is used where no entry speaks of it", () => {
    const module: ObjtoolForm = {
      entries: { vmlinux: [entry("vmlinux.foo,0", ".data", 8)] },
      uses: { ".data": [{ offset: 16, type: 1, symbol: ".klp.tombstone.foo" }] },
    };
    const symbols = symbolsList({ vmlinux: ["foo"] });
    for (const options of [{}, { symbols }]) {
      expect(refusal(buildObjtoolForm(module), options)).toEqual(tombstone(".data+16: ", "foo"));
    }
  });

  test("on a tombstone in a module without entries", () => {
    const module = buildObjtoolForm({
      entries: {},
      undefined: [{ name: ".klp.tombstone.foo", bind: WEAK }],
      uses: { ".text": [{ offset: 24, type: 1, symbol: ".klp.tombstone.foo" }] },
    });
    expect(refusal(module)).toEqual(tombstone(".text+24: ", "foo"));
  });

  test("on an undefined livepatch symbol that an ordinary relocation uses", () => {
    const module = buildObjtoolForm({
      entries: { vmlinux: [entry("vmlinux.foo,0", ".data", 8)] },
      uses: { ".text": [{ offset: 16, type: 1, symbol: ".klp.sym.vmlinux.foo,0" }] },
    });
    expect(refusal(module)).toEqual(leftover(".text+16: ", "vmlinux.foo,0"));
  });

  test("on an undefined livepatch symbol that nothing uses", () => {
    const module = buildObjtoolForm({
      entries: {},
      undefined: [{ name: ".klp.sym.vmlinux.foo,0", bind: WEAK }],
    });
    expect(refusal(module)).toEqual(leftover("", "vmlinux.foo,0"));
  });

  // An annotated name that ends with a comma reads like the livepatch symbol of an object "rela".
  test("if it is an annotated one, or the symbol waits for what the section says", () => {
    for (const name of ["rela.vmlinux.vmlinux.foo,0", "rela.xfs.xfs.foo,0"]) {
      const module = buildObjtoolForm({
        entries: { ext4: [entry(name, ".data", 8, { standIn: ".klp.tombstone.foo" })] },
      });
      const { output, report } = run(module);
      if (output === undefined) continue;
      expect(misplaced(output)).toEqual([]);
      expect(report.symbols.map(({ gate }) => gate)).toEqual(["ext4"]);
    }
  });

  // Else it would be two livepatch symbols, and have the name of the one that was decided last.
  test("if it is an annotated one that an ordinary relocation uses as such", () => {
    const name = ".klp.sym.rela.ext4.ext4.foo,0";
    const module = buildObjtoolForm({
      entries: {
        ext4: [entry("rela.ext4.ext4.foo,0", ".data", 8, { standIn: ".klp.tombstone.foo" })],
      },
      uses: { ".data": [{ offset: 16, type: 1, symbol: name }] },
    });
    const { output, report } = run(module);
    const names = new Set(report.symbols.map(({ livepatchName }) => livepatchName));
    if (output !== undefined) expect(names.size).toBe(1);
  });
});

/** Livepatch relocations in a section whose object cannot gate them, or of no livepatch symbol. */
function misplaced(file: Uint8Array): string[] {
  return relocationsIn(file).flatMap(([section, lines]) => {
    const gate = /^\.klp\.rela\.([^.]+)\./.exec(section)?.[1];
    if (gate === undefined) return [];
    return lines.filter((line) => {
      const object = / of \.klp\.sym\.([^.]+)\./.exec(line)?.[1];
      return object === undefined || (gate === "vmlinux") !== (object === "vmlinux");
    });
  });
}

describe("with the other forms", () => {
  const module: ObjtoolForm = {
    annotations: { vmlinux: [["annotated", 2]], ext4: [["late", 0]] },
    undefined: [
      "annotated",
      "late",
      "listed",
      "stated",
      "printk",
      ".klp.sym.rela.ext4.jbd2.foo.isra.0.1",
      { name: "foo", bind: WEAK },
    ],
    entries: {
      vmlinux: [
        entry("vmlinux.annotated,2", ".data", 24),
        entry("vmlinux.listed,0", ".data", 0),
        entry("vmlinux.other,1", ".text", 0, { standIn: "foo" }),
      ],
      ext4: [entry("ext4.late,0", ".data", 48), entry("jbd2.foo.isra.0,1", ".text", 48)],
    },
    uses: {
      ".text": [
        { offset: 8, type: 4, symbol: "annotated", addend: -4 },
        { offset: 16, type: 4, symbol: ".klp.sym.rela.ext4.jbd2.foo.isra.0.1", addend: -4 },
        { offset: 24, type: 4, symbol: "listed", addend: -4 },
        { offset: 32, type: 4, symbol: "printk", addend: -4 },
        { offset: 40, type: 4, symbol: "late", addend: -4 },
      ],
      ".data": [
        { offset: 8, type: 1, symbol: "listed" },
        { offset: 16, type: 1, symbol: "annotated" },
        { offset: 32, type: 1, symbol: "stated" },
        { offset: 40, type: 1, symbol: "late", addend: 16 },
      ],
      ".debug_info": ["annotated", ".klp.tombstone.listed", "foo"],
    },
  };
  const symbols = symbolsList({
    vmlinux: ["printk", "__ksymtab_printk", "listed", "annotated", "other", "annotated"],
    ext4: ["stated", "late", "stated"],
    jbd2: ["foo.isra.0"],
  });
  const options = { symbols, sympos: ["ext4:stated=2"] };

  test("every relocation goes where its form says, entries behind the others", () => {
    const result = run(buildObjtoolForm(module), options);
    expect(messages(result)).toEqual([]);
    expect(relocationsIn(result.output!)).toEqual([
      [".rela.text for .text", ["32: type 4 of printk -4"]],
      [".rela.data for .data", []],
      [".rela.debug_info for .debug_info", ["0: type 1 of .klp.sym.vmlinux.annotated,2 +0"]],
      [
        ".klp.rela.vmlinux.text for .text",
        [
          "8: type 4 of .klp.sym.vmlinux.annotated,2 -4",
          "24: type 4 of .klp.sym.vmlinux.listed,0 -4",
          "0: type 1 of .klp.sym.vmlinux.other,1 +0",
        ],
      ],
      [
        ".klp.rela.ext4.text for .text",
        [
          "16: type 4 of .klp.sym.jbd2.foo.isra.0,1 -4",
          "40: type 4 of .klp.sym.ext4.late,0 -4",
          "48: type 1 of .klp.sym.jbd2.foo.isra.0,1 +0",
        ],
      ],
      [
        ".klp.rela.vmlinux.data for .data",
        [
          "8: type 1 of .klp.sym.vmlinux.listed,0 +0",
          "16: type 1 of .klp.sym.vmlinux.annotated,2 +0",
          "24: type 1 of .klp.sym.vmlinux.annotated,2 +0",
          "0: type 1 of .klp.sym.vmlinux.listed,0 +0",
        ],
      ],
      [
        ".klp.rela.ext4.data for .data",
        [
          "32: type 1 of .klp.sym.ext4.stated,2 +0",
          "40: type 1 of .klp.sym.ext4.late,0 +16",
          "48: type 1 of .klp.sym.ext4.late,0 +0",
        ],
      ],
    ]);
    expect(
      sectionsIn(result.output!).filter((name) => /klp_relocs|module_relocs/.test(name)),
    ).toEqual([]);
    expect(misplaced(result.output!)).toEqual([]);
  });

  test("symbols of one name stay two", () => {
    const output = converted(buildObjtoolForm(module), options);
    const names = symbolsIn(output).filter((line) => line.includes("LIVEPATCH"));
    expect(names).toEqual([
      "WEAK NOTYPE LIVEPATCH .klp.sym.vmlinux.annotated,2",
      "WEAK NOTYPE LIVEPATCH .klp.sym.vmlinux.listed,0",
      "WEAK NOTYPE LIVEPATCH .klp.sym.vmlinux.other,1",
      "WEAK NOTYPE LIVEPATCH .klp.sym.ext4.late,0",
      "WEAK NOTYPE LIVEPATCH .klp.sym.jbd2.foo.isra.0,1",
      "GLOBAL NOTYPE LIVEPATCH .klp.sym.vmlinux.annotated,2",
      "GLOBAL NOTYPE LIVEPATCH .klp.sym.ext4.late,0",
      "GLOBAL NOTYPE LIVEPATCH .klp.sym.vmlinux.listed,0",
      "GLOBAL NOTYPE LIVEPATCH .klp.sym.ext4.stated,2",
      "GLOBAL NOTYPE LIVEPATCH .klp.sym.jbd2.foo.isra.0,1",
    ]);
  });

  test("the report says by which form each symbol was decided", () => {
    const { report } = run(buildObjtoolForm(module), options);
    expect(report.symbols.map(({ name, why, relocations }) => [name, why, relocations])).toEqual([
      [".klp.sym.vmlinux.annotated,2", "named in __klp_relocs.vmlinux", 1],
      [".klp.sym.vmlinux.listed,0", "named in __klp_relocs.vmlinux", 1],
      [".klp.sym.vmlinux.other,1", "named in __klp_relocs.vmlinux", 1],
      [".klp.sym.ext4.late,0", "named in __klp_relocs.ext4", 1],
      [".klp.sym.jbd2.foo.isra.0,1", "named in __klp_relocs.ext4", 1],
      ["annotated", "annotated in .klp.module_relocs.vmlinux", 2],
      ["late", "annotated in .klp.module_relocs.ext4", 2],
      ["listed", "only vmlinux has it, once", 2],
      ["stated", "stated by --sympos ext4:stated=2", 1],
      ["printk", "vmlinux exports it", 1],
      [".klp.sym.rela.ext4.jbd2.foo.isra.0.1", "its own name says so", 1],
    ]);
    expect(report.removedSections).toEqual([
      ".klp.module_relocs.vmlinux",
      ".klp.module_relocs.ext4",
      "__klp_relocs.vmlinux",
      "__klp_relocs.ext4",
    ]);
  });

  test("what stands in sections that go is not judged as if it stayed", () => {
    // powerpc stores no address in read-only sections once the patch is loaded.
    const description = describeObjtoolForm({
      layout: PPC,
      annotations: { ext4: [["late", 0]] },
      undefined: ["late"],
      entries: { ext4: [entry("ext4.late,0", ".data", 8)] },
      uses: { ".data": ["late"] },
    });
    const section = ".klp.module_relocs.ext4";
    const output = converted(buildElf(changeSection(description, section, { flags: SHF.ALLOC })));
    expect(relocationsLeft(output)).toEqual({
      ".klp.rela.ext4.data for .data": [
        "0: type 1 of .klp.sym.ext4.late,0 +0",
        "8: type 1 of .klp.sym.ext4.late,0 +0",
      ],
    });
  });

  test("faults of all of them come out of one run", () => {
    const lines = refusal(
      buildObjtoolForm({
        annotations: { "a.b": [] },
        undefined: [".klp.sym.rela.ext4", "unknown"],
        uses: { ".text": [".klp.sym.rela.ext4", "unknown"] },
        entries: {
          vmlinux: [entry("ext4.f,0", ".data", 8)],
          ext4: [entry("ext4.f,0", ".data", 16, { type: 9 })],
        },
      }),
      { symbols },
    );
    expect(lines.flatMap((line) => /^error ([\w-]+)/.exec(line)?.[1] ?? [])).toEqual([
      "annotation-section",
      "gate",
      "annotated-name",
      "unknown-symbol",
      "unknown-symbol",
      "relocation-type",
    ]);
  });

  test("a position stated for a name that only entries use has no effect, and that is said", () => {
    const only = buildObjtoolForm({ entries: { ext4: [entry("ext4.f,1", ".data", 8)] } });
    for (const standIn of [only, buildObjtoolForm({ entries: { ext4: [PLAIN] } })]) {
      const result = run(standIn, { sympos: ["ext4:f=2"] });
      expect(messages(result)).toEqual([
        "warning sympos-unused: --sympos ext4:f=2 has no effect: f is no undefined symbol of the module",
      ]);
      expect(relocationsLeft(result.output!)).toEqual({
        ".klp.rela.ext4.data for .data": ["8: type 1 of .klp.sym.ext4.f,1 +0"],
      });
    }
  });
});

const PLAIN = entry("ext4.f,1", ".data", 8, { standIn: "f" });

interface Generated {
  readonly layout: TestLayout;
  /** Names of loaded sections of {@link SLOTS} places each. */
  readonly sections: readonly string[];
  /** What is at each place: an entry, an ordinary relocation. */
  readonly uses: readonly (Use & { readonly section: string; readonly slot: number })[];
}

interface Use {
  readonly kind: "vmlinux" | "ext4" | "xfs" | "printk" | "patched" | "maybe";
  readonly object: "ext4" | "jbd2";
  readonly name: string;
  readonly position: number;
  readonly addend: bigint;
  readonly isCall: boolean;
  readonly isPlain: boolean;
  /** Entries are in the order of these numbers. */
  readonly rank: number;
}

const SLOTS = 12;

const generated: fc.Arbitrary<Generated> = fc
  .record({ layout: fc.constantFrom(...LAYOUTS), count: fc.integer({ min: 1, max: 4 }) })
  .chain(({ layout, count }) => {
    const bits = BigInt(layout.class);
    const sections = Array.from({ length: count }, (_, i) => `${i % 2 ? "" : "."}s${i}`);
    const use: fc.Arbitrary<Use> = fc.record({
      kind: fc.constantFrom("vmlinux", "ext4", "xfs", "printk", "patched", "maybe"),
      object: fc.constantFrom("ext4", "jbd2"),
      name: fc.constantFrom("f", "g.isra.0", "h"),
      position: fc.nat(2),
      addend: fc.bigInt({ min: -(1n << (bits - 1n)), max: (1n << (bits - 1n)) - 1n }),
      isCall: fc.boolean(),
      isPlain: fc.boolean(),
      rank: fc.nat(),
    });
    const places = fc.uniqueArray(
      fc.record({ section: fc.constantFrom(...sections), slot: fc.nat(SLOTS - 1), use }),
      { selector: ({ section, slot }) => `${section} ${slot}`, maxLength: 40 },
    );
    return places.map((all) => ({
      layout,
      sections,
      uses: all.map(({ section, slot, use }) => ({ section, slot, ...use })),
    }));
  });

const isEntry = ({ kind }: Use) => kind === "vmlinux" || kind === "ext4" || kind === "xfs";
const symbolOf = ({ kind, object, name, position }: Use) =>
  `${kind === "vmlinux" ? kind : object}.${name},${position}`;

function describeGenerated({ layout, sections, uses }: Generated): ElfDescription {
  const typeOf = ({ isCall }: Use) => (isCall ? callOf(layout) : layout.absolute);
  const entries = (gate: string) =>
    uses
      .filter(({ kind }) => kind === gate)
      .sort((a, b) => a.rank - b.rank)
      .map((use) =>
        entry(symbolOf(use), use.section, 8 * use.slot, {
          addend: use.addend,
          type: typeOf(use),
          ...(use.isPlain && { standIn: use.name }),
        }),
      );
  const ordinary = sections.map((section): [string, RelocationDescription[]] => [
    section,
    uses
      .filter((use) => use.section === section && !isEntry(use))
      .map((use) => ({
        offset: 8 * use.slot,
        type: typeOf(use),
        symbol: use.kind,
        addend: use.addend,
      })),
  ]);
  const plain = uses.filter((use) => isEntry(use) && use.isPlain).map(({ name }) => name);
  return describeObjtoolForm({
    layout,
    entries: { vmlinux: entries("vmlinux"), ext4: entries("ext4"), xfs: entries("xfs") },
    undefined: ["printk", { name: "maybe", bind: WEAK }, { name: ".klp.tombstone.h", bind: WEAK }],
    sections: sections.map((name) => ({ name, flags: SHF.ALLOC | SHF.WRITE, size: 8 * SLOTS })),
    uses: {
      ...Object.fromEntries(ordinary),
      ".debug_info": [".klp.tombstone.h", "patched", ...new Set(plain)],
    },
  });
}

/** Every relocation that has to be in the result, by its section. */
function expectedOf({ layout, sections, uses }: Generated): Record<string, string[]> {
  const expected: Record<string, string[]> = {
    ".rela.debug_info for .debug_info": [relocationLine(8, layout.absolute, "patched", 0)],
  };
  const line = (use: Generated["uses"][number], name: string) =>
    relocationLine(8 * use.slot, use.isCall ? callOf(layout) : layout.absolute, name, use.addend);
  for (const section of sections) {
    const here = uses.filter((use) => use.section === section);
    const ordinary = here.filter((use) => !isEntry(use)).sort((a, b) => a.slot - b.slot);
    const lines = ordinary.map((use) => line(use, use.kind));
    if (lines.length > 0) expected[`.rela${section} for ${section}`] = lines;
    for (const gate of ["vmlinux", "ext4", "xfs"]) {
      const gated = here.filter(({ kind }) => kind === gate).sort((a, b) => a.rank - b.rank);
      if (gated.length === 0) continue;
      const dot = section.startsWith(".") ? "" : ".";
      expected[`.klp.rela.${gate}${dot}${section} for ${section}`] = gated.map((use) =>
        line(use, `.klp.sym.${symbolOf(use)}`),
      );
    }
  }
  return expected;
}

describe("on generated modules of all four layouts", () => {
  test("every relocation arrives where it belongs, and nothing of the form is left", () => {
    fc.assert(
      fc.property(generated, (module) => {
        const input = buildElf(describeGenerated(module));
        const output = converted(input);
        expect(relocationsLeft(output)).toEqual(expectedOf(module));
        const left = symbolsIn(output).map((symbol) => symbol.split(" ").at(-1)!);
        const plain = ["f", "g.isra.0", "h"];
        expect(left.filter((name) => name.includes("tombstone") || plain.includes(name))).toEqual(
          [],
        );
        const before = symbolsIn(input)
          .filter((symbol) => !/tombstone|__klp_relocs| (f|g\.isra\.0|h)$/.test(symbol))
          .map((symbol) => symbol.replace(" UND .klp.sym.", " LIVEPATCH .klp.sym."));
        expect(symbolsIn(output)).toEqual(before);
        expect(convert(input).output).toEqual(output);
      }),
      { numRuns: 150 },
    );
  });
});

/** What the entries of a file say, as relocations by section; read without anything of src. */
function entriesIn(layout: TestLayout, file: Uint8Array): string[] {
  const dump = dumpElf(file);
  const contents = sectionContents(file);
  const size = entrySizeOf(layout);
  const sections = new Map(
    [...dump.matchAll(/^ +\[(\d+)\].* entsize \d+ +(\S+)$/gm)].map(([, index, name]) => [
      index,
      name,
    ]),
  );
  const symbols = new Map(
    [...dump.matchAll(/^ +(\d+) +([0-9a-f]+) size \d+ +\S+ +\S+ +\S+ +(\w+)(?: +(\S+))?$/gm)].map(
      ([, index, value, section, name = ""]) => [
        index,
        { value: BigInt(`0x${value}`), section: sections.get(section!), name },
      ],
    ),
  );
  const found: string[] = [];
  let section: string | undefined;
  let words = new Map<number, { symbol: string; addend: bigint }>();
  const end = () => {
    if (section === undefined) return;
    const gate = section.slice("__klp_relocs.".length);
    const bytes = contents.get(section)!;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at + size <= bytes.length; at += size) {
      const [place, symbol] = [words.get(at), words.get(at + layout.class / 8)];
      if (place === undefined || symbol === undefined) continue;
      const type = view.getUint32(at + layout.class / 4, layout.order === "little");
      const spot = symbols.get(place.symbol);
      const offset = Number(spot!.value + place.addend);
      const target = spot!.section ?? "";
      const { name } = symbols.get(symbol.symbol)!;
      const dot = target.startsWith(".") ? "" : ".";
      const line = relocationLine(offset, type, name, symbol.addend);
      found.push(`.klp.rela.${gate}${dot}${target} for ${target}: ${line}`);
    }
  };
  for (const line of dump.split("\n")) {
    const header = /^relocations \[\d+\] \S+ for \[\d+\] (\S+)$/.exec(line);
    if (header !== null) {
      end();
      section = header[1]!.startsWith("__klp_relocs.") ? header[1] : undefined;
      words = new Map();
    }
    const [, offset, symbol, sign, addend] =
      /^ +([0-9a-f]+) +type \d+ +symbol (\d+) +([+-]) (\d+)/.exec(line) ?? [];
    if (offset === undefined) continue;
    words.set(Number.parseInt(offset, 16), { symbol: symbol!, addend: BigInt(sign! + addend!) });
  }
  end();
  return found;
}

/** Refused, or sound: each entry is a relocation of the result, and no other is lost or made. */
function expectSound(layout: TestLayout, input: Uint8Array): void {
  const { output } = run(input);
  if (output === undefined) return;
  expect(sectionsIn(output).filter((name) => name.includes("__klp_relocs"))).toEqual([]);
  expect(symbolsIn(output).filter((line) => / UND \.klp\./.test(line))).toEqual([]);
  expect(misplaced(output)).toEqual([]);
  const moved = relocationsIn(output).flatMap(([section, lines]) =>
    section.startsWith(".klp.rela.") ? lines.map((line) => `${section}: ${line}`) : [],
  );
  expect(moved).toEqual(expect.arrayContaining(entriesIn(layout, input)));
  expect(placesIn(output)).toEqual(placesIn(input));
}

/** Where something is relocated, and by which type, in .text and .data. */
function placesIn(file: Uint8Array): string[] {
  const places = relocationsIn(file).flatMap(([section, lines]) => {
    const target = / for (\.text|\.data)$/.exec(section)?.[1];
    return target === undefined ? [] : lines.map((line) => `${target}+${line.split(" of ")[0]}`);
  });
  return places.sort();
}

describe("a hostile module", () => {
  const MANY = 100_000;

  test("with 100,000 entries ends", () => {
    const entries = (gate: string) =>
      Array.from({ length: MANY / 2 }, (_, i) => {
        const section = `.big${i % 4}`;
        const offset = 16 * Math.floor(i / 4) + (gate === "vmlinux" ? 0 : 8);
        return entry(`${gate}.symbol_${i % 1000},0`, section, offset, { addend: i });
      });
    const module = buildObjtoolForm({
      layout: S390,
      sections: [0, 1, 2, 3].map((i) => ({
        name: `.big${i}`,
        flags: SHF.ALLOC | SHF.WRITE,
        size: 4 * MANY,
      })),
      entries: { vmlinux: entries("vmlinux"), ext4: entries("ext4") },
    });
    const { report, output } = convert(module);
    expect(output).toBeDefined();
    expect(report.sections.map(({ relocations }) => relocations)).toEqual(Array(8).fill(MANY / 8));
    expect(report.symbols).toHaveLength(2000);
  });

  test("with 100,000 entries that are not whole ends", () => {
    const module = buildElf({
      sections: [
        { name: ".modinfo", flags: SHF.ALLOC, data: "livepatch=Y\0" },
        { name: NAME, flags: SHF.ALLOC, size: 24 * MANY },
      ],
      symbols: [{ name: "strong" }],
      relocations: [
        {
          section: NAME,
          entries: Array.from({ length: MANY }, (_, i) => ({
            offset: 24 * i + 4,
            type: 1,
            symbol: "strong",
          })),
        },
      ],
    });
    const { diagnostics, output } = convert(module);
    expect(output).toBeUndefined();
    expect(diagnostics.at(-1)?.message).toBe(`${2 * MANY - 100} more errors not shown`);
  });

  test("with thousands of sections of entries ends", () => {
    const many = Array.from({ length: 3000 }, (_, i) => i);
    const gates = many.map((i) => [`m${i}`, [entry(`m${i}.f,0`, ".big", 8 * i)]] as const);
    const { report } = convert(
      buildObjtoolForm({
        sections: [{ name: ".big", flags: SHF.ALLOC, size: 8 * 3000 }],
        entries: Object.fromEntries(gates),
      }),
    );
    expect(report.sections).toHaveLength(3000);
    expect(report.removedSections).toHaveLength(3000);
  });

  test("with thousands of sections to be relocated ends", () => {
    const many = Array.from({ length: 3000 }, (_, i) => i);
    const { report } = convert(
      buildObjtoolForm({
        sections: many.map((i) => ({ name: `.s${i}`, flags: SHF.ALLOC, size: 16 })),
        entries: {
          vmlinux: many.map((i) => entry("vmlinux.f,0", `.s${i}`, 0)),
          ext4: many.map((i) => entry("ext4.f,0", `.s${i}`, 8)),
        },
      }),
    );
    expect(report.sections).toHaveLength(6000);
  });

  // Counted, not timed: with 100,000 entries it would not end within the hour.
  test("with all entries at one place costs no more than its size", () => {
    const count = 1000;
    const description = describeObjtoolForm({
      layout: S390,
      entries: {
        vmlinux: Array.from({ length: count }, () => entry("vmlinux.foo,0", ".data", 8)),
      },
    });
    const module = buildElf(
      changeRelocations(description, ".data", (all) => all.map((each) => ({ ...each, type: 4 }))),
    );
    const reads = countCalls(Relocations.prototype, "symbol", () => {
      expect(convert(module).report.outcome).toBe("refused");
    });
    expect(reads).toBeLessThan(30 * count);
  });

  test("with many symbols that no object has looks only for the users of those it tells of", () => {
    const names = Array.from({ length: 300 }, (_, i) => `ext4.unknown_${i},0`);
    const module = buildObjtoolForm({
      sections: [{ name: ".big", flags: SHF.ALLOC, size: 8 * names.length }],
      entries: { ext4: names.map((name, i) => entry(name, ".big", 8 * i)) },
    });
    const symbols = symbolsList({ vmlinux: ["x"], ext4: ["y"] });
    const searches = countCalls(SymbolTable.prototype, "covering", () => {
      expect(convert(module, { symbols }).diagnostics).toHaveLength(101);
    });
    expect(searches).toBeLessThanOrEqual(100);
  });
});

/** How often a method is called meanwhile. */
function countCalls<Name extends string>(
  prototype: Record<Name, (...parameters: never[]) => unknown>,
  name: Name,
  meanwhile: () => void,
): number {
  const original = prototype[name];
  let calls = 0;
  prototype[name] = function (this: unknown, ...parameters: never[]) {
    calls++;
    return original.apply(this, parameters);
  };
  try {
    meanwhile();
  } finally {
    prototype[name] = original;
  }
  return calls;
}

describe("whatever is in the sections of a module,", () => {
  const base = (layout: TestLayout) =>
    describeObjtoolForm({
      layout,
      entries: {
        vmlinux: [
          entry("vmlinux.foo,0", ".data", 8, { addend: -4 }),
          entry("vmlinux.foo,0", ".data", 16, { standIn: "plain" }),
          entry("vmlinux.bar,2", ".text", 0),
        ],
        ext4: [entry("ext4.f,1", ".data", 24), entry("jbd2.f,0", ".data", 32)],
      },
      undefined: ["printk", { name: "weak", bind: WEAK }],
      annotations: { ext4: [["weak", 0]] },
      symbols: [{ name: "table", section: NAME, bind: STB.LOCAL, value: 8 }],
      uses: {
        ".text": [{ offset: 8, type: layout.absolute, symbol: "printk" }],
        ".data": ["weak"],
      },
    });

  test("bytes may be any: it is refused, or the result is sound", () => {
    const inputs = LAYOUTS.map((layout) => ({ layout, bytes: buildElf(base(layout)) }));
    const target = /^(__klp_relocs\.|\.rela__klp_relocs\.|\.rela\.text$|\.rela\.data$|\.symtab$)/;
    const spots = inputs.map(({ bytes }) => {
      const object = readElf(bytes, new Diagnostics("in.ko"));
      return object
        .present()
        .flatMap(({ name, fileOffset, size }) =>
          target.test(name) ? Array.from({ length: size }, (_, i) => fileOffset! + i) : [],
        );
    });
    fc.assert(
      fc.property(
        fc.nat(LAYOUTS.length - 1),
        fc.array(fc.tuple(fc.nat(), fc.oneof(fc.nat(40), fc.nat(255))), {
          minLength: 1,
          maxLength: 4,
        }),
        (which, changes) => {
          const { layout, bytes } = inputs[which]!;
          const changed = bytes.slice();
          for (const [at, value] of changes) {
            changed[spots[which]![at % spots[which]!.length]!] = value;
          }
          expectSound(layout, changed);
        },
      ),
      { numRuns: 400 },
    );
  });

  test("relocations may be any: it is refused, or the result is sound", () => {
    const relocation = fc.record({
      entry: fc.nat(20),
      symbol: fc.nat(25),
      word: fc.nat(8),
      addend: fc.constantFrom(0, 0, 8, 16, 24, 32, -8, 12, 64),
      isAbsolute: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
      what: fc.constantFrom("symbol", "addend", "offset", "type", "all"),
    });
    const tables = [NAME, "__klp_relocs.ext4", ".data", ".text", ".klp.module_relocs.ext4"];
    const change = fc.tuple(fc.constantFrom(...tables), relocation);
    fc.assert(
      fc.property(
        fc.constantFrom(...LAYOUTS),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        (layout, changes) => {
          let description = base(layout);
          const most = description.symbols!.length;
          for (const [
            table,
            { entry: number, symbol, word, addend, isAbsolute, what },
          ] of changes) {
            description = changeRelocations(description, table, (all) => {
              if (all.length === 0) return all;
              const at = number % all.length;
              const wanted = {
                symbol: symbol % (most + 1),
                addend,
                offset: Math.min((word * layout.class) / 8, table.startsWith("__") ? 24 : 64),
                type: isAbsolute ? layout.absolute : callOf(layout),
              };
              const made = { ...all[at]!, ...(what === "all" ? wanted : { [what]: wanted[what] }) };
              return all.map((each, i) => (i === at ? made : each));
            });
          }
          expectSound(layout, buildElf(description));
        },
      ),
      { numRuns: 400 },
    );
  });

  test("places may be any: it is refused, or the result is sound", () => {
    const targets = [
      ...[".text", ".data", ".bss", ".debug_info", ".modinfo"],
      ...[NAME, "__klp_relocs.ext4", ".klp.module_relocs.ext4"],
    ];
    const any = fc.record({
      gate: fc.constantFrom("vmlinux", "ext4"),
      section: fc.constantFrom(...targets),
      offset: fc.constantFrom(0, 4, 8, 16, 24, 32),
      standIn: fc.constantFrom("tombstone", "tombstone", "printk", "weak", "none", "none"),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...LAYOUTS),
        fc.array(any, { minLength: 1, maxLength: 3 }),
        (layout, all) => {
          const of = (gate: string) =>
            all
              .filter((each) => each.gate === gate)
              .map(({ section, offset, standIn }) =>
                entry(`${gate}.foo,0`, section, offset, {
                  ...(standIn !== "tombstone" && { standIn }),
                }),
              );
          let description = describeObjtoolForm({
            layout,
            entries: { vmlinux: of("vmlinux"), ext4: of("ext4") },
            undefined: ["printk", { name: "weak", bind: WEAK }],
            annotations: { ext4: [["weak", 0]] },
            sections: [{ name: ".bss", type: SHT.NOBITS, flags: SHF.ALLOC, size: 64 }],
          });
          for (const section of targets) {
            description = changeRelocations(description, section, (relocations) =>
              relocations.filter(({ symbol }) => symbol !== "none"),
            );
          }
          expectSound(layout, buildElf(description));
        },
      ),
      { numRuns: 400 },
    );
  });
});
