// SPDX-License-Identifier: GPL-2.0-only

// Code that the kernel rewrites at load: where the tables in a module say it is, and what is said of
// relocations in it that come later.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Diagnostics } from "../../src/diagnostics.js";
import { readElf } from "../../src/elf/index.js";
import { type ConvertResult, convert } from "../../src/index.js";
import { codeAt, readRewrittenCode } from "../../src/livepatch/places/rewritten-code.js";
import {
  buildElf,
  type ElfDescription,
  type RelocationDescription,
  SHF,
  STB,
} from "../elf-builder.js";
import { describeIntermediate, type TestLayout } from "./intermediate.js";
import { messages } from "./messages.js";
import { describeObjtoolForm } from "./objtool-form.js";

/** A machine, with the relocations that its tables and its calls have. */
interface Machine extends TestLayout {
  /** What `.long CODE - .` becomes, or the offset that it has in __ftr_fixup. */
  readonly relative: number;
  readonly call: number;
}

const X86: Machine = {
  name: "x86_64",
  class: 64,
  order: "little",
  machine: 62,
  absolute: 1,
  relative: 2,
  call: 4,
};
const S390: Machine = {
  name: "s390x",
  class: 64,
  order: "big",
  machine: 22,
  absolute: 22,
  relative: 5,
  call: 20,
};
const ARM64: Machine = {
  name: "arm64",
  class: 64,
  order: "little",
  machine: 183,
  absolute: 257,
  relative: 261,
  call: 283,
};
const LOONGARCH: Machine = {
  name: "loongarch",
  class: 64,
  order: "little",
  machine: 258,
  absolute: 2,
  relative: 99,
  call: 66,
};
const PPC64LE: Machine = {
  name: "powerpc64 little",
  class: 64,
  order: "little",
  machine: 21,
  absolute: 38,
  relative: 44,
  call: 10,
};
const PPC64BE: Machine = { ...PPC64LE, name: "powerpc64 big", order: "big" };
const PPC32: Machine = {
  name: "powerpc",
  class: 32,
  order: "big",
  machine: 20,
  absolute: 1,
  relative: 26,
  call: 10,
};

/** R_LARCH_ADD32, R_LARCH_SUB32, R_LARCH_ADD8: a difference as binutils write it for loongarch. */
const [LARCH_ADD32, LARCH_SUB32, LARCH_ADD8] = [50, 55, 47];

/** Where an entry leads. */
interface Code {
  /** Default: .text. */
  readonly section?: string;
  readonly start: number;
  readonly length: number;
}

/** A function of the kernel that makes code, in place of code to put in. */
const CALLBACK = "alt_cb_patch_nops";

/** A table: its bytes, and its relocations by the code that they lead to. */
interface Table {
  readonly name: string;
  readonly bytes: readonly number[];
  readonly relocations: readonly TableRelocation[];
}

interface TableRelocation {
  readonly at: number;
  /** A section, and where in it; or {@link CALLBACK}. */
  readonly to: string;
  readonly addend: number;
  /** Default: the machine's relative one. */
  readonly type?: number;
}

/** The sections of the modules here that have code, and their size. */
const CODE = [".text", ".text.unlikely", ".init.text"];
const SIZE = 0x400;

/** Bytes that no length may be read from. */
const DECOY = 0xc1;

/**
 * An .altinstructions of entries of `stride` bytes with the length at `lengthAt`. What is put in the
 * code's place is in .altinstr_replacement, one behind the other; every other byte is a decoy.
 */
function alternatives(codes: readonly Code[], stride: number, lengthAt: number): Table {
  const bytes: number[] = [];
  const relocations: TableRelocation[] = [];
  codes.forEach(({ section = ".text", start, length }, i) => {
    const entry = new Array<number>(stride).fill(DECOY);
    entry.fill(0, 0, 8);
    if (lengthAt < stride) entry[lengthAt] = length;
    bytes.push(...entry);
    relocations.push(
      { at: i * stride, to: section, addend: start },
      { at: i * stride + 4, to: ".altinstr_replacement", addend: 8 * i },
    );
  });
  return { name: ".altinstructions", bytes, relocations };
}

