// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { SHN } from "../../elf-builder.js";
import { buildConverted, type Converted, ofBar, ofFoo } from "./converted.js";
import { type Beside, findingsOf } from "./places-findings.js";

const REL24 = 10;
const [BL, B, NOP, LI] = [0x48000001, 0x48000000, 0x60000000, 0x38600000];
const LD_TOC = 0xe8410018;

function words(...all: readonly number[]): number[] {
  return all.flatMap((word) => [0, 8, 16, 24].map((shift) => (word >>> shift) & 0xff));
}

function found(wanted: Converted, ids: readonly string[], beside: Beside = {}): string[] {
  return findingsOf(buildConverted({ machine: "ppc64le", ...wanted }), beside, ids);
}

describe("L60, a nop behind each call", () => {
  const call = (...text: readonly number[]): Converted => ({
    data: { ".text": words(...text) },
    livepatch: { "vmlinux .text": [ofFoo(REL24)] },
  });

  test("has nothing to say if it is there, or if nothing returns", () => {
    expect(found(call(BL, NOP), ["L60"])).toEqual([]);
    expect(found(call(B, LI), ["L60"])).toEqual([]);
  });

  test("finds another instruction", () => {
    expect(found(call(BL, LI), ["L60"])).toEqual([
      'L60 error .text+0x0: R_PPC64_REL24 of foo cannot be applied: behind the call the module loader prints "Expected nop after call, got 38600000" => refused (relocation) ENOEXEC module_64: out: Expected nop after call, got 38600000 at …',
    ]);
  });

  test("finds it of a call that waits for a module", () => {
    const wanted = {
      data: { ".text": words(BL, LI) },
      livepatch: { "ext4 .text": [ofBar(REL24)] },
    };
    expect(found(wanted, ["L60"])[0]).toMatch(/refused \(objects, ext4\) ENOEXEC module_64: out: /);
  });

  test("knows since when the instruction may be there already", () => {
    expect(found(call(BL, LD_TOC), ["L60"], { release: "6.1" })).toHaveLength(1);
    expect(found(call(BL, LD_TOC), ["L60"], { release: "6.3" })).toEqual([]);
  });

  test("finds a call at the section's end", () => {
    expect(found(call(BL), ["L60"])).toEqual([
      "L60 error .text+0x0: R_PPC64_REL24 of foo cannot be applied: the section ends behind the call, where the module loader wants a nop => refused (relocation) ENOEXEC module_64: out: Expected nop after call, got … at …",
    ]);
  });

  test("does not look beyond the section", () => {
    const wanted = { livepatch: { "vmlinux .text": [ofFoo(REL24, 62), ofFoo(REL24, 2 ** 40)] } };
    expect(found(wanted, ["L60"])).toEqual([]);
  });
});

describe("L61, the TOC", () => {
  test.each([
    [47, "refused (relocation) ENOEXEC module_64: out: bad TOC16 relocation (…)"],
    [63, "refused (relocation) ENOEXEC module_64: out: bad TOC16_DS relocation (…)"],
    [48, "wrong: it is half of a distance from the patch's TOC"],
    [50, "wrong: it is half of a distance from the patch's TOC"],
    [64, "wrong: it is half of a distance from the patch's TOC"],
    [250, "wrong: it is half of a distance, and the module loader"],
    [252, "wrong: it is half of a distance, and the module loader"],
    [118, "wrong: it is about the patch's own TOC, whatever the symbol"],
    [51, "wrong: it is about the patch's own TOC, whatever the symbol"],
  ])("finds type %i of a livepatch symbol", (type, outcome) => {
    const [line = "", ...more] = found({ livepatch: { "vmlinux .text": [ofFoo(type, 8)] } }, [
      "L61",
    ]);
    expect(line).toMatch(/^L61 error \.text\+0x8: R_PPC64_\w+ of foo cannot be applied: /);
    expect(line.split(" => ")[1]).toContain(outcome);
    expect(more).toEqual([]);
    const ordinary = { ".text": [{ offset: 8, type, symbol: "own" }] };
    expect(found({ ordinary }, ["L61"])).toEqual([]);
  });

  test("has nothing to say of whole addresses, nor of what other rules are about", () => {
    const livepatch = { "vmlinux .data": [ofFoo(38), ofFoo(1, 8), ofFoo(0, 16)] };
    expect(found({ livepatch }, ["L61"])).toEqual([]);
  });

  test("knows that text is read-only when a module is loaded", () => {
    const outcomes = (type: number, section: string) =>
      found({ livepatch: { [`ext4 ${section}`]: [ofBar(type)] } }, ["L61"]).map(
        (line) => line.split(" => ")[1]!.split(":")[0],
      );
    expect(outcomes(50, ".text")).toEqual(["crash"]);
    expect(outcomes(50, ".data")).toEqual(["wrong"]);
    expect(outcomes(118, ".text")).toEqual(["wrong"]);
    expect(outcomes(47, ".text")).toEqual(["refused (objects, ext4) ENOEXEC module_64"]);
  });

  test("finds .TOC. that is not undefined", () => {
    expect(found({ symbols: [{ name: ".TOC." }] }, ["L61"])).toEqual([]);
    expect(found({ symbols: [{ name: ".TOC.", section: SHN.LIVEPATCH }] }, ["L61"])).toEqual([
      "L61 error .TOC.: st_shndx of .TOC. is 65312 when it should be 0 => crash: the module loader does not give .TOC. its value, and the code uses 0",
    ]);
  });
});
