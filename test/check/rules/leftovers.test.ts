// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { verdictOf } from "../../../src/check/verdict.js";
import { SHF, STB, type SymbolDescription } from "../../elf-builder.js";
import { fixture } from "../../fixtures.js";
import {
  ARM64,
  broken,
  build,
  examineModule,
  inShort,
  LIVEPATCH,
  line,
  livepatchSection,
  livepatchSymbol,
  ONE,
  OTHER,
  OURS,
  PPC64,
  theOne,
  type Wanted,
} from "./livepatch-module.js";

/** A module with an ordinary relocation of one more symbol. */
function ordinary(symbol: SymbolDescription, type = 1, wanted: Wanted = {}, section = ".data") {
  return build({
    ...wanted,
    symbols: [symbol],
    relocations: [
      { name: ".rela.more", section, entries: [{ offset: 16, type, symbol: symbol.name }] },
    ],
  }).bytes;
}

describe("L35: stand-ins", () => {
  const tombstone = { name: ".klp.tombstone.two", bind: STB.WEAK };

  test("are used by what does nothing only", () => {
    expect(line(theOne(ordinary(tombstone)))).toBe(
      "L35 error at .data 16 .klp.tombstone.two: R_X86_64_64 in .rela.more is of .klp.tombstone.two, a stand-in => wrong: a pointer is NULL",
    );
    expect(broken(ordinary(tombstone, 0))).toEqual([]);
    expect(broken(ordinary(tombstone, 1, {}, ".debug_info"))).toEqual([]);
  });

  test("are also livepatch symbols of other names", () => {
    expect(line(theOne(ordinary(livepatchSymbol("two"))))).toBe(
      "L35 error at .data 16 two: R_X86_64_64 in .rela.more is of two, a livepatch symbol => wrong: a pointer is NULL",
    );
  });
});

describe("L36: ordinary relocations", () => {
  const two = livepatchSymbol(".klp.sym.vmlinux.two,0");

  test("are not of livepatch symbols", () => {
    expect(line(theOne(ordinary(two)))).toBe(
      "L36 error at .data 16 .klp.sym.vmlinux.two,0: R_X86_64_64 in .rela.more is of .klp.sym.vmlinux.two,0, a livepatch symbol => wrong: a pointer is NULL",
    );
    expect(broken(ordinary(two, 0))).toEqual([]);
    expect(broken(ordinary(two, 1, {}, ".debug_info"))).toEqual([]);
  });

  test("are right where a section before has had the symbol resolved", () => {
    const more = (symbol: string) => ({
      name: ".rela.more",
      section: ".data",
      entries: [{ offset: 16, type: 1, symbol }],
    });
    // Behind .klp.rela.vmlinux.text, which has ONE, and .klp.rela.ext4.data, which waits.
    expect(theOne(build({ relocations: [more(ONE)] }).bytes).outcome.kind).toBe("harmless");
    expect(theOne(build({ relocations: [more(OTHER)] }).bytes).outcome.kind).toBe("wrong");
  });

  test("are refused by arm64 where address 0 is out of reach", () => {
    const bytes = ordinary(two, 275, { layout: ARM64 });
    expect(line(theOne(bytes))).toContain(
      "=> relocation: ENOEXEC: Modules: module lp: overflow in relocation type 275 val …",
    );
    expect(theOne(ordinary(two, 276, { layout: ARM64 })).outcome.kind).toBe("wrong");
  });
});

