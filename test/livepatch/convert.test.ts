// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { convert } from "../../src/index.js";
import { buildElf, SHF, SHN, SHT } from "../elf-builder.js";
import { dumpElf } from "../elf-dump.js";
import { fixture, fixtureSymbols } from "../fixtures.js";
import {
  buildIntermediate,
  describeIntermediate,
  type Intermediate,
  LAYOUTS,
  MODINFO,
  symbolsList,
} from "./intermediate.js";

const LIST = symbolsList({ vmlinux: ["one", "two"], ext4: ["other"] });

function convertWithList(module: Uint8Array): Uint8Array {
  const { output, diagnostics } = convert(module, { file: "in.ko", symbols: LIST });
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  return output!;
}

function refusal(module: Uint8Array): string[] {
  const { output, diagnostics, report } = convert(module, { file: "in.ko", symbols: LIST });
  expect(output).toBeUndefined();
  expect(report.outcome).toBe("refused");
  return diagnostics.flatMap(({ message, notes }) => [message, ...notes]);
}

/** The lines of a dump from one that contains `start` up to the next that is not indented. */
function part(module: Uint8Array, start: string): string[] {
  const lines = dumpElf(module).split("\n");
  const first = lines.findIndex((line) => !line.startsWith(" ") && line.includes(start));
  const rest = lines.slice(first + 1);
  const end = rest.findIndex((line) => !line.startsWith(" "));
  return rest.slice(0, end).map((line) => line.trim().replace(/\s+/g, " "));
}

