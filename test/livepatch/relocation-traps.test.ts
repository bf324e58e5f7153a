// SPDX-License-Identifier: GPL-2.0-only

// What is said about a relocation that the kernel cannot apply where it stands.

import { describe, expect, test } from "vitest";
import { Diagnostics } from "../../src/diagnostics.js";
import { readElf } from "../../src/elf/index.js";
import { MACHINES } from "../../src/livepatch/machines.js";
import { faultOfRelocation } from "../../src/livepatch/places/relocation-traps.js";
import { relocationTypes } from "../../src/livepatch/relocation-types.js";
import { buildElf, type SectionDescription, SHF, SHT } from "../elf-builder.js";

interface Place {
  readonly machine: string;
  readonly order?: "little" | "big";
  readonly type: number;
  /** Default: 0. */
  readonly offset?: number;
  /** Default: vmlinux. */
  readonly gate?: string;
  /** Default: undefined, as of a module that does not say it. */
  readonly release?: string;
  /** Default: 16 zeros in .text. */
  readonly section?: Partial<SectionDescription>;
}

function faultOf({ machine: name, type, offset = 0, gate = "vmlinux", release, ...rest }: Place) {
  const machine = MACHINES.find((each) => each.name === name)!;
  const order = rest.order ?? (machine.byteOrder === "big" ? "big" : "little");
  const section = {
    name: ".text",
    flags: SHF.ALLOC | SHF.EXECINSTR,
    ...(rest.section?.data || rest.section?.words ? {} : { size: 16 }),
    ...rest.section,
  };
  const bytes = buildElf({
    class: name === "powerpc" ? 32 : 64,
    order,
    machine: machine.machine,
    sections: [section],
  });
  const { layout, sections } = readElf(bytes, new Diagnostics("in.ko"));
  const placed = { gate, target: sections[1]!, offset, type, symbol: "foo" };
  return faultOfRelocation(machine, layout, release, placed);
}

/** What is said, as lines; none if nothing is. */
function said(place: Place): string[] {
  const fault = faultOf(place);
  if (fault === undefined) return [];
  const { severity, code, message, notes } = fault;
  return [`${severity} ${code}: ${message}`, ...notes];
}

const RODATA = { name: ".rodata", flags: SHF.ALLOC };
const DATA = { name: ".data", flags: SHF.ALLOC | SHF.WRITE };

describe("a type that can be applied", () => {
  const places = MACHINES.flatMap(({ name, machine }) =>
    relocationTypes(machine)
      .filter(({ refused, vmlinuxWarning }) => (refused ?? vmlinuxWarning) === undefined)
      .map((row) => [row.name, { machine: name, type: row.type }] as const),
  );
  test.each(places)("%s is, when the patch is loaded", (_, place) => {
    expect(said({ ...place, section: RODATA })).toEqual([]);
  });

  test("fills the section to its end, of a section without contents too", () => {
    expect(said({ machine: "x86_64", type: 1, offset: 8 })).toEqual([]);
    const bss = { name: ".bss", flags: SHF.ALLOC | SHF.WRITE, type: SHT.NOBITS };
    expect(said({ machine: "x86_64", type: 1, offset: 8, section: bss })).toEqual([]);
    expect(said({ machine: "x86_64", type: 1, offset: 9, section: bss })).toHaveLength(2);
  });

  test("needs no place if nothing is written", () => {
    expect(said({ machine: "x86_64", type: 0, offset: 99 })).toEqual([]);
    expect(said({ machine: "powerpc64", type: 109, offset: 99 })).toEqual([]);
  });
});