/** A table of 32-bit distances: .retpoline_sites and the like. */
function sites(name: string, codes: readonly Code[]): Table {
  return {
    name,
    bytes: new Array<number>(4 * codes.length).fill(0),
    relocations: codes.map(({ section = ".text", start }, i) => ({
      at: 4 * i,
      to: section,
      addend: start,
    })),
  };
}

/** struct paravirt_patch_site: pointer, type, length, and a clobber that nobody reads. */
function paravirt(codes: readonly Code[]): Table {
  return {
    name: ".parainstructions",
    bytes: codes.flatMap(({ length }) => [...ZEROS, DECOY, length, 0xff, 0xff, 0, 0, 0, 0]),
    relocations: codes.map(({ section = ".text", start }, i) => ({
      at: 16 * i,
      to: section,
      addend: start,
      type: X86.absolute,
    })),
  };
}

const ZEROS = [0, 0, 0, 0, 0, 0, 0, 0];

/** struct fixup_entry: two masks, then four offsets from the entry, which relocations fill in. */
function fixups(machine: Machine, name: string, codes: readonly Code[]): Table {
  const word = machine.class / 8;
  const relocations = codes.flatMap(({ section = ".text", start, length }, i) => {
    const entry = 6 * word * i;
    // What the place is away from the entry is in the addend, since the distance is from the place.
    const offset = (field: number, to: string, value: number) => ({
      at: entry + field * word,
      to,
      addend: value + field * word,
    });
    return [
      offset(2, section, start),
      offset(3, section, start + length),
      offset(4, "__ftr_alt_97", 4 * i),
      offset(5, "__ftr_alt_97", 4 * i),
    ];
  });
  const masks = new Array<number>(2 * word).fill(DECOY);
  const offsets = new Array<number>(4 * word).fill(0);
  return { name, bytes: codes.flatMap(() => [...masks, ...offsets]), relocations };
}

/** The value of the symbols by which relocations say code: none stands at its section's start. */
const VALUE = 0x10;

/** A module of code sections, the given tables, and relocations of foo at `places`. */
function describeModule(
  machine: Machine,
  tables: readonly Table[],
  gate: string,
  places: readonly (readonly [section: string, offset: number])[],
): ElfDescription {
  const usesOf = (section: string) =>
    places
      .filter(([of]) => of === section)
      .map(([, offset]) => ({ offset, type: machine.call, symbol: "foo" }));
  const leadsOut = tables.some(({ relocations }) => relocations.some(({ to }) => to === CALLBACK));
  const base = describeIntermediate({
    layout: machine,
    undefined: ["foo", ...(leadsOut ? [CALLBACK] : [])],
    annotations: { [gate]: [["foo", 0]] },
    uses: Object.fromEntries(places.map(([section]) => [section, usesOf(section)])),
  });
  const text = base.sections!.find(({ name }) => name === ".text")!;
  const sections = [
    ...base.sections!.filter((each) => each !== text),
    ...CODE.map((name) => ({ ...text, name, size: SIZE })),
    { name: ".altinstr_replacement", flags: SHF.ALLOC | SHF.EXECINSTR, size: 64 },
    { name: "__ftr_alt_97", flags: SHF.ALLOC, size: 64 },
    ...tables.map(({ name, bytes }) => ({ name, flags: SHF.ALLOC, data: bytes, addralign: 8 })),
  ];
  const marks = sections.map(({ name }) => ({
    name: `in ${name}`,
    section: name,
    value: VALUE,
    bind: STB.LOCAL,
  }));
  const entries = ({ relocations }: Table): RelocationDescription[] =>
    relocations.map(({ at, to, addend, type = machine.relative }) =>
      to === CALLBACK
        ? { offset: at, type, symbol: to }
        : { offset: at, type, symbol: `in ${to}`, addend: addend - VALUE },
    );
  return {
    ...base,
    sections,
    symbols: [...marks, ...base.symbols!],
    relocations: [
      ...base.relocations!,
      ...tables.map((table) => ({ section: table.name, entries: entries(table) })),
    ],
  };
}

