// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { SHF, SHT } from "../../elf-builder.js";
import { buildConverted, type Converted, FOO, ofBar, ofFoo } from "./converted.js";
import { type Beside, findingsOf } from "./places-findings.js";

const [ABS64, PC32, PLT32] = [1, 2, 4];

function found(wanted: Converted, beside: Beside = {}): string[] {
  return findingsOf(buildConverted(wanted), beside, ["L59"]);
}

/** 64 bytes of which some are not zero. */
function bytes(at: Readonly<Record<number, number>>): number[] {
  return Array.from({ length: 64 }, (_, i) => at[i] ?? 0);
}

const LINE_6_1 =
  "module: x86/modules: Skipping invalid relocation target, existing value is nonzero for";

describe("L59, places that hold something", () => {
  const wanted: Converted = {
    data: { ".data": bytes({ 15: 1, 16: 0x7f }) },
    livepatch: { "vmlinux .data": [ofFoo(ABS64), ofFoo(ABS64, 8), ofFoo(PC32, 16)] },
  };

  test("are found, each with the line of its kernel", () => {
    expect(found(wanted)).toEqual([
      `L59 error .data+0x8: the place of R_X86_64_64 has 00 00 00 00 00 00 00 01, where the kernel wants zeros => refused (relocation) ENOEXEC ${LINE_6_1} type 1, loc …, val …`,
      `L59 error .data+0x10: the place of R_X86_64_PC32 has 7f 00 00 00, where the kernel wants zeros => refused (relocation) ENOEXEC ${LINE_6_1} type 2, loc …, val …`,
    ]);
  });

  test.each([
    ["6.2.16", "Skipping invalid relocation target, existing value is nonzero for type 1"],
    ["6.3.1", "Invalid relocation target, existing value is nonzero for type 1"],
    ["6.12.9", "Invalid relocation target, existing value is nonzero for type 1"],
    ["6.19.0", "Invalid relocation target, existing value is nonzero for sec 6, idx 1, type 1"],
    ["7.3.4", "Invalid relocation target, existing value is nonzero for sec 6, idx 1, type 1"],
  ])("are refused by %s in its words", (release, words) => {
    const [line = ""] = found(wanted, { release });
    expect(line.split(" => ")[1]).toBe(
      `refused (relocation) ENOEXEC module: x86/modules: ${words}, loc …, val …`,
    );
  });

  test("are found of ordinary relocations, and of those that wait for a module", () => {
    expect(
      found({
        data: { ".rodata": bytes({ 3: 1, 8: 2 }) },
        ordinary: { ".rodata": [{ offset: 0, type: PC32, symbol: "own" }] },
        livepatch: { "ext4 .rodata": [ofBar(ABS64, 8)] },
      }),
    ).toEqual([
      `L59 error .rodata+0x0: the place of R_X86_64_PC32 has 00 00 00 01, where the kernel wants zeros => refused (relocation) ENOEXEC ${LINE_6_1} type 2, loc …, val …`,
      `L59 error .rodata+0x8: the place of R_X86_64_64 has 02 00 00 00 00 00 00 00, where the kernel wants zeros => refused (objects, ext4) ENOEXEC ${LINE_6_1} type 1, loc …, val …`,
    ]);
  });

  test("are no matter where nothing is written", () => {
    expect(
      found({
        data: { ".data": bytes({ 0: 1, 4: 1, 12: 1 }) },
        sections: [{ name: ".comment", data: bytes({ 0: 1 }) }],
        ordinary: { ".comment": [{ offset: 0, type: PC32, symbol: "own" }] },
        livepatch: {
          "vmlinux .data": [ofFoo(0), ofFoo(PC32, 8)],
          "vmlinux .comment": [ofFoo(ABS64)],
        },
      }),
    ).toEqual([]);
  });

  test("are looked for within the file only", () => {
    const wanted: Converted = {
      sections: [
        { name: ".bss", type: SHT.NOBITS, size: 16, flags: SHF.ALLOC | SHF.WRITE },
        { name: ".end", data: [0, 0, 0, 0, 0, 0, 0, 0, 5], flags: SHF.ALLOC },
      ],
      livepatch: { "vmlinux .bss": [ofFoo(ABS64)], "vmlinux .end": [ofFoo(ABS64, 2 ** 40)] },
    };
    expect(found(wanted)).toEqual([]);
  });

  test("are x86's affair", () => {
    const data = { ".data": bytes({ 0: 1 }) };
    expect(found({ machine: "s390x", data, livepatch: { "vmlinux .data": [ofFoo(22)] } })).toEqual(
      [],
    );
  });
});