describe("a type that no livepatch symbol can have", () => {
  test("is told by its number if it is in no table", () => {
    expect(said({ machine: "x86_64", type: 200 })).toEqual([
      'error relocation-type: relocation type 200 of foo cannot be applied: the module loader does not know it and prints "Unknown rela relocation: 200"',
      "compile it with the flags that kbuild has for modules",
    ]);
  });

  test.each([
    [
      { machine: "x86_64", type: 42 },
      'R_X86_64_REX_GOTPCRELX of foo cannot be applied: the module loader does not know it and prints "Unknown rela relocation: 42"',
      "compile it as kbuild does, with -fno-pic -mcmodel=kernel and without -fno-plt",
    ],
    [
      { machine: "x86_64", type: 12 },
      'R_X86_64_16 of foo cannot be applied: the module loader does not know it and prints "Unknown rela relocation: 12"',
      "store the whole address: a pointer or an unsigned long",
    ],
    [
      { machine: "s390x", type: 21 },
      "R_390_GOTPCDBL of foo cannot be applied: the module loader stores where the patch's own GOT is, whatever the symbol",
      "it is meant for _GLOBAL_OFFSET_TABLE_, which stays an ordinary symbol",
    ],
    [
      { machine: "powerpc64", type: 0 },
      'R_PPC64_NONE of foo cannot be applied: the module loader does not know it and prints "Unknown ADD relocation: 0"',
      "remove what makes it, a .reloc directive: powerpc's module loader has no such type",
    ],
    [
      { machine: "powerpc64", type: 50 },
      "R_PPC64_TOC16_HA of foo cannot be applied: it is half of a distance from the patch's TOC, and the module loader cuts off without a word what is more than 32 bits of that",
      "compile it as kbuild does modules, with -mcmodel=large",
    ],
    [
      { machine: "powerpc64", type: 63 },
      'R_PPC64_TOC16_DS of foo cannot be applied: it is a distance of 16 bits from the patch\'s TOC, and the module loader prints "bad TOC16 relocation" about a symbol elsewhere',
      "compile it as kbuild does modules, with -mcmodel=large",
    ],
    [
      { machine: "powerpc64", type: 252 },
      "R_PPC64_REL16_HA of foo cannot be applied: it is half of a distance, and the module loader cuts off without a word what is more than 32 bits of that",
      "compile it as kbuild does modules, with -mcmodel=large",
    ],
    [
      { machine: "powerpc64", type: 1 },
      "R_PPC64_ADDR32 of foo cannot be applied: the module loader keeps the low 32 bits of the address without a word",
      "store the whole address: a pointer or an unsigned long",
    ],
    [
      { machine: "powerpc64", type: 118 },
      "R_PPC64_ENTRY of foo cannot be applied: it is about the patch's own TOC, whatever the symbol",
      "it is meant for .TOC., which stays an ordinary symbol, or for none",
    ],
    [
      { machine: "powerpc64", type: 41 },
      'R_PPC64_ADDR16_HIGHEST of foo cannot be applied: the module loader does not know it and prints "Unknown ADD relocation: 41"',
      "compile it as kbuild does modules, with -mcmodel=large",
    ],
    [
      { machine: "powerpc64", type: 120 },
      'R_PPC64_PLTCALL of foo cannot be applied: the module loader does not know it and prints "Unknown ADD relocation: 120"',
      "compile it as kbuild does modules, without -fno-plt",
    ],
    [
      { machine: "powerpc64", type: 123 },
      'R_PPC64_PCREL_OPT of foo cannot be applied: the module loader does not know it and prints "Unknown ADD relocation: 123"',
      "compile it as kbuild does modules, with -mno-pcrel unless the kernel has it",
    ],
    [
      { machine: "powerpc64", type: 43 },
      'R_PPC64_UADDR64 of foo cannot be applied: the module loader does not know it and prints "Unknown ADD relocation: 43"',
      "take the pointer out of the packed structure, so that it is aligned",
    ],
    [
      { machine: "powerpc", type: 18 },
      'R_PPC_PLTREL24 of foo cannot be applied: the module loader does not know it and prints "unknown ADD relocation: 18"',
      "compile it as kbuild does, without -fPIC",
    ],
    [
      { machine: "powerpc", type: 32 },
      'R_PPC_SDAREL16 of foo cannot be applied: the module loader does not know it and prints "unknown ADD relocation: 32"',
      "compile it as kbuild does, without -msdata",
    ],
    [
      { machine: "arm64", type: 311 },
      'R_AARCH64_ADR_GOT_PAGE of foo cannot be applied: the module loader does not know it and prints "unsupported RELA relocation: 311"',
      "compile it as kbuild does, without -fPIC and -fno-plt",
    ],
    [
      { machine: "loongarch", type: 1 },
      "R_LARCH_32 of foo cannot be applied: the module loader keeps the low 32 bits of the address without a word",
      "store the whole address: a pointer or an unsigned long",
    ],
    [
      { machine: "loongarch", type: 22 },
      "R_LARCH_SOP_PUSH_PCREL of foo cannot be applied: it is one of several that work on a stack, and those without a symbol cannot follow it into a livepatch section",
      "build with binutils 2.40 and GCC 13 or later, which do without it",
    ],
    [
      { machine: "loongarch", type: 128 },
      "R_LARCH_PCADD_HI20 of foo cannot be applied: its HI20 and LO12 have to be in one section, and LO12, which is of a label, cannot follow into a livepatch section",
      "compile it for loongarch64, where the compiler has R_LARCH_PCALA_HI20 instead",
    ],
    [
      { machine: "loongarch", type: 100 },
      'R_LARCH_RELAX of foo cannot be applied: the module loader does not know it and prints "relocation type 100"',
      "compile it as kbuild does, with -mno-relax",
    ],
    [
      { machine: "loongarch", type: 110 },
      'R_LARCH_CALL36 of foo cannot be applied: the module loader does not know it and prints "relocation type 110"',
      "compile it as kbuild does, with -mcmodel=normal",
    ],
  ])("is refused: %j", (place, message, remedy) => {
    expect(said(place)).toEqual([`error relocation-type: ${message}`, remedy]);
    expect(said({ ...place, gate: "ext4" })).toEqual(said(place));
  });
});

