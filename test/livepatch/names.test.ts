// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import {
  annotationOf,
  faultOfObject,
  faultOfSymbol,
  livepatchSectionName,
  livepatchSymbolName,
  objectOfLivepatchSection,
  parseAnnotatedName,
} from "../../src/livepatch/names.js";

describe("annotated names", () => {
  test.each([
    [
      ".klp.sym.rela.hv.hv.vmbus_connection.0",
      { gate: "hv", object: "hv", name: "vmbus_connection", position: 0 },
    ],
    [
      ".klp.sym.rela.btrfs.xor.can_modify_feature.isra.3.12",
      { gate: "btrfs", object: "xor", name: "can_modify_feature.isra.3", position: 12 },
    ],
    [".klp.sym.rela.a.b.name,7", { gate: "a", object: "b", name: "name", position: 7 }],
    [
      ".klp.sym.rela.snd-hda-intel.snd-hda-intel.azx_probe.1",
      { gate: "snd_hda_intel", object: "snd_hda_intel", name: "azx_probe", position: 1 },
    ],
    [
      ".klp.sym.rela.a.b.name.4294967295",
      { gate: "a", object: "b", name: "name", position: 4294967295 },
    ],
  ])("%s is read", (name, target) => {
    expect(parseAnnotatedName(name)).toEqual(target);
  });

  test.each([
    ".klp.sym.rela.vmlinux.vmlinux.name",
    ".klp.sym.rela.vmlinux.name.0",
    ".klp.sym.rela..vmlinux.name.0",
    ".klp.sym.rela.vmlinux..name.0",
    ".klp.sym.rela.a.b.na,me.0",
    ".klp.sym.rela.a.b.name.-1",
    ".klp.sym.rela.a.b.name.0x1",
    ".klp.sym.rela.a.b.name.4294967296",
    ".klp.sym.rela.a.b.name.",
    "klp.sym.rela.a.b.name.0",
  ])("%s is not", (name) => {
    expect(parseAnnotatedName(name)).toBeUndefined();
  });
});

test("a section name keeps its leading dot and gets one if it has none", () => {
  expect(livepatchSectionName("vmlinux", ".text")).toBe(".klp.rela.vmlinux.text");
  expect(livepatchSectionName("vmlinux", "__bug_table")).toBe(".klp.rela.vmlinux.__bug_table");
  expect(livepatchSectionName("ext4", ".data..read_mostly")).toBe(
    ".klp.rela.ext4.data..read_mostly",
  );
});

test("the kernel reads a section's object up to the first dot, 55 characters at most", () => {
  expect(objectOfLivepatchSection(".klp.rela.vmlinux..text")).toBe("vmlinux");
  expect(objectOfLivepatchSection(".klp.rela.vmlinux")).toBe("vmlinux");
  expect(objectOfLivepatchSection(".klp.rela.vmlinux__bug_table")).toBe("vmlinux__bug_table");
  expect(objectOfLivepatchSection(`.klp.rela.${"m".repeat(60)}`)).toBe("m".repeat(55));
  expect(objectOfLivepatchSection(".klp.rela..text")).toBeUndefined();
  expect(objectOfLivepatchSection(".rela.text")).toBeUndefined();
});

test("a livepatch symbol is called after object, name and position", () => {
  const target = { gate: "a", object: "b", name: "foo.isra.0", position: 3 };
  expect(livepatchSymbolName(target)).toBe(".klp.sym.b.foo.isra.0,3");
});

describe("limits", () => {
  test("an object has 55 characters and no dot", () => {
    expect(faultOfObject("m".repeat(55))).toBeUndefined();
    expect(faultOfObject("m".repeat(56))).toBe(
      `object "${"m".repeat(56)}" has 56 characters; the kernel reads 55`,
    );
    expect(faultOfObject("a.b")).toBe('object "a.b" has a dot in its name');
    expect(faultOfObject("")).toBe("the object's name is empty");
  });

  test("a symbol has as many characters as the kernel reads, and no comma", () => {
    expect(faultOfSymbol("s".repeat(511), 511)).toBeUndefined();
    expect(faultOfSymbol("s".repeat(512), 511)).toBe(
      `symbol "${"s".repeat(512)}" has 512 characters; the kernel reads 511`,
    );
    expect(faultOfSymbol("a,b", 511)).toBe('symbol "a,b" has a comma in its name');
    expect(faultOfSymbol("", 511)).toBe("the symbol has no name");
  });
});

describe("what to paste", () => {
  test("is KLP_MODULE_RELOC for names that C can spell", () => {
    expect(annotationOf({ gate: "ext4", object: "ext4", name: "foo", position: 2 })).toBe(
      "KLP_MODULE_RELOC(ext4) ext4_relocs[] = { KLP_SYMPOS(foo, 2) };",
    );
    expect(annotationOf({ gate: "9p", object: "9p", name: "foo", position: 0 })).toBe(
      "KLP_MODULE_RELOC(9p) _9p_relocs[] = { KLP_SYMPOS(foo, 0) };",
    );
  });

  test("is an annotated name for others", () => {
    expect(annotationOf({ gate: "ext4", object: "ext4", name: "foo.isra.0", position: 0 })).toBe(
      'asm(".klp.sym.rela.ext4.ext4.foo.isra.0.0") behind its declaration',
    );
  });
});
