// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { convert } from "../../../src/index.js";
import { SHF } from "../../elf-builder.js";
import { FIXTURES, fixture, fixtureSymbols } from "../../fixtures.js";
import {
  ARM64,
  broken,
  build,
  examineModule,
  line,
  livepatchSection,
  livepatchSymbol,
  ONE,
  OTHER,
  theOne,
  withField,
} from "./livepatch-module.js";

describe("a good module breaks no rule", () => {
  test.each(["5.4", "6.1", "6.12", "7.3"])("of these tests (%s)", (release) => {
    expect(broken(build().bytes, { release })).toEqual([]);
  });

  test.each(FIXTURES)("%s, converted", (name) => {
    const { output } = convert(fixture(name), { symbols: fixtureSymbols() });
    for (const release of ["6.1", "7.3"]) expect(broken(output!, { release })).toEqual([]);
  });
});

describe("L17: SHF_RELA_LIVEPATCH", () => {
  const ordinary = (wanted = {}) =>
    withField(build(wanted), ".klp.rela.vmlinux.text", "sh_flags", 0x42);

  test("is on every section called .klp.rela.*, or its relocations use address 0", () => {
    expect(line(theOne(ordinary()))).toBe(
      "L17 error at .klp.rela.vmlinux.text: sh_flags is 0x42, without SHF_RELA_LIVEPATCH (0x100000) => crash: the code uses address 0",
    );
  });

  test("is missed by arm64 where address 0 is out of reach", () => {
    const near = (type: number) =>
      build({
        layout: ARM64,
        relocations: [
          {
            name: ".klp.rela.vmlinux.data",
            section: ".data",
            flags: SHF.ALLOC | SHF.INFO_LINK,
            entries: [{ offset: 16, type, symbol: OTHER }],
          },
        ],
      });
    expect(line(theOne(near(275).bytes))).toContain(
      "=> relocation: ENOEXEC: Modules: module lp: overflow in relocation type 275 val …",
    );
    // R_AARCH64_CALL26 goes through .plt.
    expect(line(theOne(near(283).bytes))).toContain("=> wrong: a pointer is NULL");
  });

  test("is not missed where a section before has had the symbols resolved", () => {
    const more = build({
      relocations: [
        {
          name: ".klp.rela.vmlinux..data",
          section: ".data",
          flags: SHF.ALLOC | SHF.INFO_LINK,
          entries: [{ offset: 16, type: 1, symbol: ONE }],
        },
      ],
    });
    expect(line(theOne(more.bytes))).toMatch(/^L17 warning .* => harmless$/);
  });

  test("matters for what is applied and does something only", () => {
    const section = { name: ".klp.rela.vmlinux.data", flags: SHF.ALLOC };
    const idle = build({
      relocations: [
        { ...section, section: ".data", entries: [{ offset: 0, type: 0, symbol: ONE }] },
      ],
    });
    expect(line(theOne(idle.bytes))).toMatch(/^L17 warning .* => harmless$/);
    const unloaded = build({
      relocations: [
        { ...section, section: ".debug_info", entries: [{ offset: 0, type: 1, symbol: OTHER }] },
      ],
    });
    expect(line(theOne(unloaded.bytes))).toContain("=> wrong: its relocations are never applied");
  });
});

describe("L18: the object in a section's name", () => {
  test("is what the kernel reads of it", () => {
    const bad = build({ relocations: [livepatchSection(".klp.rela..data", ".data", [])] });
    expect(line(theOne(bad.bytes))).toBe(
      "L18 error at .klp.rela..data: the kernel reads no object in its name, which should be .klp.rela.OBJECT.SECTION => relocation: EINVAL: livepatch: section .klp.rela..data has an incorrectly formatted name",
    );
  });

  test.each([
    ["out of range", 999],
    ["not loaded", ".debug_info"],
  ])("is read with the first patched module if sh_info is %s", (_, target) => {
    const relocations = [livepatchSection(".mine", target, [ONE])];
    const finding = examineModule(build({ relocations }).bytes).findings.find(
      ({ rule }) => rule === "L18",
    )!;
    expect(line(finding)).toContain(
      "=> objects with ext4: EINVAL: livepatch: section .mine has an incorrectly formatted name",
    );
    const alone = build({
      relocations,
      patched: null,
      only: true,
      symbols: [livepatchSymbol(ONE)],
    });
    const rest = examineModule(alone.bytes).findings;
    expect(rest.filter(({ rule }) => rule === "L18").map(line)).toEqual([
      expect.stringMatching(/^L18 warning .* => harmless$/),
    ]);
  });
});