describe("a place beyond the section's end", () => {
  test("is refused", () => {
    expect(said({ machine: "x86_64", type: 1, offset: 12 })).toEqual([
      "error relocation-place: R_X86_64_64 of foo cannot be applied: it has 8 bytes at 0xc, and the section ends at 0x10: the kernel writes beyond",
      "the file is damaged; build the module again",
    ]);
  });

  test("is refused on every machine", () => {
    for (const { name, absolute } of MACHINES) {
      expect(said({ machine: name, type: absolute[0]!, offset: 15 })[0]).toMatch(
        /^error relocation-place: .* at 0xf, and the section ends at 0x10/,
      );
    }
  });
});

describe("on x86_64, a place that is not zero", () => {
  const data = [0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 0, 0];

  test("is refused", () => {
    expect(said({ machine: "x86_64", type: 4, offset: 4, section: { data } })).toEqual([
      'error relocation-place: R_X86_64_PLT32 of foo cannot be applied: its place has 00 00 01 ff, where the module loader wants zeros and prints "existing value is nonzero"',
      "another tool has written there; build the module again, and link it with ld -r only",
    ]);
  });

  test("counts as far as the relocation is wide", () => {
    expect(said({ machine: "x86_64", type: 2, offset: 2, section: { data } })).toEqual([]);
    expect(said({ machine: "x86_64", type: 2, offset: 8, section: { data } })).toEqual([]);
    expect(said({ machine: "x86_64", type: 24, offset: 2, section: { data } })[0]).toContain(
      "its place has 00 00 00 00 01 ff 00 00,",
    );
    expect(said({ machine: "x86_64", type: 0, offset: 6, section: { data } })).toEqual([]);
  });

  test("is nothing on other machines", () => {
    const section = { data };
    expect(said({ machine: "arm64", type: 283, offset: 4, section })).toEqual([]);
  });
});