/** The code that a module's tables are about, as lines, in the order of sections and offsets. */
function ranges(machine: Machine, ...tables: readonly Table[]): string[] {
  const object = readElf(
    buildElf(describeModule(machine, tables, "vmlinux", [])),
    new Diagnostics("in.ko"),
  );
  // What is put in is in .altinstr_replacement here, which is a matter of special-sections.ts.
  const found = [...readRewrittenCode(object)].filter(
    ([section]) => section.name !== ".altinstr_replacement",
  );
  return found.flatMap(([section, code]) =>
    code.map(
      ({ what, table, start, end }) =>
        `${section.name}+0x${start.toString(16)}..0x${end.toString(16)} ${what}, by ${table}`,
    ),
  );
}

/** Converts a module whose relocations of foo wait for `gate`. */
function converted(
  machine: Machine,
  tables: readonly Table[],
  gate: string,
  places: readonly (readonly [string, number])[],
): ConvertResult {
  return convert(buildElf(describeModule(machine, tables, gate, places)), { file: "in.ko" });
}

/** Of these places, those that are refused since code there is rewritten. */
function refusedPlaces(
  machine: Machine,
  tables: readonly Table[],
  places: readonly (readonly [string, number])[],
): string[] {
  const result = converted(machine, tables, "ext4", places);
  const errors = result.diagnostics.filter(({ code }) => code === "rewritten-code");
  if (errors.length > 0) expect(result.output).toBeUndefined();
  return errors.map(({ section, offset }) => `${section}+${offset}`);
}

/** Every kind of table, with the code it is about given as three pieces. */
interface Kind {
  readonly label: string;
  readonly machine: Machine;
  readonly what: string;
  readonly make: (codes: readonly Code[]) => Table;
  /** The bytes that are rewritten where the entry does not say it. */
  readonly fixed?: number;
}

function alternativesOf(machine: Machine, stride: number, lengthAt: number): Kind {
  return {
    label: `${machine.name} .altinstructions of ${stride} bytes`,
    machine,
    what: "code that alternatives replace",
    make: (codes) => alternatives(codes, stride, lengthAt),
  };
}

function sitesOf(machine: Machine, name: string, what: string, fixed: number): Kind {
  return {
    label: `${machine.name} ${name}`,
    machine,
    what,
    fixed,
    make: (codes) => sites(name, codes),
  };
}

function fixupsOf(machine: Machine, name: string): Kind {
  return {
    label: `${machine.name} ${name}`,
    machine,
    what: "code that feature fixups replace",
    make: (codes) => fixups(machine, name, codes),
  };
}

const KINDS: readonly Kind[] = [
  // struct alt_instr of x86: until 5.12 with padlen, until 6.2, and with flags since 6.3.
  alternativesOf(X86, 13, 10),
  alternativesOf(X86, 12, 10),
  alternativesOf(X86, 14, 12),
  // Of s390: with replacementlen, without, and with a 32-bit feature since 6.11.
  alternativesOf(S390, 12, 10),
  alternativesOf(S390, 11, 10),
  alternativesOf(S390, 13, 12),
  alternativesOf(ARM64, 12, 10),
  alternativesOf(LOONGARCH, 12, 10),
  sitesOf(X86, ".retpoline_sites", "a retpoline", 6),
  sitesOf(X86, ".return_sites", "a return thunk", 5),
  {
    label: "x86_64 .parainstructions",
    machine: X86,
    what: "code that paravirt replaces",
    make: paravirt,
  },
  sitesOf(S390, ".s390_indirect_call", "an expoline", 6),
  sitesOf(S390, ".s390_indirect_jump", "an expoline", 6),
  sitesOf(S390, ".s390_return_mem", "an expoline", 6),
  sitesOf(S390, ".s390_return_reg", "an expoline", 6),
  ...[PPC64LE, PPC64BE, PPC32].flatMap((machine) =>
    ["__ftr_fixup", "__mmu_ftr_fixup", "__fw_ftr_fixup"].map((name) => fixupsOf(machine, name)),
  ),
];