describe("L37: what is left of the intermediate module", () => {
  const NAME = ".klp.sym.vmlinux.two,0";

  test("is refused as an unknown symbol", () => {
    expect(line(theOne(build({ symbols: [{ name: NAME }] }).bytes))).toBe(
      `L37 error at ${NAME}: its st_shndx is 0x0 when it should be 0xff20 (SHN_LIVEPATCH) => imports: ENOENT: lp: Unknown symbol ${NAME} (err -2)`,
    );
    const power = build({ layout: PPC64, symbols: [{ name: NAME }] }).bytes;
    expect(line(theOne(power))).toContain("lp: Unknown symbol klp.sym.vmlinux.two,0 (err -2)");
  });

  test("comes before the refusal of the section that uses it", () => {
    const relocations = [livepatchSection(".klp.rela.vmlinux..data", ".data", [NAME])];
    const { bytes } = build({ symbols: [{ name: NAME }], relocations });
    const { findings } = examineModule(bytes, {}, OURS);
    expect(findings.map(({ rule }) => rule)).toEqual(["L33", "L37"]);
    expect(verdictOf(findings).text).toBe(`refused: lp: Unknown symbol ${NAME} (err -2)`);
  });

  test.each([
    ["weak", { name: NAME, bind: STB.WEAK }, "wrong: the code uses address 0"],
    [
      "absolute",
      { name: NAME, section: "abs" },
      "wrong: the code uses the address that the file says",
    ],
    [
      "defined",
      { name: NAME, section: ".text" },
      "wrong: the code uses the address that the file says",
    ],
  ])("is used as it is: %s", (_, symbol, outcome) => {
    const finding = theOne(ordinary(symbol));
    expect([finding.rule, inShort(finding.outcome)]).toEqual(["L37", outcome]);
    expect(theOne(build({ symbols: [symbol] }).bytes).outcome.kind).toBe("harmless");
  });

  test("is the section's fault if that uses it", () => {
    const relocations = [livepatchSection(".klp.rela.vmlinux..data", ".data", [NAME])];
    const bytes = build({ symbols: [{ name: NAME, section: "abs" }], relocations }).bytes;
    expect(theOne(bytes).rule).toBe("L33");
  });

  test.each([
    [".klp.module_relocs.ext4", "the section is of annotations, which are for conversion"],
    ["__klp_relocs.vmlinux", "the section is of objtool's intermediate form"],
    [".kpatch.symbols", "the section is of kpatch's intermediate form"],
    [
      ".klp.arch.ext4.altinstructions",
      "the section is of the form of kpatch for kernels before 5.8",
    ],
  ])("is a section: %s", (name, message) => {
    const sections = [{ name, flags: SHF.ALLOC, size: 8 }];
    const finding = theOne(build({ sections }).bytes);
    expect([finding.rule, finding.message, finding.severity]).toEqual(["L37", message, "warning"]);
    const old = broken(build({ sections }).bytes, { release: "5.4" });
    expect(old.length).toBe(name.startsWith(".klp.arch.") ? 0 : 1);
  });

  test("is an annotated name", () => {
    const { findings } = examineModule(fixture("x86_64"), {}, OURS);
    expect(findings.filter(({ severity }) => severity === "error").map(line)).toEqual([
      "L37 error at .klp.sym.rela.klp_demo.klp_demo.demo_value.isra.3.2: the symbol was not converted => imports: ENOENT: klp_fixture: Unknown symbol .klp.sym.rela.klp_demo.klp_demo.demo_value.isra.3.2 (err -2)",
    ]);
  });

  test("is a stand-in that is not weak", () => {
    const name = ".klp.tombstone.two";
    expect(line(theOne(build({ symbols: [{ name }] }).bytes))).toContain(
      `=> imports: ENOENT: lp: Unknown symbol ${name} (err -2)`,
    );
    expect(broken(build({ symbols: [{ name, bind: STB.WEAK }] }).bytes)).toEqual([]);
  });
});

describe("L39: what waits for a module", () => {
  const bytes = build({
    relocations: [livepatchSection(".klp.rela.ext4..text", ".text", [OTHER, ONE, ONE])],
  }).bytes;

  test("is not vmlinux's", () => {
    expect(line(theOne(bytes))).toBe(
      `L39 error at .text 8 ${ONE}: .klp.rela.ext4..text waits for ext4, and one is of vmlinux => objects with ext4: EINVAL: livepatch: invalid access to vmlinux symbol 'one' from module-specific livepatch relocation section`,
    );
    expect(verdictOf([theOne(bytes)])).toMatchObject({
      before: { kind: "target refused", target: "ext4" },
      after: { kind: "refused", errno: "EINVAL" },
    });
  });

  test("may be so before 5.8", () => {
    expect(theOne(bytes, { release: "5.4" }).outcome.kind).toBe("harmless");
  });

  test("may be another module's", () => {
    const name = ".klp.sym.jbd2.three,0";
    const relocations = [livepatchSection(".klp.rela.ext4..text", ".text", [name])];
    expect(broken(build({ symbols: [livepatchSymbol(name)], relocations }).bytes)).toEqual([]);
  });
});

describe("L40: what waits for vmlinux", () => {
  test("is vmlinux's, or it depends on what is loaded", () => {
    const relocations = [livepatchSection(".klp.rela.vmlinux..data", ".data", [ONE, OTHER])];
    const { findings } = examineModule(build({ relocations }).bytes, {}, OURS);
    expect(findings.map(line)).toEqual([
      `L40 error at .data 8 ${OTHER}: .klp.rela.vmlinux..data is applied when the patch is loaded, and other is of ext4, which may be absent then => relocation: EINVAL: livepatch: symbol 'other' not found in symbol table (before)`,
      `L40 error at .data 8 ${OTHER}: other is of ext4, which can be unloaded while .klp.rela.vmlinux..data is in use => wrong: its address stays in the code when ext4 is unloaded (after)`,
    ]);
  });

  test("is not looked at where nothing is applied", () => {
    const relocations = [livepatchSection(".klp.rela.vmlinux..debug_info", ".debug_info", [OTHER])];
    expect(theOne(build({ relocations }).bytes).rule).toBe("L24");
    expect(LIVEPATCH).toBe(0x100042);
  });
});
