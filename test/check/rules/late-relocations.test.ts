// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { SHF } from "../../elf-builder.js";
import { buildConverted, type Converted, ofBar, ofFoo } from "./converted.js";
import { type Beside, findingsOf } from "./places-findings.js";

function found(id: string, wanted: Converted, beside: Beside = {}): string[] {
  return findingsOf(buildConverted(wanted), beside, [id]);
}

describe("L62, stores when a module is loaded", () => {
  const readonlyData = { name: "__jump_table", size: 16, flags: SHF.ALLOC | SHF.WRITE };

  test("are fine where powerpc64 can write", () => {
    const livepatch = {
      "ext4 .data": [ofBar(38)],
      "ext4 .text": [ofBar(10)],
      "vmlinux .rodata": [ofFoo(38)],
    };
    expect(found("L62", { machine: "ppc64le", livepatch })).toEqual([]);
  });

  test("are found in memory that is read-only by then", () => {
    const wanted: Converted = {
      machine: "ppc64le",
      sections: [readonlyData],
      livepatch: { "ext4 .rodata": [ofBar(38, 8)], "ext4 __jump_table": [ofBar(38)] },
    };
    expect(found("L62", wanted)).toEqual([
      "L62 error .rodata+0x8: R_PPC64_ADDR64 of bar cannot be applied when ext4 is loaded: .rodata is read-only by then, and the kernel stores there all the same and crashes => crash: the kernel stores into read-only memory when ext4 is loaded",
      "L62 error __jump_table+0x0: R_PPC64_ADDR64 of bar cannot be applied when ext4 is loaded: __jump_table is read-only by then, and the kernel stores there all the same and crashes => crash: the kernel stores into read-only memory when ext4 is loaded",
    ]);
  });

  test("are found where a branch is made of data", () => {
    const livepatch = { "ext4 .data": [ofBar(10)], "vmlinux .data": [ofFoo(10, 8)] };
    expect(found("L62", { machine: "ppc64le", livepatch })).toEqual([
      "L62 error .data+0x0: R_PPC64_REL24 of bar makes a branch of what is no code => wrong: the data is changed as if it were a branch when ext4 is loaded",
    ]);
  });

  test("are found on powerpc", () => {
    const wanted: Converted = { machine: "ppc32", livepatch: { "ext4 .rodata": [ofBar(1)] } };
    expect(found("L62", wanted)[0]).toMatch(/^L62 error \.rodata\+0x0: R_PPC_ADDR32 of bar /);
  });

  test("are found on arm64 where they are not aligned", () => {
    const livepatch = {
      "ext4 .data": [ofBar(257, 6), ofBar(257, 16)],
      "vmlinux .data": [ofFoo(257, 34)],
    };
    expect(found("L62", { machine: "aarch64", livepatch })).toEqual([
      "L62 error .data+0x6: R_AARCH64_ABS64 of bar cannot be applied when ext4 is loaded: 0x6 is no multiple of 4, and the kernel then leaves the place as it is without a word => wrong: the place stays as it is",
    ]);
  });

  test("are no matter on x86_64", () => {
    expect(found("L62", { livepatch: { "ext4 .rodata": [ofBar(1, 1)] } })).toEqual([]);
  });
});