describe("the converted module", () => {
  test.each([
    "x86_64",
    "x86_64-objtool",
    "s390x",
    "ppc32",
  ] as const)("is the same in memory that is given for it (%s)", (name) => {
    const options = { symbols: fixtureSymbols(), patchedObjects: ["vmlinux"] };
    const expected = convert(fixture(name), options).output!;
    const room = new Uint8Array(2 * expected.length);
    const allocate = (size: number) =>
      room
        .fill(0xff)
        .subarray(3, 3 + size)
        .fill(0);
    const { output } = convert(fixture(name), { ...options, allocate });
    expect(output!.buffer).toBe(room.buffer);
    expect(Buffer.compare(output!, expected)).toBe(0);
    expect(new Set(room.subarray(3 + output!.length))).toEqual(new Set([0xff]));
  });

  for (const layout of LAYOUTS) {
    test(`has livepatch sections of the class's sizes, last in the file (${layout.name})`, () => {
      const module = buildIntermediate({
        layout,
        undefined: ["one", "other", "two"],
        sections: [{ name: "__bug_table", flags: SHF.ALLOC, size: 16 }],
        uses: {
          // powerpc stores pointers to what waits for a module in writable sections only.
          ".data": ["one", "other", "two", "one"],
          __bug_table: ["two"],
          ".debug_info": ["one"],
        },
      });
      const before = part(module, "sections");
      const after = part(convertWithList(module), "sections");
      const entry = layout.class === 64 ? 24 : 12;
      const align = layout.class === 64 ? 8 : 4;
      const rows = after.slice(before.length).map((row) => row.split(" "));
      expect(rows.map((row) => row.at(-1))).toEqual([
        ".klp.rela.vmlinux.data",
        ".klp.rela.ext4.data",
        ".klp.rela.vmlinux.__bug_table",
      ]);
      for (const row of rows) {
        expect(row).toContain("RELA");
        expect(row).toContain("0x100042");
        expect(row.join(" ")).toMatch(new RegExp(` align ${align} entsize ${entry} `));
      }
      // No index changed, and only sizes of what was moved from or named anew did.
      const names = (lines: string[]) => lines.map((line) => line.split(" ").at(-1));
      expect(names(after).slice(0, before.length)).toEqual(names(before));
    });
  }

  test("has its relocations moved as they were, in order, those of debug sections left", () => {
    const module = buildIntermediate({
      undefined: ["one", "two"],
      uses: {
        ".text": [
          { offset: 40, type: 4, symbol: "two", addend: -4 },
          { offset: 3, type: 2, symbol: "patched", addend: 7 },
          { offset: 8, type: 11, symbol: "one", addend: 0x7fffffff },
          { offset: 30, type: 2, symbol: "two", addend: -1 },
        ],
        ".debug_info": [{ offset: 9, type: 1, symbol: "one", addend: 5 }],
      },
    });
    const output = convertWithList(module);
    const columns = (start: string) => part(output, start).map((line) => line.split(" ").join(" "));
    expect(columns(".klp.rela.vmlinux.text for")).toMatchInlineSnapshot(`
      [
        "0000000000000028 type 4 symbol 3 - 4 .klp.sym.vmlinux.two,0",
        "0000000000000008 type 11 symbol 2 + 2147483647 .klp.sym.vmlinux.one,0",
        "000000000000001e type 2 symbol 3 - 1 .klp.sym.vmlinux.two,0",
      ]
    `);
    expect(columns(".rela.text for")).toMatchInlineSnapshot(`
      [
        "0000000000000003 type 2 symbol 1 + 7 patched",
      ]
    `);
    expect(columns(".rela.debug_info for")).toMatchInlineSnapshot(`
      [
        "0000000000000009 type 1 symbol 2 + 5 .klp.sym.vmlinux.one,0",
      ]
    `);
  });

  test("has relocations wait for the patched object, also for symbols of another", () => {
    const name = ".klp.sym.rela.btrfs.ext4.other.0";
    const module = buildIntermediate({ undefined: [name], uses: { ".text": [name] } });
    const output = convertWithList(module);
    expect(part(output, ".klp.rela.btrfs.text for").map((line) => line.split(" ").at(-1))).toEqual([
      ".klp.sym.ext4.other,0",
    ]);
    expect(dumpElf(output)).not.toContain(".klp.rela.ext4");
  });

  test("has two livepatch sections for two target sections of one name", () => {
    const target = { name: ".text.same", flags: SHF.ALLOC, size: 16 };
    const module = buildElf({
      sections: [{ name: ".modinfo", flags: SHF.ALLOC, data: MODINFO }, target, target],
      symbols: [{ name: "one" }],
      relocations: [
        { section: 2, entries: [{ offset: 1, type: 1, symbol: "one" }] },
        { section: 3, entries: [{ offset: 2, type: 1, symbol: "one" }] },
      ],
    });
    const headers = dumpElf(convertWithList(module)).match(/^relocations .*klp.*$/gm);
    expect(headers).toEqual([
      expect.stringMatching(/\.klp\.rela\.vmlinux\.text\.same for \[2\] \.text\.same$/),
      expect.stringMatching(/\.klp\.rela\.vmlinux\.text\.same for \[3\] \.text\.same$/),
    ]);
  });

  test("keeps every byte of its other sections, its e_flags, and the order of its symbols", () => {
    const description = describeIntermediate({
      undefined: ["two", "one"],
      symbols: [{ name: "after", section: ".data" }],
      uses: { ".text": ["one"], ".data": ["two"] },
    });
    // Zeros where the relocation is to be applied: x86 refuses anything else.
    const contents = Uint8Array.from({ length: 64 }, (_, i) => (i < 8 ? 0 : i * 3));
    const module = buildElf({
      ...description,
      flags: 0x2,
      sections: description.sections!.map((each) =>
        each.name === ".data" ? { ...each, data: contents } : each,
      ),
    });
    const output = convertWithList(module);
    expect(part(output, "header")).toContain("flags 0x2");
    expect(part(output, "symbols").map((line) => line.split(" ").at(-1))).toEqual(
      part(module, "symbols")
        .map((line) => line.split(" ").at(-1))
        .map((name) => (name === "one" || name === "two" ? `.klp.sym.vmlinux.${name},0` : name)),
    );
    expect(Buffer.from(output).includes(Buffer.from(contents))).toBe(true);
  });

  test("is unchanged when converted again", () => {
    const module = buildIntermediate({
      undefined: ["one", "other"],
      uses: { ".text": ["one", "other"] },
      annotations: { ext4: [["other", 0]] },
    });
    const once = convertWithList(module);
    expect(convertWithList(once)).toBe(once);
    expect(convert(once).report.outcome).toBe("unchanged");
  });

  test("gets further relocations into the livepatch section it has already", () => {
    const half: Intermediate = {
      undefined: ["one", "two"],
      uses: { ".text": ["one", "two"] },
      annotations: { vmlinux: [["two", 0]] },
    };
    const halfConverted = convert(buildIntermediate(half)).output!;
    expect(part(halfConverted, ".rela.text for").join()).toContain("one");
    const output = convertWithList(halfConverted);
    expect(dumpElf(output).match(/^relocations .*klp/gm)).toHaveLength(1);
    const moved = part(output, ".klp.rela.vmlinux.text for").map((line) => line.split(" ").at(-1));
    expect(moved).toEqual([".klp.sym.vmlinux.two,0", ".klp.sym.vmlinux.one,0"]);
  });

  test("does not add to a livepatch section that the kernel would not keep", () => {
    const { sections = [] } = describeIntermediate({});
    const module = buildElf({
      sections,
      symbols: [{ name: ".klp.sym.vmlinux.two,0", section: SHN.LIVEPATCH }, { name: "one" }],
      relocations: [
        { section: ".text", entries: [{ offset: 0, type: 1, symbol: "one" }] },
        {
          section: ".text",
          name: ".klp.rela.vmlinux.text",
          flags: SHF.INFO_LINK | SHF.RELA_LIVEPATCH,
          entries: [{ offset: 8, type: 1, symbol: ".klp.sym.vmlinux.two,0" }],
        },
      ],
    });
    expect(dumpElf(convertWithList(module)).match(/^relocations .*klp/gm)).toHaveLength(2);
  });

  test("tells of several ordinary sections for one target as one livepatch section", () => {
    const module = buildElf({
      sections: describeIntermediate({}).sections ?? [],
      symbols: [{ name: "one" }],
      relocations: [0, 8].map((offset) => ({
        section: ".text",
        entries: [{ offset, type: 1, symbol: "one" }],
      })),
    });
    const { report, output } = convert(module, { symbols: LIST });
    expect(report.sections).toEqual([
      { name: ".klp.rela.vmlinux.text", gate: "vmlinux", target: ".text", relocations: 2 },
    ]);
    expect(part(output!, ".klp.rela.vmlinux.text for")).toHaveLength(2);
  });

  test("is made without changing the input", () => {
    const module = buildIntermediate({
      undefined: ["one"],
      uses: { ".text": ["one"] },
      annotations: { vmlinux: [["one", 0]] },
    });
    const copy = module.slice();
    convertWithList(module);
    expect(module).toEqual(copy);
    // A Buffer is a Uint8Array whose slice() does not copy.
    const buffer = Buffer.from(module);
    expect(convertWithList(buffer)).toEqual(convertWithList(module));
    expect(buffer.equals(copy)).toBe(true);
  });
});