describe("L59, two relocations of the same bytes", () => {
  test("are found in one section", () => {
    expect(found({ livepatch: { "vmlinux .data": [ofFoo(ABS64, 8), ofFoo(PC32, 12)] } })).toEqual([
      `L59 error .data+0xc: R_X86_64_PC32 writes the same bytes as R_X86_64_64 of .klp.rela.vmlinux.data at 0x8, which is applied before it => refused (relocation) ENOEXEC ${LINE_6_1} type 2, loc …, val …`,
    ]);
  });

  test("are told apart by the order of the kernel, not by that of the places", () => {
    expect(found({ livepatch: { "vmlinux .data": [ofFoo(PC32, 12), ofFoo(ABS64, 8)] } })).toEqual([
      `L59 error .data+0x8: R_X86_64_64 writes the same bytes as R_X86_64_PC32 of .klp.rela.vmlinux.data at 0xc, which is applied before it => refused (relocation) ENOEXEC ${LINE_6_1} type 1, loc …, val …`,
    ]);
  });

  test("are found in sections that wait for different objects: the last is refused", () => {
    // The one of ext4 comes first in the file, and is applied last.
    expect(
      found({
        livepatch: { "ext4 .text": [ofBar(PLT32, 4)], "vmlinux .text": [ofFoo(PLT32, 4)] },
      }),
    ).toEqual([
      `L59 error .text+0x4: R_X86_64_PLT32 writes the same bytes as R_X86_64_PLT32 of .klp.rela.vmlinux.text at 0x4, which is applied before it => refused (objects, ext4) ENOEXEC ${LINE_6_1} type 4, loc …, val …`,
    ]);
  });

  test("are found of an ordinary relocation and livepatch's", () => {
    expect(
      found({
        ordinary: { ".text": [{ offset: 4, type: PLT32, symbol: "own", addend: -4 }] },
        livepatch: { "vmlinux .text": [ofFoo(PLT32, 4)] },
      }),
    ).toEqual([
      `L59 error .text+0x4: R_X86_64_PLT32 writes the same bytes as R_X86_64_PLT32 of .rela.text at 0x4, which is applied before it => refused (relocation) ENOEXEC ${LINE_6_1} type 4, loc …, val …`,
    ]);
  });

  test("are no matter if the first leaves zeros: one of the symbol that is resolved later", () => {
    const left = { offset: 8, type: ABS64, symbol: FOO };
    const livepatch = { "vmlinux .data": [ofFoo(ABS64, 8)] };
    const outcome = (lines: readonly string[]) => lines.map((line) => line.split(" => ")[1]);
    expect(outcome(found({ ordinary: { ".data": [left] }, livepatch }))).toEqual(["harmless"]);
    const addend = { ...left, addend: 1 };
    expect(outcome(found({ ordinary: { ".data": [addend] }, livepatch }))[0]).toMatch(/^refused/);
    const relative = { ...left, type: PC32 };
    expect(outcome(found({ ordinary: { ".data": [relative] }, livepatch }))[0]).toMatch(/^refused/);
  });

  test("are not there if they only touch", () => {
    expect(
      found({
        livepatch: { "vmlinux .data": [ofFoo(ABS64, 8), ofFoo(PC32, 16), ofFoo(PC32, 4)] },
      }),
    ).toEqual([]);
  });

  test("are found once each, however many there are", () => {
    const entries = Array.from({ length: 20_000 }, () => ofFoo(ABS64));
    const before = performance.now();
    const lines = found({ livepatch: { "vmlinux .data": entries } });
    expect(lines).toHaveLength(20);
    expect(performance.now() - before).toBeLessThan(5000);
  });
});