describe.each(["little", "big"] as const)("on powerpc64 (%s), a call", (order) => {
  const BL = 0x48000001;
  const NOP = 0x60000000;
  const LD_TOC = 0xe8410018;
  const call = (words: number[], more: Partial<Place> = {}) =>
    said({ machine: "powerpc64", order, type: 10, section: { words }, ...more });

  test("is followed by a nop", () => {
    expect(call([BL, NOP])).toEqual([]);
    expect(call([NOP, BL, NOP], { offset: 4 })).toEqual([]);
    expect(call([BL, 0x7c0802a6])).toEqual([
      'error relocation-place: R_PPC64_REL24 of foo cannot be applied: behind the call the module loader prints "Expected nop after call, got 7c0802a6"',
      "declare foo extern in the patch's source, so that the compiler emits bl and nop: it took it for a function of the same module",
    ]);
    expect(call([BL, 0x38])[0]).toContain("got 00000038");
  });

  test("is followed by something", () => {
    expect(call([NOP, BL], { offset: 4 })).toEqual([
      "error relocation-place: R_PPC64_REL24 of foo cannot be applied: the section ends behind the call, where the module loader wants a nop",
      "declare foo extern in the patch's source, so that the compiler emits bl and nop: it took it for a function of the same module",
    ]);
  });

  test("may have been relocated before, since 6.3", () => {
    for (const release of [undefined, "6.3.0", "6.12.107-amd64", "7.3.4", "weekly"]) {
      expect(call([BL, LD_TOC], release === undefined ? {} : { release })).toEqual([]);
    }
    for (const release of ["6.1.0-56-powerpc64le", "6.2.16", "5.10.0"]) {
      expect(call([BL, LD_TOC], { release })[0]).toContain("got e8410018");
      expect(call([BL, NOP], { release })).toEqual([]);
    }
  });

  test("is a relative branch that links", () => {
    expect(call([0x42800001, 0])[0]).toContain("got 00000000"); // bcl
    expect(call([0x48000000, 0])).toEqual([]); // b
    expect(call([0x48000003, 0])).toEqual([]); // bla
    expect(call([0x4c000021, 0])).toEqual([]); // bctrl and the like
    expect(call([0x48000000])).toEqual([]);
    const empty = { name: ".bss", type: SHT.NOBITS, flags: SHF.ALLOC };
    expect(said({ machine: "powerpc64", order, type: 10, section: empty })).toEqual([]);
  });

  test("needs no nop in code that is PC-relative", () => {
    expect(call([BL, 0], { type: 116 })).toEqual([]);
    expect(call([BL, 0], { machine: "powerpc" })).toEqual([]);
  });
});