describe.each(KINDS.map((kind) => [kind.label, kind] as const))("%s", (_, kind) => {
  const { machine, what, make, fixed } = kind;
  const codes = [
    { start: 0x40, length: fixed ?? 8 },
    { start: 0x100, length: fixed ?? 0x14 },
    { section: ".text.unlikely", start: 0x200, length: fixed ?? 12 },
    { section: ".init.text", start: 0, length: fixed ?? 4 },
  ];
  const table = make(codes);

  test("says where the code is, entry by entry", () => {
    const line = ({ section = ".text", start, length }: Code) =>
      `${section}+0x${start.toString(16)}..0x${(start + length).toString(16)} ${what}, by ${table.name}`;
    expect(ranges(machine, table)).toEqual(codes.map(line));
    // With one entry as well, of which the size is the section's.
    expect(ranges(machine, make([codes[1]!]))).toEqual([line(codes[1]!)]);
  });

  const [, { start, length }] = codes as [Code, Code];
  const end = start + length;

  test.each([
    ["at the first byte", start],
    ["inside", start + 4],
    ["at the last byte", end - 1],
  ])("a relocation that waits for a module is refused %s", (_, offset) => {
    expect(refusedPlaces(machine, [table], [[".text", offset]])).toEqual([`.text+${offset}`]);
  });

  test.each([
    ["just before", start - 4],
    ["just behind", end],
    ["where another section has such code", 0x200],
    ["in the next entry's place of another section", 0],
  ])("it is not %s", (_, offset) => {
    expect(refusedPlaces(machine, [table], [[".text", offset]])).toEqual([]);
  });

  test("every entry counts, in whichever section its code is", () => {
    const places = codes.map((code) => [code.section ?? ".text", code.start] as const);
    expect(new Set(refusedPlaces(machine, [table], places))).toEqual(
      new Set(places.map(([section, offset]) => `${section}+${offset}`)),
    );
  });

  test("a relocation of vmlinux may be there", () => {
    const places = [start, start + 4, end - 1].map((offset) => [".text", offset] as const);
    // Nothing is said of the code; x86 has other reasons not to have them one over the other.
    for (const place of places) {
      const result = converted(machine, [table], "vmlinux", [place]);
      expect(messages(result)).toEqual([]);
      expect(result.report.sections.map(({ name }) => name)).toEqual([".klp.rela.vmlinux.text"]);
    }
  });

  test("what is said", () => {
    const result = converted(machine, [table], "ext4", [[".text", start]]);
    expect(result.output).toBeUndefined();
    const diagnostics = result.diagnostics.filter(({ code }) => code === "rewritten-code");
    expect(messages({ diagnostics })).toEqual([
      `error rewritten-code: .text+${start}: foo is used in ${what} and waits for ext4: the kernel rewrites that code when the patch is loaded, and the relocation would come too late`,
      `  the code is .text+0x${start.toString(16)} up to 0x${end.toString(16)}, by ${table.name}`,
      "  use the symbol outside of it, in plain C: a call of the function, a read of the variable",
    ]);
    expect(diagnostics[0]).toMatchObject({ section: ".text", offset: start, symbol: "foo" });
  });
});

describe("a length", () => {
  test("may be anything that a byte can hold, and 0 is no code", () => {
    const codes = [
      { start: 0x100, length: 0 },
      { start: 0x200, length: 255 },
    ];
    expect(ranges(X86, alternatives(codes, 14, 12))).toEqual([
      ".text+0x100..0x100 code that alternatives replace, by .altinstructions",
      ".text+0x200..0x2ff code that alternatives replace, by .altinstructions",
    ]);
    expect(refusedPlaces(X86, [alternatives(codes, 14, 12)], [[".text", 0x100]])).toEqual([]);
  });
});

