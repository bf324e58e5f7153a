// SPDX-License-Identifier: GPL-2.0-only

// What compilers make of livepatch.c in test/dwarf/fixtures, with each kind of DWARF that kernels
// are built with. Which layouts are right, the compiler said: they stand in the fixtures as data.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Diagnostics } from "../../src/diagnostics.js";
import { DebugInfo, type DebugVariable, readDebugInfo } from "../../src/dwarf/index.js";
import { type ElfObject, readElf, STT_OBJECT } from "../../src/elf/index.js";

const folder = new URL("fixtures/", import.meta.url);

/** Of livepatch.c alone, and linked behind other.c. */
const ALONE = [
  "aarch64",
  "ppc32",
  "x86_64-clang",
  "x86_64-dwarf2",
  "x86_64-dwarf4",
  "x86_64-dwarf5",
] as const;
const LINKED = [
  "ppc64le",
  "s390x",
  "x86_64-clang-two",
  "x86_64-dwarf64",
  "x86_64-lto",
  "x86_64-two",
] as const;
const FIXTURES = [...ALONE, ...LINKED];

type Fixture = (typeof FIXTURES)[number] | "x86_64-types";

function opened(name: Fixture): ElfObject {
  const file = `${name}.ko`;
  const bytes = new Uint8Array(readFileSync(new URL(file, folder)));
  return readElf(bytes, new Diagnostics(file));
}

function debugInfoOf(object: ElfObject): DebugInfo {
  const info = readDebugInfo(object);
  if (!(info instanceof DebugInfo)) throw new Error(info.reason);
  return info;
}

/** Where a variable is; the names of those in functions have a number or a function's name, too. */
function placeOf({ symbols }: ElfObject, name: string): { section: number; offset: number } {
  for (let symbol = 1; symbol < symbols.count; symbol++) {
    if (symbols.type(symbol) !== STT_OBJECT) continue;
    if (symbols.name(symbol).split(".").includes(name)) {
      return { section: symbols.sectionIndex(symbol), offset: symbols.value(symbol) };
    }
  }
  throw new Error(`nothing is called ${name}`);
}

function variableOf(object: ElfObject, name: string): DebugVariable {
  const found = debugInfoOf(object).variablesAt([placeOf(object, name)]);
  expect(found).toHaveLength(1);
  return found[0]!;
}

/** The words of a section. */
function words({ sections, layout }: ElfObject, name: string): number[] {
  const { data } = sections.find((section) => section.name === name)!;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const { wordSize, littleEndian } = layout;
  return Array.from({ length: data.length / wordSize }, (_, i) =>
    wordSize === 8
      ? Number(view.getBigUint64(i * 8, littleEndian))
      : view.getUint32(i * 4, littleEndian),
  );
}

/** The members whose offsets stand in .layout, in that order, each struct's behind its size. */
const MEMBERS = {
  klp_patch: ["mod", "objs", "replace", "list"],
  klp_object: ["name", "funcs", "func_list", "dynamic"],
  klp_func: ["old_name", "new_func", "old_sympos", "low", "high", "both", "nop", "node"],
};

/** The structs of livepatch.c by name, as .layout has them. */
function expectedLayouts(object: ElfObject) {
  const left = words(object, ".layout");
  return Object.entries(MEMBERS).map(([name, members]) => {
    const size = left.shift();
    return [name, { size, members: new Map(members.map((each) => [each, left.shift()])) }] as const;
  });
}

describe.each(FIXTURES)("%s", (name) => {
  const object = opened(name);

  test.each([
    ["number", undefined, false],
    ["pointer", undefined, false],
    ["funcs", "klp_func", true],
    ["objs", "klp_object", true],
    ["patch", "klp_patch", false],
    ["announced", "klp_patch", false],
    ["qualified", "klp_patch", false],
    ["inner", "klp_patch", false],
    ["innermost", "klp_patch", false],
    ["inlined", "klp_patch", false],
    ["local", "klp_func", false],
  ])("%s is %s", (variable, structName, isArray) => {
    expect(variableOf(object, variable)).toMatchObject({
      ...placeOf(object, variable),
      name: variable,
      structName,
      isArray,
    });
  });

  test("the layouts are the compiler's", () => {
    const variable = variableOf(object, "patch");
    for (const [struct, layout] of expectedLayouts(object)) {
      expect(variable.struct(struct), struct).toEqual(layout);
    }
  });

  test("a struct of a function is its variable's, but not the unit's", () => {
    expect(variableOf(object, "local").struct("klp_func")?.members).toEqual(
      new Map([["small", 0]]),
    );
    expect(variableOf(object, "inner").struct("klp_func")?.members.has("small")).toBe(false);
  });

  test("what the unit does not have is not found", () => {
    const variable = variableOf(object, "patch");
    expect(variable.struct("klp_state")).toBeUndefined();
    expect(variable.struct("")).toBeUndefined();
  });

  test("a byte further there is no variable", () => {
    const { section, offset } = placeOf(object, "patch");
    expect(debugInfoOf(object).variablesAt([{ section, offset: offset + 1 }])).toEqual([]);
  });

  test("all variables are found with one question, each once", () => {
    const names = ["patch", "announced", "inlined", "innermost", "objs"];
    const info = debugInfoOf(object);
    const found = info.variablesAt(names.map((each) => placeOf(object, each)));
    expect(found.map((variable) => variable.name).sort()).toEqual(names.sort());
    expect(info.faults).toEqual([]);
  });
});

describe.each(LINKED)("%s", (name) => {
  const object = opened(name);

  test("a variable of the other unit has that one's structs", () => {
    const [size, first, newFunc] = words(object, ".layout.other");
    const other = variableOf(object, "other");
    expect(other).toMatchObject({ name: "other", structName: "klp_func" });
    expect(other.struct("klp_func")).toEqual({
      size,
      members: new Map([
        ["first", first],
        ["new_func", newFunc],
      ]),
    });
  });

  test("a struct that is only declared has no layout", () => {
    expect(variableOf(object, "other").struct("klp_patch")).toBeUndefined();
  });
});

test("types in units of their own are passed over", () => {
  const object = opened("x86_64-types");
  const patch = variableOf(object, "patch");
  expect(patch).toMatchObject({ name: "patch", structName: undefined });
  expect(patch.struct("klp_patch")).toBeUndefined();
});
