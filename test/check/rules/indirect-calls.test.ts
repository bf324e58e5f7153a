// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { SHF } from "../../elf-builder.js";
import { listOf } from "../../livepatch/messages.js";
import { buildConverted, type Converted, ofFoo } from "./converted.js";
import { findingsOf } from "./places-findings.js";

const ENDBR = [0xf3, 0x0f, 0x1e, 0xfa];
const [ABS64, PC32, PLT32] = [1, 2, 4];

/** 64 bytes of text that begin with ENDBR, and what else is given. */
function text(at: Readonly<Record<number, readonly number[]>> = {}, start = ENDBR): number[] {
  const bytes = Array.from({ length: 64 }, (_, i) => start[i] ?? 0);
  for (const [offset, some] of Object.entries(at)) {
    for (const [i, byte] of some.entries()) bytes[Number(offset) + i] = byte;
  }
  return bytes;
}

function found(wanted: Converted, ...lines: readonly string[]): string[] {
  const list = lines.length === 0 ? ["foo ffffffff81000000 t"] : lines;
  const bytes = new Uint8Array(Buffer.from(listOf("", "*vmlinux", ...list)));
  return findingsOf(buildConverted(wanted), { symbols: { file: "list", bytes } }, ["L73"]);
}

describe("L73, addresses of functions", () => {
  const pointer: Converted = {
    data: { ".text": text() },
    livepatch: { "vmlinux .data": [ofFoo(ABS64, 8)] },
  };
  const line = (guard: string, type = "R_X86_64_64", place = ".data+0x8") =>
    `L73 warning ${place}: ${type} takes the address of foo, a function of vmlinux, and the patch is built for a kernel with ${guard} => harmless`;

  test("are found in a patch that is built with IBT", () => {
    expect(found(pointer)).toEqual([line("IBT")]);
    const sealed = [{ name: ".ibt_endbr_seal", size: 4, flags: SHF.ALLOC }];
    expect(found({ ...pointer, data: {}, sections: sealed })).toEqual([line("IBT")]);
  });

  test("are found in one that is built with kCFI", () => {
    const sections = [{ name: ".kcfi_traps", size: 4, flags: SHF.ALLOC }];
    expect(found({ ...pointer, data: {}, sections })).toEqual([line("kCFI")]);
    const symbols = [{ name: "__cfi_own", section: ".text" }];
    expect(found({ ...pointer, data: {}, symbols })).toEqual([line("kCFI")]);
  });

  test("are no matter to other kernels", () => {
    expect(found({ ...pointer, data: {} })).toEqual([]);
  });

  test("are none of variables", () => {
    for (const type of ["d", "D", "B", "r"]) {
      expect(found(pointer, `foo ffffffff81000000 ${type}`)).toEqual([]);
    }
    expect(found(pointer, "foo ffffffff81000000 T")).toHaveLength(1);
  });

  test("are not taken by calls and jumps", () => {
    const wanted = {
      data: {
        ".text": text({ 8: [0xe8], 16: [0xe9], 24: [0x0f, 0x84] }),
      },
      livepatch: { "vmlinux .text": [ofFoo(PLT32, 9), ofFoo(PLT32, 17), ofFoo(PC32, 26)] },
    };
    expect(found(wanted)).toEqual([]);
  });

  test("are taken by lea and mov", () => {
    const wanted = {
      data: { ".text": text({ 8: [0x48, 0x8d, 0x05], 16: [0x48, 0xc7, 0xc0] }) },
      livepatch: { "vmlinux .text": [ofFoo(PC32, 11), ofFoo(11, 19)] },
    };
    expect(found(wanted)).toEqual([
      line("IBT", "R_X86_64_PC32", ".text+0xb"),
      line("IBT", "R_X86_64_32S", ".text+0x13"),
    ]);
  });

  test("are not taken by distances in data", () => {
    const livepatch = { "vmlinux .data": [ofFoo(PC32)] };
    expect(found({ data: { ".text": text() }, livepatch })).toEqual([]);
  });

  test("are taken on arm64 by pointers and adrp", () => {
    const symbols = [{ name: "__kcfi_typeid_own" }];
    const livepatch = { "vmlinux .text": [ofFoo(283), ofFoo(275, 8), ofFoo(277, 12)] };
    expect(found({ machine: "aarch64", symbols, livepatch })).toEqual([
      line("kCFI", "R_AARCH64_ADR_PREL_PG_HI21", ".text+0x8"),
    ]);
    expect(found({ machine: "aarch64", livepatch })).toEqual([]);
  });

  test("are unchecked where it is not known what a symbol is", () => {
    const reason = "L73 unchecked: the type of foo in vmlinux is not known";
    expect(found(pointer, "foo - -")).toEqual([reason]);
    expect(found(pointer, "other ffffffff81000000 t")).toEqual([reason]);
    expect(findingsOf(buildConverted(pointer), {}, ["L73"])).toEqual([
      "L73 unchecked: the kernel's symbols are not given: --symbols",
    ]);
  });
});