describe("a relocation that waits for a module", () => {
  const late = (machine: string, type: number, section: Partial<SectionDescription>) =>
    said({ machine, type, gate: "ext4", section });

  test("may be of any section where the kernel writes through an alias", () => {
    for (const section of [RODATA, DATA, {}]) {
      expect(late("x86_64", 1, section)).toEqual([]);
      expect(late("s390x", 22, section)).toEqual([]);
      expect(late("arm64", 257, section)).toEqual([]);
      expect(late("loongarch", 2, section)).toEqual([]);
      expect(late("powerpc", 6, section)).toEqual([]);
    }
    expect(late("powerpc64", 10, {})).toEqual([]);
  });

  test("makes no branch of powerpc's data", () => {
    expect(late("powerpc64", 10, DATA)).toEqual([
      "error relocation-late: R_PPC64_REL24 of foo cannot be applied when ext4 is loaded: .data is no code, and what is there would be changed as if it were a branch",
      "have a whole address in data, R_PPC_ADDR32 or R_PPC64_ADDR64: that is what C makes",
    ]);
    for (const [machine, type] of [
      ["powerpc64", 116],
      ["powerpc", 10],
    ] as const) {
      expect(late(machine, type, RODATA)[0]).toContain(".rodata is no code");
      expect(late(machine, type, {})).toEqual([]);
      expect(said({ machine, type, section: DATA })).toEqual([]);
    }
  });

  test("is not stored into a read-only section of powerpc", () => {
    expect(late("powerpc64", 38, RODATA)).toEqual([
      "error relocation-late: R_PPC64_ADDR64 of foo cannot be applied when ext4 is loaded: .rodata is read-only by then, and the kernel stores there all the same and crashes",
      "keep the address in a variable that is neither const nor __ro_after_init",
    ]);
    expect(late("powerpc", 1, {})[0]).toContain("R_PPC_ADDR32 of foo cannot be applied when ext4");
    expect(late("powerpc64", 38, DATA)).toEqual([]);
    expect(late("powerpc", 26, DATA)).toEqual([]);
    expect(said({ machine: "powerpc64", type: 38, section: RODATA })).toEqual([]);
  });

  test.each([
    ".data..ro_after_init",
    "__jump_table",
    ".static_call_sites",
  ])("is not stored into %s of powerpc, which is read-only after init", (name) => {
    expect(late("powerpc64", 44, { ...DATA, name })[0]).toBe(
      `error relocation-late: R_PPC64_REL64 of foo cannot be applied when ext4 is loaded: ${name} is read-only by then, and the kernel stores there all the same and crashes`,
    );
  });

  test("does not fill the GOT of powerpc64's PC-relative code", () => {
    for (const section of [{}, DATA]) {
      expect(late("powerpc64", 133, section)).toEqual([
        "error relocation-late: R_PPC64_GOT_PCREL34 of foo cannot be applied when ext4 is loaded: the kernel stores into text and GOT, which are read-only by then, and crashes",
        "keep the address in a variable that is not const, and read it from there",
      ]);
    }
  });

  test("is not added up on loongarch", () => {
    for (const [type, name] of [
      [50, "ADD32"],
      [51, "ADD64"],
      [55, "SUB32"],
      [56, "SUB64"],
    ] as const) {
      expect(late("loongarch", type, DATA)).toEqual([
        `error relocation-late: R_LARCH_${name} of foo cannot be applied when ext4 is loaded: the kernel adds to what is there, and does so again when the module is loaded for the second time`,
        "store the symbol's address, and not its distance from another",
      ]);
      expect(said({ machine: "loongarch", type, section: DATA })).toEqual([]);
    }
  });

  test("is written to whole words on arm64", () => {
    const unaligned = { machine: "arm64", type: 257, offset: 2, section: DATA };
    expect(said({ ...unaligned, gate: "ext4" })).toEqual([
      "error relocation-late: R_AARCH64_ABS64 of foo cannot be applied when ext4 is loaded: 0x2 is no multiple of 4, and the kernel then leaves the place as it is without a word",
      "take it out of the packed structure, so that it is aligned",
    ]);
    expect(said(unaligned)).toEqual([]);
    expect(said({ ...unaligned, gate: "ext4", offset: 4 })).toEqual([]);
    expect(said({ ...unaligned, gate: "ext4", type: 0 })).toEqual([]);
    expect(said({ ...unaligned, gate: "ext4", machine: "x86_64", type: 1 })).toEqual([]);
  });

  test("is warned of if it works only once", () => {
    expect(late("s390x", 26, {})).toEqual([
      "warning relocation-risk: R_390_GOTENT of foo, which waits for ext4: the kernel fills in the symbol's slot once; if the module is unloaded and comes back at another address, the patch goes on using the old one",
      'declare it extern with __attribute__((visibility("hidden"))): the compiler then does without a slot',
    ]);
    expect(late("s390x", 20, {})).toEqual([]);
    expect(said({ machine: "s390x", type: 26 })).toEqual([]);
    expect(late("loongarch", 75, {})).toEqual([
      "warning relocation-risk: R_LARCH_GOT_PC_HI20 of foo, which waits for ext4: the GOT has one slot for the symbol; if the module is unloaded and comes back at another address, the kernel may have no room for that and refuse to load it",
      'declare it extern with __attribute__((visibility("hidden"))): the compiler then does without a slot',
    ]);
    expect(said({ machine: "loongarch", type: 75 })).toEqual([]);
  });
});

test("on loongarch, what vmlinux is too far away for is warned of", () => {
  expect(said({ machine: "loongarch", type: 71 })).toEqual([
    "warning relocation-risk: R_LARCH_PCALA_HI20 of foo: the module loader keeps the low 32 bits of the distance without a word, and vmlinux is farther from modules than that",
    "have it reached through the GOT, as kbuild does in modules: without -mdirect-extern-access, -fdirect-access-external-data and hidden visibility",
  ]);
  expect(said({ machine: "loongarch", type: 71, gate: "ext4" })).toEqual([]);
});

test("of several faults, the one that holds whatever the place is told", () => {
  expect(said({ machine: "x86_64", type: 9, offset: 99 })[0]).toContain("relocation-type");
  expect(said({ machine: "arm64", type: 257, offset: 10, gate: "ext4" })[0]).toContain(
    "relocation-place",
  );
});
