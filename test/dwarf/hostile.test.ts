// SPDX-License-Identifier: GPL-2.0-only

// Debug information made to be expensive: what it costs must follow from its size. Nothing is timed
// here; what is quadratic or worse does not end within a test's time.

import { describe, expect, test } from "vitest";
import { AT, address, type Dwarf, type Entry, FORM, TAG } from "./dwarf-builder.js";
import { ask, unitOf } from "./questions.js";

type Attribute = NonNullable<Entry["attributes"]>[number];

const many = (count: number) => Array.from({ length: count }, (_, i) => i);

const LOCATION: Attribute = [AT.location, FORM.exprloc, address(16)];
const TOO_LONG = expect.stringMatching(/: it would take too long$/);

function typed(tag: number, as: string, type: string): Entry {
  return { tag, as, attributes: [[AT.type, FORM.ref4, type]] };
}

function struct(name: string, children: readonly Entry[], as = name): Entry {
  const attributes: Attribute[] = [
    [AT.name, FORM.string, name],
    [AT.byte_size, FORM.data1, 8],
  ];
  return { tag: TAG.structure_type, as, attributes, children };
}

function variable(type: string, ...attributes: Attribute[]): Entry {
  return { tag: TAG.variable, attributes: [[AT.type, FORM.ref4, type], ...attributes, LOCATION] };
}

describe("a type", () => {
  test("that is itself is none", () => {
    const circle = [typed(TAG.const_type, "a", "b"), typed(TAG.typedef, "b", "a")];
    const { variables } = ask({ units: [unitOf([...circle, variable("a")])] }, 16);
    expect(variables).toMatchObject([{ structName: undefined }]);
  });

  test("that stands for a hundred others is none", () => {
    const chain = many(100).map((i) => typed(TAG.typedef, `t${i}`, `t${i + 1}`));
    const { variables } = ask(
      { units: [unitOf([...chain, struct("t100", []), variable("t0")])] },
      16,
    );
    expect(variables).toMatchObject([{ structName: undefined }]);
  });
});

test("a variable that specifies itself has no name", () => {
  const attributes: Attribute[] = [[AT.specification, FORM.ref4, "self"], LOCATION];
  const self: Entry = { tag: TAG.variable, as: "self", attributes };
  const { variables } = ask({ units: [unitOf([self])] }, 16);
  expect(variables).toMatchObject([{ name: undefined }]);
});

describe("a struct", () => {
  const nameless = (type: string) => typed(TAG.member, "", type);

  test("that has itself as an anonymous member has the others", () => {
    const name: Attribute = [AT.name, FORM.string, "named"];
    const named: Entry = { tag: TAG.member, attributes: [name] };
    const { variables } = ask(
      { units: [unitOf([struct("s", [nameless("s"), named]), variable("s")])] },
      16,
    );
    expect(variables[0]!.struct("s")?.members).toEqual(new Map([["named", 0]]));
  });

  test("whose anonymous members double with each level is not read", () => {
    const levels = many(40).map((i) =>
      struct(`s${i}`, [
        nameless(`s${i + 1}`),
        nameless(`s${i + 1}`),
        nameless(`s${i + 1}`),
        nameless(`s${i + 1}`),
      ]),
    );
    const units = [unitOf([...levels, struct("s40", []), variable("s0")])];
    const answer = ask({ units }, 16);
    expect(answer.variables[0]!.struct("s0")).toBeUndefined();
    expect(answer.faults).toEqual([TOO_LONG]);
  });
});

test("thousands of units that share one large table of abbreviations are not all read", () => {
  // Every unit begins with the same two abbreviations, so that the first one's will do for each.
  const same: Entry = { tag: TAG.variable, attributes: [LOCATION] };
  const units = many(3000).map(() => unitOf([same]));
  const large: Entry[] = many(2000).map((i) => ({
    tag: 0x4100 + i,
    attributes: many(30).map((j) => [0x2100 + j, FORM.flag_present, 1]),
  }));
  const first = unitOf([same, ...large]);
  const relocations: Dwarf["relocations"] = (_, entries) =>
    entries.map((each) => (each.symbol === ".debug_abbrev" ? { ...each, addend: 0 } : each));
  const { variables, faults } = ask({ units: [first, ...units], relocations }, 16);
  expect(variables.length).toBeGreaterThan(10);
  expect(variables.length).toBeLessThan(100);
  expect(faults).toContainEqual(TOO_LONG);
});

test("thousands of variables whose types are a long way off are not all read", () => {
  const attributes: Attribute[] = many(1000).map((i) => [0x2100 + i, FORM.flag_present, 1]);
  const chain: Entry[] = many(30).map((i) => ({
    tag: TAG.typedef,
    as: `t${i}`,
    attributes: [...attributes, [AT.type, FORM.ref4, `t${i + 1}`]],
  }));
  const variables = many(20_000).map(() => variable("t0"));
  const answer = ask({ units: [unitOf([...chain, struct("t30", []), ...variables])] }, 16);
  expect(answer.variables.length).toBeLessThan(20_000);
  expect(answer.faults).toEqual([TOO_LONG]);
});

test("no more than 65536 variables are found", () => {
  const same = { tag: TAG.variable, attributes: [LOCATION] };
  const { variables, faults } = ask({ units: [unitOf(many(70_000).map(() => same))] }, 16);
  expect(variables).toHaveLength(65_536);
  expect(faults).toEqual([expect.stringMatching(/: there are too many variables$/)]);
});

test.each<[string, number | string]>([
  ["backwards", "before"],
  ["to itself", "function"],
  ["into its values", 40],
  ["past the unit", 0x7fffffff],
])("an entry that says that it ends %s is walked through", (_name, end) => {
  const children = [variable("before")];
  const attributes: Attribute[] = [[AT.sibling, FORM.ref4, end]];
  const body: Entry = { tag: TAG.subprogram, as: "function", attributes, children };
  const { variables } = ask({ units: [unitOf([struct("before", []), body])] }, 16);
  expect(variables).toMatchObject([{ structName: "before" }]);
});