describe("several tables", () => {
  const tables = [
    alternatives([{ start: 0x40, length: 8 }], 14, 12),
    sites(".retpoline_sites", [{ start: 0x80, length: 6 }]),
    sites(".return_sites", [{ section: ".init.text", start: 0x20, length: 5 }]),
    paravirt([{ start: 0xc0, length: 7 }]),
  ];

  test("count together, by section", () => {
    expect(ranges(X86, ...tables)).toEqual([
      ".text+0x40..0x48 code that alternatives replace, by .altinstructions",
      ".text+0x80..0x86 a retpoline, by .retpoline_sites",
      ".text+0xc0..0xc7 code that paravirt replaces, by .parainstructions",
      ".init.text+0x20..0x25 a return thunk, by .return_sites",
    ]);
  });

  test("refuse a relocation once each, with the table that it is about", () => {
    const places = [0x41, 0x81, 0xc1].map((offset) => [".text", offset] as const);
    const result = converted(X86, tables, "ext4", places);
    const notes = result.diagnostics.flatMap((each) => each.notes.slice(0, 1));
    expect(notes.filter((note) => note.startsWith("the code is"))).toEqual([
      "the code is .text+0x40 up to 0x48, by .altinstructions",
      "the code is .text+0x80 up to 0x86, by .retpoline_sites",
      "the code is .text+0xc0 up to 0xc7, by .parainstructions",
    ]);
  });

  test("of one place say it once", () => {
    const twice = [
      alternatives([{ start: 0x40, length: 8 }], 14, 12),
      sites(".retpoline_sites", [{ start: 0x40, length: 6 }]),
    ];
    expect(refusedPlaces(X86, twice, [[".text", 0x41]])).toEqual([".text+65"]);
  });
});

describe("a table", () => {
  test("of another machine is none", () => {
    const code = [{ start: 0x40, length: 8 }];
    expect(ranges(S390, sites(".retpoline_sites", code))).toEqual([]);
    expect(ranges(S390, sites(".return_sites", code))).toEqual([]);
    expect(ranges(X86, sites(".s390_indirect_call", code))).toEqual([]);
    expect(ranges(X86, fixups(PPC64LE, "__ftr_fixup", code))).toEqual([]);
    expect(ranges(PPC64LE, alternatives(code, 12, 10))).toEqual([]);
    expect(ranges(ARM64, sites(".return_sites", code))).toEqual([]);
  });

  test("of a name that is only alike is none", () => {
    const code = [{ start: 0x40, length: 8 }];
    expect(ranges(X86, sites(".retpoline_sites.old", code))).toEqual([]);
    expect(ranges(X86, { ...alternatives(code, 14, 12), name: ".altinstructions2" })).toEqual([]);
    expect(ranges(S390, sites(".s390_", code))).toEqual([]);
  });

  test("without contents, or without relocations, is about nothing", () => {
    expect(ranges(X86, { name: ".altinstructions", bytes: [], relocations: [] })).toEqual([]);
    const bytes = new Array<number>(28).fill(0);
    expect(ranges(X86, { name: ".altinstructions", bytes, relocations: [] })).toEqual([]);
  });

  test("may be about what is no code, where nothing is refused", () => {
    const table = sites(".retpoline_sites", [{ section: ".data", start: 0x10, length: 6 }]);
    const base = describeModule(X86, [table], "ext4", []);
    const file = buildElf({
      ...base,
      relocations: [
        ...base.relocations!,
        { section: ".data", entries: [{ offset: 0x10, type: X86.absolute, symbol: "foo" }] },
      ],
    });
    const result = convert(file, { file: "in.ko" });
    expect(messages(result)).toEqual([]);
    expect(result.report.sections.map(({ name }) => name)).toEqual([".klp.rela.ext4.data"]);
  });

  test("of call sites does not count: a call that is not known yet stays as it is", () => {
    const table = sites(".call_sites", [{ start: 0x40, length: 5 }]);
    expect(ranges(X86, table)).toEqual([]);
    const result = converted(X86, [table], "ext4", [[".text", 0x41]]);
    expect(messages(result)).toEqual([]);
    expect(result.output).toBeDefined();
  });
});