test("a module with nothing to convert comes back as it is, with a note", () => {
  const module = buildIntermediate({ uses: { ".text": ["patched"] } });
  const { output, diagnostics, report } = convert(module, { file: "in.ko", symbols: LIST });
  expect(output).toBe(module);
  expect(report.outcome).toBe("unchanged");
  expect(diagnostics).toEqual([
    {
      severity: "note",
      code: "nothing-to-convert",
      file: "in.ko",
      message: "nothing to convert: the module stays as it is",
      notes: [],
    },
  ]);
});

describe("a module is refused that", () => {
  test("is no livepatch module, saying which line of C is missing", () => {
    expect(refusal(buildIntermediate({ modinfo: "license=GPL\0notlivepatch=Y\0" }))).toEqual([
      "not a livepatch module: .modinfo has no livepatch=",
      'add to the module\'s source: MODULE_INFO(livepatch, "Y");',
    ]);
  });

  test("has livepatch= anywhere but in .modinfo, or two of those", () => {
    const { sections = [], symbols = [] } = describeIntermediate({ modinfo: "license=GPL\0" });
    const other = { name: ".comment", flags: SHF.ALLOC, data: MODINFO };
    expect(refusal(buildElf({ sections: [...sections, other], symbols }))[0]).toBe(
      "not a livepatch module: .modinfo has no livepatch=",
    );
    const second = { ...other, name: ".modinfo" };
    expect(refusal(buildElf({ sections: [second, ...sections], symbols }))).toEqual([
      "there are 2 sections .modinfo",
      "a module has one: link the objects again with kbuild",
    ]);
  });

  test("is compressed, saying what decompresses it", () => {
    const compressed = (file: string, bytes: number[]) => {
      const { diagnostics } = convert(Uint8Array.from([...bytes, 0, 0, 0, 0]), { file });
      return diagnostics.flatMap(({ message, notes }) => [message, ...notes]);
    };
    expect(compressed("in.ko.gz", [0x1f, 0x8b])).toEqual([
      "the module is compressed with gzip",
      "decompress it first: gzip -dc < in.ko.gz > in.ko",
    ]);
    expect(compressed("in.ko", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0])).toEqual([
      "the module is compressed with xz",
      "decompress it first: xz -dc < in.ko > decompressed.ko",
    ]);
    expect(compressed("it's in.zst", [0x28, 0xb5, 0x2f, 0xfd])).toEqual([
      "the module is compressed with zstd",
      "decompress it first: zstd -dc < 'it'\\''s in.zst' > 'it'\\''s in'",
    ]);
  });

  test("is signed, saying to sign afterwards", () => {
    const signed = Buffer.concat([
      buildIntermediate({}),
      Buffer.from("signature~Module signature appended~\n"),
    ]);
    expect(refusal(signed)).toEqual([
      "the module has an appended signature",
      "conversion would make the signature wrong, and a wrong one is fatal at load",
      "convert the unsigned module and sign the result: scripts/sign-file",
    ]);
  });

  test("is for a machine without livepatch, or one in another layout", () => {
    const { sections = [], symbols = [] } = describeIntermediate({});
    expect(refusal(buildElf({ machine: 40, sections, symbols }))).toEqual([
      "e_machine is 40, which has no livepatch; x86_64 is 62, s390x is 22, powerpc64 is 21, powerpc is 20, arm64 is 183, loongarch is 258",
    ]);
    expect(refusal(buildElf({ machine: 62, order: "big", sections, symbols }))).toEqual([
      "a module for x86_64 is ELFCLASS64, little-endian",
    ]);
    expect(refusal(buildElf({ machine: 21, class: 32, sections, symbols }))).toEqual([
      "a module for powerpc64 is ELFCLASS64",
    ]);
  });

  test("is in another tool's intermediate form", () => {
    const { sections = [], symbols = [] } = describeIntermediate({});
    const withSection = (name: string) =>
      refusal(buildElf({ sections: [...sections, { name, size: 8 }], symbols }));
    expect(withSection(".kpatch.symbols")).toEqual([
      "the module is in kpatch's intermediate form, which this tool does not read: it has 1 section .kpatch.*",
      "kpatch-build's own last step, create-klp-module, converts it",
    ]);
    expect(withSection(".klp.arch.vmlinux..altinstructions")).toEqual([
      "the module is in the form of kpatch for kernels before 5.8, which this tool does not read: it has 1 section .klp.arch.*",
      "since 5.8 the kernel reads no such sections; build the module for the kernel it is for",
    ]);
    expect(withSection(".ksplice_patches")).toEqual([
      "the module is in Ksplice's form, which this tool does not read: it has 1 section .ksplice*",
      "it is for Ksplice's own loader, not for livepatch",
    ]);
  });

  test("applies a livepatch symbol by an ordinary relocation, or the reverse", () => {
    const { sections = [] } = describeIntermediate({});
    const symbols = [
      { name: ".klp.sym.vmlinux.one,0", section: SHN.LIVEPATCH },
      { name: "patched", section: ".text" },
    ];
    const remedy =
      "the module was converted by a tool that left this behind; convert the intermediate module";
    const entry = { offset: 8, type: 1, symbol: ".klp.sym.vmlinux.one,0" };
    const misused = (entries: (typeof entry)[]) =>
      buildElf({ sections, symbols, relocations: [{ section: ".text", entries }] });
    expect(refusal(misused([entry]))).toEqual([
      "the relocation of livepatch symbol .klp.sym.vmlinux.one,0 is not in a livepatch section: the kernel would resolve it to 0",
      remedy,
    ]);
    // What objtool leaves behind: a relocation that does nothing.
    const none = misused([{ ...entry, type: 0 }]);
    expect(convertWithList(none)).toBe(none);

    const livepatch = {
      section: ".text",
      name: ".klp.rela.vmlinux.text",
      flags: SHF.ALLOC | SHF.INFO_LINK | SHF.RELA_LIVEPATCH,
      type: SHT.RELA,
    };
    const reverse = { ...livepatch, entries: [{ ...entry, symbol: "patched" }] };
    expect(refusal(buildElf({ sections, symbols, relocations: [reverse] }))).toEqual([
      "the livepatch relocation is of patched, which is not a livepatch symbol: the kernel would refuse it",
      remedy,
    ]);
  });

  test("faults of the list and of the module are told together", () => {
    const { diagnostics } = convert(buildIntermediate({ modinfo: "license=GPL\0" }), {
      file: "in.ko",
      symbols: { file: "Symbols.list", bytes: new TextEncoder().encode("nonsense\n") },
    });
    expect(diagnostics.map(({ file, code }) => `${file}: ${code}`)).toEqual([
      "Symbols.list: source-order",
      "in.ko: not-livepatch",
    ]);
  });
});