describe("L19: the section in a section's name", () => {
  const named = (name: string, target: string, more = {}) =>
    build({
      sections: [{ name: "__bug_table", flags: SHF.ALLOC, size: 16 }],
      relocations: [livepatchSection(name, target, [ONE])],
      ...more,
    }).bytes;

  test.each([
    [".klp.rela.vmlinux.data", ".data"],
    [".klp.rela.vmlinux..data", ".data"],
    [".klp.rela.vmlinux.__bug_table", "__bug_table"],
  ])("is that of sh_info: %s", (name, target) => {
    expect(broken(named(name, target))).toEqual([]);
  });

  test("is behind a dot, or it is taken for part of the object", () => {
    const finding = theOne(named(".klp.rela.vmlinux__bug_table", "__bug_table"));
    expect(line(finding)).toBe(
      "L19 error at .klp.rela.vmlinux__bug_table: no dot parts the object from __bug_table, so that it waits for vmlinux__bug_table => wrong: its relocations are never applied",
    );
    expect(finding.remedy).toBe("name it .klp.rela.vmlinux.__bug_table");
    const unknown = named(".klp.rela.vmlinux__bug_table", "__bug_table", { patchUnknown: true });
    expect(theOne(unknown).rule).toBe("L19");
  });

  test.each([
    [".klp.rela.vmlinux", ""],
    [".klp.rela.vmlinux.zzzzz", ".zzzzz"],
    [".klp.rela.vmlinux__bug_table.data", undefined],
  ])("is not what the kernel goes by: %s", (name, rest) => {
    const found = examineModule(named(name, ".data")).findings.filter(({ rule }) => rule === "L19");
    expect(found.map((each) => each.message.split(",")[0])).toEqual(
      rest === undefined ? [] : [`its name ends with "${rest}"`],
    );
    for (const { severity, outcome } of found) {
      expect([severity, outcome.kind]).toEqual(["warning", "harmless"]);
    }
  });
});

describe("L20: the object that a section waits for", () => {
  const waiting = (name: string, more = {}) =>
    build({ relocations: [livepatchSection(name, ".data", [OTHER])], ...more }).bytes;

  test("is one that the patch patches", () => {
    const finding = theOne(waiting(".klp.rela.xfs.data"));
    expect(line(finding)).toBe(
      "L20 error at .klp.rela.xfs.data: it waits for xfs; the patch patches vmlinux, ext4 (read from its klp_patch, by the relocations in it) => wrong: its relocations are never applied",
    );
  });

  test("is cut at 55 characters", () => {
    const long = "x".repeat(56);
    expect(theOne(waiting(`.klp.rela.${long}.data`)).message).toContain(
      `it waits for ${"x".repeat(55)}, which are the 55 characters that the kernel reads;`,
    );
  });

  test("is spelled as the kernel does", () => {
    const finding = theOne(
      build({
        only: true,
        patched: "kvm_intel",
        symbols: [livepatchSymbol(OTHER)],
        relocations: [livepatchSection(".klp.rela.kvm-intel.data", ".data", [OTHER])],
      }).bytes,
    );
    expect(finding.rule).toBe("L20");
    expect(finding.remedy).toBe("write it as the kernel does: .klp.rela.kvm_intel");
  });

  test("is not tested if the patch is not known", () => {
    const { findings, unchecked } = examineModule(
      waiting(".klp.rela.xfs.data", { patchUnknown: true }),
    );
    expect(findings.filter(({ rule }) => rule === "L20")).toEqual([]);
    expect(unchecked).toContainEqual({
      rule: "L20",
      reason: expect.stringMatching(/^what the patch patches is not known: /),
    });
  });
});