describe("entries of a size that is not known", () => {
  const codes = [
    { start: 0x40, length: 8 },
    { start: 0x200, length: 8 },
    { section: ".text.unlikely", start: 0x80, length: 4 },
  ];
  const inCode = [
    [".text", 0x40],
    [".text", 0x47],
    [".text", 0x200],
    [".text.unlikely", 0x80],
  ] as const;

  /** Just before what the first entry can be about, its last byte, and just behind. */
  const edges = [0x3c, 0x40 + 254, 0x40 + 255].map((offset) => [".text", offset] as const);

  test.each([9, 15, 16, 20])("are taken to be about all that they can be: %i bytes", (stride) => {
    const table = alternatives(codes, stride, 99);
    expect(new Set(refusedPlaces(X86, [table], inCode))).toEqual(
      new Set(inCode.map(([section, offset]) => `${section}+${offset}`)),
    );
    expect(refusedPlaces(X86, [table], edges)).toEqual([".text+318"]);
  });

  test("are so where the section's size is no multiple of their number", () => {
    const table = alternatives(codes, 14, 12);
    const odd = { ...table, bytes: [...table.bytes, 0] };
    expect(new Set(refusedPlaces(X86, [odd], inCode))).toEqual(
      new Set(inCode.map(([section, offset]) => `${section}+${offset}`)),
    );
    expect(refusedPlaces(X86, [odd], edges)).toEqual([".text+318"]);
  });

  test("are so where a length would be beyond the entry", () => {
    const table = paravirt(codes);
    const short = {
      ...table,
      bytes: new Array<number>(8 * codes.length).fill(0),
      relocations: table.relocations.map((each, i) => ({ ...each, at: 8 * i })),
    };
    expect(new Set(refusedPlaces(X86, [short], inCode))).toEqual(
      new Set(inCode.map(([section, offset]) => `${section}+${offset}`)),
    );
  });

  test("are said to be", () => {
    const result = converted(X86, [alternatives(codes, 15, 99)], "ext4", [[".text", 0x41]]);
    const { notes } = result.diagnostics.find(({ code }) => code === "rewritten-code")!;
    expect(notes[0]).toBe(
      "the code is .text+0x40 up to 0x13f, by .altinstructions, of which the size of entries is not known, so that it may be less",
    );
  });

  test("are said to be where other tables know of code there too", () => {
    const tables = [
      alternatives(codes, 15, 99),
      sites(".retpoline_sites", [{ start: 0x3e, length: 6 }]),
    ];
    const result = converted(X86, tables, "ext4", [[".text", 0x100]]);
    const { notes } = result.diagnostics.find(({ code }) => code === "rewritten-code")!;
    expect(notes[0]).toMatch(/ up to 0x13f, .* not known/);
  });

  // As GNU as writes them for loongarch with -mrelax, which kbuild turns off: lengths that are
  // differences too, so that an entry has three places that lead to code.
  test("are so where the number of relocations leads to a size that there is not", () => {
    const table = alternatives(codes.slice(0, 2), 12, 10);
    const relaxed = {
      ...table,
      bytes: table.bytes.map((byte, at) => (at % 12 === 10 ? 0 : byte)),
      relocations: [
        ...table.relocations,
        ...codes.slice(0, 2).map(({ start, length }, i) => ({
          at: 12 * i + 10,
          to: ".text",
          addend: start + length,
          type: LARCH_ADD8,
        })),
      ],
    };
    const places = [0x40, 0x44, 0x200, 0x204].map((offset) => [".text", offset] as const);
    expect(refusedPlaces(LOONGARCH, [relaxed], places)).toEqual(
      places.map(([section, offset]) => `${section}+${offset}`),
    );
  });
});

describe("much code", () => {
  const code = fc.record({
    start: fc.integer({ min: VALUE, max: 200 }),
    length: fc.integer({ min: 0, max: 40 }),
  });

  test("is found wherever it is, however its pieces lie", () => {
    fc.assert(
      fc.property(fc.array(code, { maxLength: 20 }), (codes) => {
        const file = buildElf(describeModule(X86, [alternatives(codes, 14, 12)], "vmlinux", []));
        const object = readElf(file, new Diagnostics("in.ko"));
        const [found = []] = [...readRewrittenCode(object)].flatMap(([section, of]) =>
          section.name === ".text" ? [of] : [],
        );
        for (let offset = 0; offset < 260; offset++) {
          const isIn = codes.some(
            ({ start, length }) => start <= offset && offset < start + length,
          );
          const at = codeAt(found, offset);
          expect(at !== undefined, `${offset}`).toBe(isIn);
          if (at !== undefined) expect(at.start <= offset && offset < at.end).toBe(true);
        }
      }),
    );
  });
});

