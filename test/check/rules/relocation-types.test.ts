// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { SHF } from "../../elf-builder.js";
import { listOf } from "../../livepatch/messages.js";
import { buildConverted, type Converted, ofBar, ofFoo } from "./converted.js";
import { type Beside, findingsOf } from "./places-findings.js";

function found(wanted: Converted, beside: Beside = {}): string[] {
  return findingsOf(buildConverted(wanted), beside, ["L58"]);
}

describe("L58, types that the module loader applies", () => {
  test("has nothing to say of those", () => {
    expect(
      found({
        ordinary: { ".text": [{ offset: 0, type: 2, symbol: "imported" }] },
        livepatch: {
          "vmlinux .data": [ofFoo(1), ofFoo(24, 8), ofFoo(11, 16), ofFoo(0, 24)],
          "ext4 .text": [ofBar(4, 8), ofBar(2, 16)],
        },
      }),
    ).toEqual([]);
  });

  test("finds one that it does not know, of vmlinux and of a module", () => {
    const wanted: Converted = {
      livepatch: { "vmlinux .data": [ofFoo(9, 8)], "ext4 .text": [ofBar(200)] },
    };
    expect(found(wanted)).toEqual([
      'L58 error .data+0x8: R_X86_64_GOTPCREL of foo cannot be applied: the module loader does not know it and prints "Unknown rela relocation: 9" => refused (relocation) ENOEXEC module: out: Unknown rela relocation: 9',
      'L58 error .text+0x0: relocation type 200 of bar cannot be applied: the module loader does not know it and prints "Unknown rela relocation: 200" => refused (objects, ext4) ENOEXEC module: out: Unknown rela relocation: 200',
    ]);
  });

  test("finds an ordinary one too, in sections that are loaded", () => {
    expect(
      found({
        ordinary: {
          ".text": [{ offset: 4, type: 9, symbol: "own" }],
          ".debug_info": [{ offset: 4, type: 9, symbol: "own" }],
          ".modinfo": [{ offset: 4, type: 9, symbol: "own" }],
        },
      }),
    ).toEqual([
      'L58 error .text+0x4: R_X86_64_GOTPCREL of own cannot be applied: the module loader does not know it and prints "Unknown rela relocation: 9" => refused (relocation) ENOEXEC module: out: Unknown rela relocation: 9',
    ]);
  });

  test("looks at no section that the kernel does not apply", () => {
    const comment = { name: ".comment", size: 16 };
    expect(
      found({
        sections: [comment, { name: ".data..percpu", size: 16, flags: SHF.ALLOC | SHF.WRITE }],
        livepatch: {
          "vmlinux .comment": [ofFoo(9)],
          "vmlinux .data..percpu": [ofFoo(9)],
          "vmlinux .modinfo": [ofFoo(9)],
        },
      }),
    ).toEqual([]);
  });

  test("looks at .data..percpu where the kernel does", () => {
    const wanted: Converted = {
      sections: [{ name: ".data..percpu", size: 16, flags: SHF.ALLOC | SHF.WRITE }],
      livepatch: { "vmlinux .data..percpu": [ofFoo(9)] },
    };
    expect(found(wanted, { release: "7.1.9" })).toEqual([]);
    expect(found(wanted, { release: "7.2.0" })).toHaveLength(1);
  });

  test("finds an address that does not fit 32 bits", () => {
    const wanted: Converted = { livepatch: { "vmlinux .data": [ofFoo(11, 8), ofFoo(10)] } };
    const message =
      "L58 error .data+0x0: R_X86_64_32 of foo cannot be applied: a kernel address has more than 32 bits => refused (relocation) ENOEXEC module: overflow in relocation type 10 val …";
    expect(found(wanted)).toEqual([message]);
    expect(found({ ordinary: { ".data": [{ offset: 0, type: 10, symbol: "own" }] } })).toEqual([]);
    expect(found(wanted, { release: "6.18.3" })).toEqual([message]);
    expect(found(wanted, { release: "7.3.4" })).toEqual([`${message} sec 6 idx 1`]);
  });

  test("knows that an addend may take an address round the end of all", () => {
    const at = (addend: number): Converted => ({
      livepatch: { "vmlinux .data": [{ ...ofFoo(10), addend }] },
    });
    expect(found(at(2 ** 24 - 1))).toHaveLength(1);
    expect(found(at(2 ** 24))).toEqual([]);
    expect(found(at(2 ** 32 + 2 ** 31))).toEqual([]);
    expect(found(at(2 ** 32 + 2 ** 31 + 1))).toHaveLength(1);
    expect(found(at(-(2 ** 32)))).toHaveLength(1);
  });

  test("knows that what is of each CPU may have a small address", () => {
    const wanted: Converted = { livepatch: { "vmlinux .data": [ofFoo(10)] } };
    const list = (address: string) => ({
      symbols: { file: "list", bytes: Buffer.from(listOf("", "*vmlinux", `foo ${address} A`)) },
    });
    expect(found(wanted, list("000000000001f0a0"))).toEqual([]);
    expect(found(wanted, list("ffffffff82e04e18"))).toHaveLength(1);
  });

  test.each([
    ["s390x", 200, "refused (relocation) ENOEXEC module out: unknown relocation: 200"],
    ["ppc64le", 0, "refused (relocation) ENOEXEC module_64: out: Unknown ADD relocation: 0"],
    ["ppc32", 14, "refused (relocation) ENOEXEC module_32: out: unknown ADD relocation: 14"],
    [
      "aarch64",
      311,
      "refused (relocation) ENOEXEC Modules: module out: unsupported RELA relocation: 311",
    ],
  ] as const)("finds one that %s does not know", (machine, type, outcome) => {
    const lines = found({ machine, livepatch: { "vmlinux .text": [ofFoo(type)] } });
    expect(lines.map((line) => line.split(" => ")[1])).toEqual([outcome]);
  });

  test.each([
    ["6.12.3", 110, "Unknown relocation type 110"],
    ["6.12.3", 64, "Unsupport relocation type 64, please add its support."],
    ["7.3.1", 110, "Unsupport relocation type 110, please add its support."],
    ["7.3.1", 140, "Unknown relocation type 140"],
  ])("finds one that loongarch of %s does not know: %i", (release, type, line) => {
    const wanted: Converted = {
      machine: "loongarch",
      release,
      livepatch: { "vmlinux .text": [ofFoo(type)] },
    };
    expect(found(wanted).map((each) => each.split(" => ")[1])).toEqual([
      `refused (relocation) EINVAL kmod: out: ${line}`,
    ]);
  });

  test("knows since when powerpc64 has types of PC-relative code", () => {
    const wanted: Converted = {
      machine: "ppc64le",
      livepatch: { "vmlinux .text": [ofFoo(132)] },
    };
    expect(found(wanted, { release: "6.4" })).toEqual([]);
    expect(found(wanted, { release: "6.3" })).toEqual([
      'L58 error .text+0x0: R_PPC64_PCREL34 of foo cannot be applied: the module loader does not know it and prints "Unknown ADD relocation: 132" => refused (relocation) ENOEXEC module_64: out: Unknown ADD relocation: 132',
    ]);
  });

  test.each([
    ["s390x", 14, "the module loader stores where the patch's own GOT is, whatever the symbol"],
    ["ppc64le", 1, "the module loader keeps the low 32 bits of the address without a word"],
    ["loongarch", 1, "the module loader keeps the low 32 bits of the address without a word"],
  ] as const)("finds one that %s gets wrong", (machine, type, text) => {
    const [line = "", ...more] = found({ machine, livepatch: { "vmlinux .data": [ofFoo(type)] } });
    expect(line).toContain(`of foo cannot be applied: ${text} => wrong: ${text}`);
    expect(more).toEqual([]);
    // An ordinary symbol is near.
    const own = [{ offset: 0, type, symbol: "own" }];
    expect(found({ machine, ordinary: { ".data": own } })).toEqual([]);
  });

  test("leaves to other rules what they are about", () => {
    const toc: Converted = { machine: "ppc64le", livepatch: { "vmlinux .text": [ofFoo(50)] } };
    expect(found(toc)).toEqual([]);
    const pcadd: Converted = { machine: "loongarch", livepatch: { "vmlinux .text": [ofFoo(128)] } };
    expect(found(pcadd)).toEqual([]);
  });
});
