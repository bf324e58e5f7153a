// SPDX-License-Identifier: GPL-2.0-only

// Debug information that is not as the standard has it: what is asked for is not found, and why is
// said. Nothing throws, since the kernel reads none of it.

import { describe, expect, test } from "vitest";
import { readDebugInfo } from "../../src/dwarf/index.js";
import { buildElf, type SectionDescription, SHT } from "../elf-builder.js";
import {
  AT,
  address,
  buildDwarf,
  type Dwarf,
  data,
  type Entry,
  FORM,
  TAG,
  type Unit,
} from "./dwarf-builder.js";
import { ask, opened, unitOf } from "./questions.js";

type Attribute = NonNullable<Entry["attributes"]>[number];

const LOCATION: Attribute = [AT.location, FORM.exprloc, address(16)];

function variable(...attributes: Attribute[]): Entry {
  return { tag: TAG.variable, attributes };
}

const GOOD = unitOf([variable([AT.name, FORM.string, "good"], LOCATION)]);

describe("there is no debug information", () => {
  const reasonOf = (bytes: Uint8Array) => {
    const info = readDebugInfo(opened(bytes));
    return "reason" in info ? info.reason : undefined;
  };
  const withSections = (...sections: SectionDescription[]) => reasonOf(buildElf({ sections }));

  test.each(["info", "abbrev"])("without .debug_%s", (name) => {
    const others = ["info", "abbrev"].filter((each) => each !== name);
    expect(withSections(...others.map((other) => ({ name: `.debug_${other}` })))).toBe(
      `there is no .debug_${name}`,
    );
  });

  test.each([
    "info",
    "abbrev",
    "str",
    "str_offsets",
    "addr",
  ])("if .debug_%s is compressed", (name) => {
    const flags = { [`.debug_${name}`]: 0x800 };
    expect(reasonOf(buildDwarf({ units: [GOOD], flags }))).toBe(`.debug_${name} is compressed`);
  });

  test("if a section is not what it should be", () => {
    const info = { name: ".debug_info", type: SHT.NOBITS, size: 100 };
    expect(withSections(info, { name: ".debug_abbrev" })).toBe(
      ".debug_info has type 8 when it should have 1 (SHT_PROGBITS)",
    );
  });

  test("if a section has several relocation sections", () => {
    const bytes = buildElf({
      sections: [{ name: ".debug_info" }, { name: ".debug_abbrev" }],
      relocations: [1, 2].map(() => ({ section: ".debug_info", entries: [] })),
    });
    expect(reasonOf(bytes)).toBe(".debug_info has several relocation sections");
  });

  test("for a machine whose relocations are not known", () => {
    expect(reasonOf(buildDwarf({ units: [GOOD], machine: 8 }))).toBe(
      "relocations of machine 8 are not known",
    );
  });
});

describe("a unit is not read", () => {
  /** The one fault, without what it is a fault of. */
  const faultOf = (unit: Unit, rest: Omit<Dwarf, "units"> = {}) => {
    const { variables, faults } = ask({ ...rest, units: [unit] }, 16);
    expect(variables).toEqual([]);
    expect(faults).toHaveLength(1);
    return /^\.debug_info\+0x[0-9a-f]+: (.*)$/.exec(faults[0]!)?.[1];
  };
  const { root } = GOOD;

  test.each<[string, Partial<Unit>, string]>([
    ["is longer than the section", { length: 60 }, "a length of 60 at 0x4 cannot be"],
    ["has no length", { length: 0 }, "a length of 0 at 0x4 cannot be"],
    ["has a reserved length", { length: 0xfffffff0 }, "a length of 4294967280 at 0x4 cannot be"],
    [
      "has a length of 62 bits",
      { format: 64, length: 2 ** 62 },
      "a length of 4611686018427388000 at 0xc cannot be",
    ],
    ["has no version", { version: 0 }, "a unit has version 0"],
    ["has version 1", { version: 1 }, "a unit has version 1"],
    ["has version 6", { version: 6 }, "a unit has version 6"],
    ["is split", { type: 5 }, "a unit has type 5"],
    ["has short addresses", { addressSize: 4 }, "a unit has addresses of 4 bytes"],
    ["has no addresses", { addressSize: 0, version: 4 }, "a unit has addresses of 0 bytes"],
    ["ends within an entry", { length: 20 }, "what begins at 0x14 reaches past 0x18"],
  ])("that %s", (_name, unit, fault) => {
    expect(faultOf({ root, ...unit })).toBe(fault);
  });

  const wrong = (...attributes: Attribute[]) =>
    faultOf(unitOf([variable(...attributes, LOCATION)]));

  test.each<[string, () => string | undefined, string]>([
    ["an unknown form", () => wrong([AT.name, 0x7f, 0]), "form 0x7f is not known"],
    [
      "a form of more than 64 bits",
      () => wrong([AT.name, 2 ** 70, 0]),
      "form 0x400000000000000000 is not known",
    ],
    [
      "an indirect form that is one again",
      () =>
        wrong([
          AT.name,
          FORM.indirect,
          { form: FORM.indirect, value: { form: 1, value: data(0) } },
        ]),
      "form 0x16 cannot be indirect",
    ],
    [
      "an indirect form that has no value",
      () => wrong([AT.name, FORM.indirect, { form: FORM.implicit_const, value: 0 }]),
      "form 0x21 cannot be indirect",
    ],
    [
      "a type that is not in the unit",
      () => wrong([AT.type, FORM.ref4, 0x7fffffff]),
      "there is no entry at 0x7fffffff",
    ],
    [
      "a type in the unit's header",
      () => wrong([AT.type, FORM.ref4, 4]),
      "there is no entry at 0x4",
    ],
  ])("that has %s", (_name, fault, expected) => {
    expect(fault()).toBe(expected);
  });

  test("whose abbreviations are elsewhere", () => {
    const moved = (change: (addend: number) => number) =>
      faultOf(GOOD, {
        relocations: (section, entries) =>
          section !== ".debug_info"
            ? entries
            : entries.map((each, i) =>
                i === 0 ? { ...each, addend: change(Number(each.addend)) } : each,
              ),
      });
    expect(moved(() => 1)).toBe("an abbreviation has form 0");
    expect(moved(() => 0x1000)).toBe("there is nothing at 0x1000");
    expect(moved(() => -1)).toBe("there is nothing at 0x-1");
  });

  test.each<[string, Dwarf["relocations"]]>([
    ["in reverse order", (_, entries) => [...entries].reverse()],
    ["twice", (_, entries) => entries.flatMap((each) => [each, each])],
    ["of another type", (_, entries) => entries.map((each) => ({ ...each, type: 2 }))],
  ])("if its relocations are %s", (_name, relocations) => {
    const { variables } = ask({ units: [GOOD, GOOD], relocations: relocations! }, 16);
    expect(variables).toEqual([]);
  });

  test("and no unit behind one whose length is wrong", () => {
    expect(ask({ units: [GOOD, { root, length: 3 }, GOOD] }, 16).variables).toHaveLength(1);
  });

  test("but others are", () => {
    const bad = unitOf([variable([AT.name, 0x7f, 0], LOCATION)]);
    const { variables, faults } = ask({ units: [GOOD, bad, GOOD, bad] }, 16);
    expect(variables.map(({ name }) => name)).toEqual(["good", "good"]);
    expect(faults).toHaveLength(2);
  });
});