describe("arm64's alternatives", () => {
  const codes = [
    { start: 0x40, length: 4 },
    { start: 0x100, length: 0x14 },
    { start: 0x180, length: 4 },
    { section: ".init.text", start: 0x20, length: 8 },
  ];

  // ALTERNATIVE_CB (asm/alternative-macros.h): of 538 modules of Debian's 7.3 with alternatives, 470
  // have these.
  test("may be made by callbacks of the kernel", () => {
    const table = alternatives(codes, 12, 10);
    const withCallbacks = {
      ...table,
      relocations: table.relocations.map((each) =>
        each.at === 4 || each.at === 28 ? { ...each, to: CALLBACK } : each,
      ),
    };
    expect(ranges(ARM64, withCallbacks)).toEqual(ranges(ARM64, table));
    const places = codes.map(({ section = ".text", start }) => [section, start] as const);
    expect(refusedPlaces(ARM64, [withCallbacks], places)).toHaveLength(codes.length);
    expect(refusedPlaces(ARM64, [withCallbacks], [[".text", 0x44]])).toEqual([]);
  });

  test("may all be made by callbacks", () => {
    const table = alternatives(codes, 12, 10);
    const withCallbacks = {
      ...table,
      relocations: table.relocations.map((each) =>
        each.at % 12 === 4 ? { ...each, to: CALLBACK } : each,
      ),
    };
    expect(ranges(ARM64, withCallbacks)).toEqual(ranges(ARM64, table));
  });
});

// .subsection 1 (asm/alternative-macros.h, asm/alternative.h): there is no .altinstr_replacement.
describe.each([
  ["arm64", ARM64],
  ["loongarch", LOONGARCH],
] as const)("on %s the code that is put in is in .text", (_, machine) => {
  const table = alternatives([{ start: 0x40, length: 12 }], 12, 10);
  const inText = {
    ...table,
    bytes: [...table.bytes.slice(0, 11), 8],
    relocations: table.relocations.map((each) =>
      each.at === 4 ? { ...each, to: ".text", addend: 0x300 } : each,
    ),
  };

  test("the copy would keep what is there before the module is loaded", () => {
    const places = [0x2fc, 0x300, 0x304, 0x308].map((offset) => [".text", offset] as const);
    expect(refusedPlaces(machine, [inText], places)).toEqual([".text+768", ".text+772"]);
  });
});

describe("loongarch's alternatives", () => {
  // .long CODE - . as GNU as 2.44 writes it, with -mno-relax too.
  test("may say the code by two relocations, ADD32 of it and SUB32 of the place itself", () => {
    const codes = [
      { start: 0x40, length: 8 },
      { start: 0x100, length: 12 },
    ];
    const table = alternatives(codes, 12, 10);
    const byDifference = {
      ...table,
      relocations: table.relocations.flatMap((each) => [
        { ...each, type: LARCH_ADD32 },
        { at: each.at, to: ".altinstructions", addend: each.at, type: LARCH_SUB32 },
      ]),
    };
    expect(ranges(LOONGARCH, byDifference)).toEqual(ranges(LOONGARCH, table));
  });
});

describe("entries of objtool's form", () => {
  test.each([
    ["ext4", [".text+66"]],
    ["vmlinux", []],
  ] as const)("are judged as other relocations are: of %s", (gate, refused) => {
    const entry = { symbol: `${gate}.foo,0`, section: ".text", offset: 0x42, type: X86.call };
    const base = describeObjtoolForm({
      layout: X86,
      entries: { [gate]: [entry] },
      sections: [{ name: ".retpoline_sites", flags: SHF.ALLOC, size: 4 }],
      symbols: [{ name: "site", section: ".text", value: 0x30, bind: STB.LOCAL }],
      uses: { ".retpoline_sites": [{ offset: 0, type: 2, symbol: "site", addend: 0x10 }] },
    });
    const sections = base.sections!.map((each) =>
      each.name === ".text" ? { ...each, size: SIZE } : each,
    );
    const result = convert(buildElf({ ...base, sections }), { file: "in.ko" });
    const errors = result.diagnostics.filter(({ severity }) => severity === "error");
    expect(errors.map(({ code }) => code)).toEqual(refused.map(() => "rewritten-code"));
    expect(errors.map(({ section, offset }) => `${section}+${offset}`)).toEqual(refused);
    expect(result.output === undefined).toBe(refused.length > 0);
  });
});
