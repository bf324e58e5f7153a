// SPDX-License-Identifier: GPL-2.0-only

// What is lost, added or changed between the module before conversion and the one after.

import { describe, expect, test } from "vitest";
import { Diagnostics } from "../../../src/diagnostics.js";
import { type ElfObject, Relocations, readElf } from "../../../src/elf/index.js";
import { convert } from "../../../src/index.js";
import { SHF, SHT, STB, STT } from "../../elf-builder.js";
import { fixture, fixtureSymbols } from "../../fixtures.js";
import { buildIntermediate, type Intermediate } from "../../livepatch/intermediate.js";
import { buildObjtoolForm } from "../../livepatch/objtool-form.js";
import { findingsOf } from "./places-findings.js";

const [ABS64, PC32] = [1, 2];
const IDS = ["L67", "L68", "L72"];

/** A module of which foo and bar are converted, and what is made of it. */
function pair(more: Intermediate = {}): { input: Uint8Array; output: Uint8Array } {
  const input = buildIntermediate({
    undefined: ["foo", "bar", "imported"],
    symbols: [
      { name: "", section: ".text", type: STT.SECTION, bind: STB.LOCAL },
      { name: "", section: ".data", type: STT.SECTION, bind: STB.LOCAL },
      {
        name: "",
        section: ".klp.module_relocs.vmlinux",
        type: STT.SECTION,
        bind: STB.LOCAL,
      },
    ],
    annotations: {
      vmlinux: [
        ["foo", 0],
        ["bar", 2],
      ],
    },
    uses: {
      ".data": [
        { offset: 0, type: ABS64, symbol: "foo", addend: 4 },
        { offset: 8, type: ABS64, symbol: "patched" },
        { offset: 16, type: ABS64, symbol: "bar" },
        { offset: 24, type: PC32, symbol: "foo", addend: -4 },
      ],
      ".text": [
        { offset: 32, type: PC32, symbol: "imported", addend: -4 },
        { offset: 40, type: PC32, symbol: "patched", addend: -4 },
      ],
      ".debug_info": [{ offset: 0, type: ABS64, symbol: "foo" }],
    },
    ...more,
  });
  return { input, output: converted(input) };
}