describe("L63, what the kernel gets wrong", () => {
  test("is told of s390's slots once for each symbol, as a warning", () => {
    const livepatch = { "ext4 .text": [ofBar(26), ofBar(26, 8)], "vmlinux .text": [ofFoo(26, 16)] };
    expect(found("L63", { machine: "s390x", livepatch })).toEqual([
      "L63 warning .text+0x0: R_390_GOTENT of bar, which waits for ext4: the kernel fills in the symbol's slot once; if the module is unloaded and comes back at another address, the patch goes on using the old one => harmless",
    ]);
  });

  test("is told of loongarch's slots and sums", () => {
    const livepatch = { "ext4 .text": [ofBar(75)], "ext4 .data": [ofBar(51)] };
    expect(found("L63", { machine: "loongarch", livepatch })).toEqual([
      "L63 warning .text+0x0: R_LARCH_GOT_PC_HI20 of bar, which waits for ext4: the GOT has one slot for the symbol; if the module is unloaded and comes back at another address, the kernel may have no room for that and refuse to load it => harmless",
      "L63 warning .data+0x0: R_LARCH_ADD64 of bar cannot be applied when ext4 is loaded: the kernel adds to what is there, and does so again when the module is loaded for the second time => harmless",
    ]);
  });

  test("is told of loongarch's vmlinux, which is too far away", () => {
    const livepatch = { "vmlinux .text": [ofFoo(71)] };
    expect(found("L63", { machine: "loongarch", livepatch })).toEqual([
      "L63 warning .text+0x0: R_LARCH_PCALA_HI20 of foo: the module loader keeps the low 32 bits of the distance without a word, and vmlinux is farther from modules than that => wrong: the address is cut off to 32 bits",
    ]);
  });

  test("is told once for each module on x86_64, where the kernel takes nothing back", () => {
    const livepatch = { "ext4 .data": [ofBar(1), ofBar(1, 8)], "vmlinux .data": [ofFoo(1, 16)] };
    expect(found("L63", { livepatch }, { release: "6.1.0-56-amd64" })).toEqual([
      'L63 warning .data+0x0: ext4 cannot be loaded again while the patch is: the kernel does not take back what it relocated, and prints "existing value is nonzero" => harmless',
    ]);
    expect(found("L63", { livepatch }, { release: "6.3.0" })).toEqual([]);
  });

  test.each([10, 116])("is told once for each module of powerpc64's calls of type %d", (call) => {
    const livepatch = {
      "ext4 .text": [ofBar(call), ofBar(call, 8)],
      "ext4 .data": [ofBar(38)],
      "vmlinux .text": [ofFoo(10, 16)],
    };
    expect(found("L63", { machine: "ppc64le", livepatch })).toEqual([
      "L63 warning .text+0x0: ext4 may be refused when it is loaded again and again while the patch is: each time the kernel takes other stubs for the calls, of which the patch has few => harmless",
    ]);
  });

  test("is not told of addresses and calls", () => {
    const s390x = { "ext4 .data": [ofBar(22)], "ext4 .text": [ofBar(20)] };
    expect(found("L63", { machine: "s390x", livepatch: s390x })).toEqual([]);
    const loongarch = { "ext4 .data": [ofBar(2)], "vmlinux .text": [ofFoo(66), ofFoo(75, 8)] };
    expect(found("L63", { machine: "loongarch", livepatch: loongarch })).toEqual([]);
  });
});

describe("L64, what belongs together on loongarch", () => {
  const machine = "loongarch";

  test("is fine with both halves for one object, wherever they are", () => {
    const livepatch = {
      "ext4 .text": [ofBar(71), ofBar(72, 4), ofBar(72, 8)],
      "vmlinux .text": [ofFoo(75, 16)],
      "vmlinux .data": [ofFoo(76, 4)],
    };
    expect(found("L64", { machine, livepatch })).toEqual([]);
  });

  test("is found if a half waits for another object", () => {
    const livepatch = { "ext4 .text": [ofBar(72, 4)], "vmlinux .text": [ofBar(71)] };
    expect(found("L64", { machine, livepatch })).toEqual([
      "L64 error .text+0x4: R_LARCH_PCALA_LO12 waits for ext4, and there is no high half that does => wrong: half of the address is filled in without the other",
    ]);
  });

  test("is found of halves that look for each other in one section", () => {
    const wanted: Converted = {
      machine,
      ordinary: { ".text": [{ offset: 4, type: 129, symbol: "own" }] },
      livepatch: { "vmlinux .text": [ofFoo(128)] },
    };
    const [line = "", ...more] = found("L64", wanted, { release: "7.3" });
    expect(line).toMatch(
      /^L64 error \.text\+0x0: R_LARCH_PCADD_HI20 of foo cannot be applied: its /,
    );
    expect(line.split(" => ")[1]).toBe(
      "refused (relocation) EINVAL kmod: out: Can not find HI20 relocation information",
    );
    expect(more).toEqual([]);
  });

  test("is found of what works on a stack", () => {
    const livepatch = { "vmlinux .text": [ofFoo(29)] };
    const [line = ""] = found("L64", { machine, livepatch });
    expect(line).toMatch(/^L64 error \.text\+0x0: R_LARCH_SOP_PUSH_PLT_PCREL of foo cannot be /);
    expect(line).toMatch(/ => refused \(relocation\) ENOEXEC $/);
  });

  test("is found of marks for a linker, ordinary ones too", () => {
    const wanted: Converted = {
      machine,
      release: "7.3.0",
      ordinary: { ".text": [{ offset: 4, type: 100, symbol: "own" }] },
    };
    expect(found("L64", wanted)).toEqual([
      'L64 error .text+0x4: R_LARCH_RELAX cannot be applied: the module loader does not know it and prints "relocation type 100" => refused (relocation) EINVAL kmod: out: Unsupport relocation type 100, please add its support.',
    ]);
  });
});