function converted(input: Uint8Array): Uint8Array {
  const { output, diagnostics } = convert(input);
  if (output === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return output;
}

/** A copy in which some bytes are others: file offsets by section and offset therein. */
function edited(
  bytes: Uint8Array,
  edit: (
    view: DataView,
    at: (section: string, offset: number) => number,
    object: ElfObject,
  ) => void,
): Uint8Array {
  const copy = bytes.slice();
  const object = readElf(copy, new Diagnostics("out.ko"));
  const at = (name: string, offset: number) => {
    const section = object.sections.find((each) => each.name === name);
    if (section?.fileOffset === undefined) throw new Error(`no section ${name}`);
    return section.fileOffset + offset;
  };
  edit(new DataView(copy.buffer, copy.byteOffset, copy.length), at, object);
  return copy;
}

/** Where a section's header is in the file. */
function headerOf(object: ElfObject, name: string): number {
  return object.headerTableOffset + object.sections.findIndex((each) => each.name === name) * 64;
}

const LINK = 40;
const INFO = 44;
const ADDRALIGN = 48;

describe("L67, each relocation is there once", () => {
  const { input, output } = pair();
  const klp = ".klp.rela.vmlinux.data";
  const found = (bytes: Uint8Array, ids = ["L67"]) => findingsOf(bytes, { input }, ids);

  test("has nothing to say of a good module", () => {
    expect(found(output, IDS)).toEqual([]);
    // Names say what a symbol is for another rule.
    const renamed = edited(output, (view, at) => {
      const text = Buffer.from(output.buffer, output.byteOffset, output.length);
      const name = text.indexOf(".klp.sym.vmlinux.foo,0");
      expect(at(".strtab", 0)).toBeLessThan(name);
      view.setUint8(name + ".klp.sym.vmlinux.".length, "g".charCodeAt(0));
    });
    expect(found(renamed, IDS)).toEqual([]);
  });

  test("knows a symbol from one of its name that stood in for others, and went", () => {
    const entry = (offset: number, standIn: string) => {
      return { symbol: "vmlinux.foo,0", section: ".data", offset, standIn };
    };
    const built = buildObjtoolForm({
      undefined: ["imported"],
      uses: { ".text": ["imported"] },
      entries: { vmlinux: [entry(8, "other"), entry(16, "standing")] },
    });
    const text = Buffer.from(built).toString("latin1").replace("\0standing\0", "\0imported\0");
    const before = new Uint8Array(Buffer.from(text, "latin1"));
    expect(findingsOf(converted(before), { input: before }, IDS)).toEqual([]);
  });

  test("finds another addend", () => {
    const bytes = edited(output, (view, at) => view.setBigInt64(at(klp, 16), 12n, true));
    expect(found(bytes)).toEqual([
      "L67 error .data+0x0: R_X86_64_64 of .klp.sym.vmlinux.foo,0 + 12 was R_X86_64_64 of foo + 4 before conversion => wrong: the place has another value than was meant",
    ]);
  });

  test("finds another type", () => {
    const bytes = edited(output, (view, at) => view.setUint32(at(klp, 24 + 8), 24, true));
    expect(found(bytes)).toEqual([
      "L67 error .data+0x10: R_X86_64_PC64 of .klp.sym.vmlinux.bar,2 was R_X86_64_64 of bar before conversion => wrong: the place has another value than was meant",
    ]);
  });

  test("finds another place: one is lost and one is new", () => {
    const bytes = edited(output, (view, at) => view.setBigInt64(at(klp, 48), 32n, true));
    expect(found(bytes)).toEqual([
      "L67 error .data+0x18: R_X86_64_PC32 of foo - 4 is lost => wrong: the place has another value than was meant",
      "L67 error .data+0x20: R_X86_64_PC32 of .klp.sym.vmlinux.foo,0 - 4 is not in the module before conversion => wrong: the place has another value than was meant",
    ]);
  });

  test("finds another symbol", () => {
    const bytes = edited(output, (view, at) => {
      const [first, second] = [at(klp, 12), at(klp, 24 + 12)];
      view.setUint32(second, view.getUint32(first, true), true);
    });
    expect(found(bytes)).toEqual([
      "L67 error .data+0x10: R_X86_64_64 of .klp.sym.vmlinux.foo,0 was R_X86_64_64 of bar before conversion => wrong: the place has another value than was meant",
    ]);
  });

  test("finds one that is there twice in place of another", () => {
    const bytes = edited(output, (view, at) => {
      for (let i = 0; i < 24; i++)
        view.setUint8(at(klp, 24) + i, view.getUint8(at(".rela.data", i)));
    });
    expect(found(bytes)).toEqual([
      "L67 error .data+0x8: R_X86_64_64 of patched is not in the module before conversion => wrong: the place has another value than was meant",
      "L67 error .data+0x10: R_X86_64_64 of bar is lost => wrong: the place has another value than was meant",
    ]);
  });

  test("leaves symbols that there are none of to another rule", () => {
    const bytes = edited(output, (view, at) => view.setUint32(at(klp, 12), 0xffff, true));
    expect(found(bytes)).toEqual([]);
  });

  test("knows that some sections are never relocated", () => {
    const bytes = edited(output, (view, at, object) => {
      const modinfo = object.sections.findIndex(({ name }) => name === ".modinfo");
      expect(at(".modinfo", 0)).toBeGreaterThan(0);
      view.setUint32(headerOf(object, ".rela.debug_info") + INFO, modinfo, true);
    });
    expect(found(bytes)).toEqual([
      "L67 note .modinfo+0x0: R_X86_64_64 of .klp.sym.vmlinux.foo,0 is not in the module before conversion => harmless",
    ]);
  });

  test("finds changes of ordinary relocations, in loaded sections", () => {
    const bytes = edited(output, (view, at) => {
      view.setBigInt64(at(".rela.text", 16), 0n, true);
      view.setBigInt64(at(".rela.debug_info", 16), 77n, true);
    });
    expect(found(bytes)).toEqual([
      "L67 error .text+0x20: R_X86_64_PC32 of imported was R_X86_64_PC32 of imported - 4 before conversion => wrong: the place has another value than was meant",
    ]);
  });

  test("finds the relocations of a section that are another's by now", () => {
    const bytes = edited(output, (view, _, object) => {
      const data = object.sections.findIndex(({ name }) => name === ".data");
      view.setUint32(headerOf(object, ".rela.text") + INFO, data, true);
    });
    expect(found(bytes)).toEqual([
      expect.stringMatching(/^L67 error \.text\+0x20: R_X86_64_PC32 of imported - 4 is lost /),
      expect.stringMatching(/^L67 error \.text\+0x28: R_X86_64_PC32 of patched - 4 is lost /),
      expect.stringMatching(/^L67 error \.data\+0x20: R_X86_64_PC32 of imported - 4 is not in /),
      expect.stringMatching(/^L67 error \.data\+0x28: R_X86_64_PC32 of patched - 4 is not in /),
    ]);
  });

  test("does not mind what relocations do nothing", () => {
    const none = pair({
      uses: { ".data": [{ offset: 0, type: 0, symbol: "foo" }, "bar"] },
    });
    const bytes = edited(none.output, (view, at) => view.setBigInt64(at(klp, 0), 8n, true));
    expect(findingsOf(bytes, { input: none.input }, ["L67"])).toEqual([
      "L67 note .data+0x0: R_X86_64_NONE of foo is lost => harmless",
      expect.stringMatching(/^L67 note \.data\+0x8: R_X86_64_NONE of .* => harmless$/),
    ]);
  });

  test("needs the module before conversion", () => {
    expect(findingsOf(output, {}, IDS)).toEqual(
      IDS.map((id) => `${id} unchecked: the module before conversion is not given: --input`),
    );
  });

  test("knows symbols by name where another tool has taken some out", () => {
    // As strip does: without the symbols of sections that nothing uses.
    const { input: other } = pair({
      symbols: [{ name: "more", section: ".text", bind: STB.LOCAL }],
    });
    expect(findingsOf(output, { input: other }, ["L67", "L68"])).toEqual([]);
  });

  test("takes two symbols that say the same for one", () => {
    const [first, second] = ["a", "b"].map((suffix) => `.klp.sym.vmlinux.foo,0${suffix}`);
    const twice = (symbol: string) =>
      buildIntermediate({
        symbols: [first!, second!].map((name) => ({
          name: name.slice(0, -1),
          other: name === symbol ? 1 : 0,
          section: 0xff20,
        })),
        uses: { ".data": [{ offset: 0, type: ABS64, symbol: 2 }] },
      });
    const before = buildIntermediate({
      undefined: ["foo"],
      uses: { ".data": [{ offset: 0, type: ABS64, symbol: "foo" }] },
    });
    expect(findingsOf(twice(first!), { input: before }, ["L67"])).toEqual([]);
  });

  test("is told of nothing that another module has not", () => {
    const other = buildIntermediate({ undefined: ["other"], uses: { ".text": ["other"] } });
    expect(findingsOf(output, { input: other }, ["L67"]).length).toBeGreaterThan(3);
  });
});

describe("L67 of objtool's form", () => {
  const wanted = {
    entries: {
      vmlinux: [
        { symbol: "vmlinux.foo,0", section: ".text", offset: 8, type: PC32, addend: -4 },
        { symbol: "vmlinux.bar,2", section: ".data", offset: 16 },
      ],
      ext4: [{ symbol: "ext4.baz,0", section: ".text", offset: 24, type: PC32, addend: -4 }],
    },
    uses: { ".text": [{ offset: 40, type: PC32, symbol: "patched" }] },
  };
  const input = buildObjtoolForm(wanted);
  const output = converted(input);

  test("takes each entry for a relocation, and what stands at its place for none", () => {
    expect(findingsOf(output, { input }, IDS)).toEqual([]);
    const bytes = edited(output, (view, at) =>
      view.setBigInt64(at(".klp.rela.ext4.text", 16), 0n, true),
    );
    expect(findingsOf(bytes, { input }, ["L67"])).toEqual([
      "L67 error .text+0x18: R_X86_64_PC32 of .klp.sym.ext4.baz,0 was R_X86_64_PC32 of .klp.sym.ext4.baz,0 - 4 before conversion => wrong: the place has another value than was meant",
    ]);
  });

  test("says so if entries cannot be read", () => {
    const bad = buildObjtoolForm({
      entries: { vmlinux: [{ symbol: "vmlinux.foo,0", section: ".text", offset: 8, type: 77 }] },
    });
    expect(findingsOf(output, { input: bad }, ["L67"])).toContain(
      "L67 unchecked: the module before conversion has entries of objtool's form that cannot be read",
    );
  });
});

describe("L68, their order", () => {
  const swap = (bytes: Uint8Array, section: string) =>
    edited(bytes, (view, at) => {
      for (let i = 0; i < 24; i++) {
        const [first, second] = [at(section, i), at(section, 24 + i)];
        const byte = view.getUint8(first);
        view.setUint8(first, view.getUint8(second));
        view.setUint8(second, byte);
      }
    });

  test("is no matter to x86_64, and told in a note", () => {
    const { input, output } = pair();
    const klp = ".klp.rela.vmlinux.data";
    expect(findingsOf(swap(output, klp), { input }, IDS)).toEqual([
      "L68 note .klp.rela.vmlinux.data+0x0: entry 1, of .data, was before one that is in front of it => harmless",
    ]);
    expect(findingsOf(swap(output, ".rela.text"), { input }, IDS)).toEqual([
      "L68 note .rela.text+0x20: entry 1, of .text, was before one that is in front of it => harmless",
    ]);
  });

  test("may matter to loongarch", () => {
    const layout = { name: "", class: 64, order: "little", machine: 258, absolute: 2 } as const;
    const input = buildIntermediate({
      layout,
      undefined: ["foo"],
      annotations: { vmlinux: [["foo", 0]] },
      uses: { ".data": ["foo", { offset: 8, type: 2, symbol: "foo" }] },
    });
    const output = converted(input);
    expect(findingsOf(output, { input }, IDS)).toEqual([]);
    expect(findingsOf(swap(output, ".klp.rela.vmlinux.data"), { input }, IDS)).toEqual([
      "L68 warning .klp.rela.vmlinux.data+0x0: entry 1, of .data, was before one that is in front of it => wrong: relocations that belong together are apart",
    ]);
  });

  test("is that of several which are alike, too", () => {
    const { input, output } = pair({
      uses: {
        ".data": [...["foo", "bar", "foo"].map((symbol) => ({ offset: 0, type: 0, symbol }))],
      },
    });
    expect(findingsOf(output, { input }, IDS)).toEqual([]);
  });
});

describe("L72, contents", () => {
  const { input, output } = pair({
    sections: [
      { name: ".bss", type: SHT.NOBITS, size: 64, flags: SHF.ALLOC | SHF.WRITE },
      { name: ".comment", data: "text" },
    ],
  });
  const found = (bytes: Uint8Array) => findingsOf(bytes, { input }, ["L72"]);

  test("are as they were", () => {
    expect(found(output)).toEqual([]);
    const unloaded = edited(output, (view, at) => view.setUint8(at(".comment", 1), 0x41));
    expect(found(unloaded)).toEqual([]);
  });

  test("are found if they are not", () => {
    const bytes = edited(output, (view, at) => view.setUint8(at(".data", 40), 0x41));
    expect(found(bytes)).toEqual([
      "L72 error .data+0x28: the byte is 41 when it was 00 => wrong: its contents are other than what was built",
    ]);
  });

  test("are found if there are more or less of them", () => {
    const bytes = edited(output, (view, _, object) => {
      view.setBigUint64(headerOf(object, ".bss") + 32, 72n, true);
    });
    expect(found(bytes)).toEqual([
      "L72 error .bss: it has 72 bytes when it had 64 => wrong: its contents are other than what was built",
    ]);
  });

  test.each([
    [
      "write access",
      (view: DataView, header: number) => view.setBigUint64(header + 8, 2n, true),
      "error .data: sh_flags is 0x2 when it was 0x3 => crash: its memory has other rights than it was built for",
    ],
    [
      "another flag",
      (view: DataView, header: number) => view.setBigUint64(header + 8, 0x23n, true),
      "warning .data: sh_flags is 0x23 when it was 0x3 => harmless",
    ],
    [
      "less alignment",
      (view: DataView, header: number) => view.setBigUint64(header + ADDRALIGN, 4n, true),
      "error .data: sh_addralign is 4 when it was 8 => wrong: it may be loaded less aligned than it was built to be",
    ],
    [
      "more alignment",
      (view: DataView, header: number) => view.setBigUint64(header + ADDRALIGN, 64n, true),
      "warning .data: sh_addralign is 64 when it was 8 => harmless",
    ],
    [
      "another type",
      (view: DataView, header: number) => view.setUint32(header + 4, SHT.NOBITS, true),
      "error .data: sh_type is 8 when it was 1 => wrong: its contents are other than what was built",
    ],
    [
      "a link",
      (view: DataView, header: number) => view.setUint32(header + LINK, 1, true),
      undefined,
    ],
  ] as const)("of a section are held to its header: %s", (_, edit, line) => {
    const bytes = edited(output, (view, _at, object) => edit(view, headerOf(object, ".data")));
    expect(found(bytes)).toEqual(line === undefined ? [] : [`L72 ${line}`]);
  });

  test("are found if the section is gone", () => {
    const more = buildIntermediate({ sections: [{ name: ".more", size: 8, flags: SHF.ALLOC }] });
    const less = buildIntermediate({});
    expect(findingsOf(less, { input: more }, ["L72"])).toContain(
      "L72 error .more: the section is gone, with 8 bytes => wrong: what was in it is not loaded",
    );
  });

  test("are found in a section that is called otherwise by now", () => {
    const bytes = edited(output, (view, at) => {
      const text = Buffer.from(output.buffer, output.byteOffset, output.length);
      view.setUint8(text.lastIndexOf("\0.data\0") + 2, "g".charCodeAt(0));
      view.setUint8(at(".data", 40), 0x41);
    });
    expect(findingsOf(bytes, { input }, IDS)).toEqual([
      "L72 error .gata+0x28: the byte is 41 when it was 00 => wrong: its contents are other than what was built",
    ]);
  });

  test("of .modinfo are another rule's", () => {
    const bytes = edited(output, (view, at) => view.setUint8(at(".modinfo", 9), 0x41));
    expect(found(bytes)).toEqual([]);
  });

  test("of __versions may have lost entries, and have no others", () => {
    const versions = (...names: readonly string[]) =>
      names.flatMap((name, i) => [
        ...[i + 1, 0, 0, 0, 0, 0, 0, 0],
        ...Buffer.from(name.padEnd(56, "\0"), "latin1"),
      ]);
    const module = (data: readonly number[]) =>
      buildIntermediate({ sections: [{ name: "__versions", flags: SHF.ALLOC, data }] });
    const whole = versions("a", "b", "c");
    const check = (data: readonly number[]) =>
      findingsOf(module(data), { input: module(whole) }, ["L72"]);
    expect(check(whole)).toEqual([]);
    expect(check([...whole.slice(0, 64), ...whole.slice(128)])).toEqual([]);
    expect(check([])).toEqual([]);
    const line =
      "the checksum is none of before conversion, or in another order => wrong: an import is held against another checksum than was meant";
    expect(check([...whole.slice(64), ...whole.slice(0, 64)])).toEqual([
      `L72 error __versions+0x80: ${line}`,
    ]);
    const twice = [...whole.slice(0, 64), ...whole.slice(0, 64)];
    expect(check(twice)).toEqual([`L72 error __versions+0x40: ${line}`]);
    expect(check([9, ...whole.slice(1)])).toEqual([`L72 error __versions+0x0: ${line}`]);
  });

  test("are compared where sections of objtool's form went", () => {
    const objtool = fixture("x86_64-objtool");
    const { output: made } = convert(objtool, { symbols: fixtureSymbols() });
    const object = readElf(made!, new Diagnostics("out.ko"));
    const text = object.sections.find(({ name }) => name === ".text")!;
    const relocated = [...object.sections].flatMap(({ data, info, type }) => {
      if (type !== SHT.RELA || info !== text.index) return [];
      const entries = new Relocations(data, object.layout);
      return Array.from({ length: entries.count }, (_, i) => entries.offset(i));
    });
    expect(relocated.length).toBeGreaterThan(0);
    const bytes = edited(made!, (view, at) => view.setUint8(at(".text", 0), 0xcc));
    expect(findingsOf(bytes, { input: objtool }, IDS)).toEqual([
      expect.stringMatching(/^L72 error \.text\+0x0: the byte is cc when it was /),
    ]);
  });
});
