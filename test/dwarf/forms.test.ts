// SPDX-License-Identifier: GPL-2.0-only

// Each way in which DWARF can say the same, also those that no compiler at hand takes.

import { describe, expect, test } from "vitest";
import type { StructLayout } from "../../src/dwarf/index.js";
import {
  AT,
  address,
  data,
  type Entry,
  FORM,
  TAG,
  type Unit,
  type Value,
} from "./dwarf-builder.js";
import { ask, unitOf } from "./questions.js";

type Attribute = NonNullable<Entry["attributes"]>[number];

const PLACE = 16;
const NAME: Attribute = [AT.name, FORM.string, "patch"];
const TYPE: Attribute = [AT.type, FORM.ref4, "type"];
const LOCATION: Attribute = [AT.location, FORM.exprloc, address(PLACE)];

function variable(...attributes: Attribute[]): Entry {
  return { tag: TAG.variable, attributes };
}

function member(name: string, ...attributes: Attribute[]): Entry {
  return { tag: TAG.member, attributes: [[AT.name, FORM.string, name], ...attributes] };
}

function struct(name: string, size: number, members: readonly Entry[], as = name): Entry {
  const attributes: Attribute[] = [
    [AT.name, FORM.string, name],
    [AT.byte_size, FORM.data4, size],
  ];
  return { tag: TAG.structure_type, as, attributes, children: members };
}

/** A struct of one member, called `type` by other entries. */
const TYPED = struct(
  "thing",
  8,
  [member("first", [AT.data_member_location, FORM.data1, 4])],
  "type",
);
const LAYOUT: StructLayout = { size: 8, members: new Map([["first", 4]]) };

/** Says all of the variable and its struct that there is to say. */
function expectThing(units: readonly Unit[], rest: Omit<Parameters<typeof ask>[0], "units"> = {}) {
  const { variables, faults } = ask({ ...rest, units }, PLACE);
  expect(faults).toEqual([]);
  expect(variables).toHaveLength(1);
  expect(variables[0]).toMatchObject({
    section: 1,
    offset: PLACE,
    name: "patch",
    structName: "thing",
    isArray: false,
  });
  expect(variables[0]!.struct("thing")).toEqual(LAYOUT);
}

describe("machines", () => {
  test.each([
    ["x86_64", 62, 64, "little", 10, 1],
    ["s390x", 22, 64, "big", 4, 22],
    ["ppc64", 21, 64, "big", 1, 38],
    ["ppc64le", 21, 64, "little", 1, 38],
    ["ppc64le, unaligned", 21, 64, "little", 24, 43],
    ["ppc32", 20, 32, "big", 1, 1],
    ["aarch64", 183, 64, "little", 258, 257],
    ["loongarch", 258, 64, "little", 1, 2],
  ] as const)("%s", (_name, machine, elfClass, order, type4, type8) => {
    const name: Attribute = [AT.name, FORM.strp, "patch"];
    for (const format of elfClass === 64 ? ([32, 64] as const) : ([32] as const)) {
      expectThing([unitOf([TYPED, variable(name, TYPE, LOCATION)], { format })], {
        machine,
        class: elfClass,
        order,
        types: { 4: type4, 8: type8 },
      });
    }
  });
});

describe.each([
  [32, "little"],
  [32, "big"],
  [64, "little"],
  [64, "big"],
] as const)("%i-bit format, %s-endian", (format, order) => {
  const types = order === "big" ? { 4: 4, 8: 22 } : { 4: 10, 8: 1 };
  const base = format === 32 ? 8 : 16;

  test.each([
    ["string", FORM.string],
    ["strp", FORM.strp],
    ["line_strp", FORM.line_strp],
    ["strx", FORM.strx],
    ["strx1", FORM.strx1],
    ["strx2", FORM.strx2],
    ["strx3", FORM.strx3],
    ["strx4", FORM.strx4],
  ])("DW_FORM_%s", (_name, form) => {
    const root: Entry = {
      tag: TAG.compile_unit,
      attributes: [
        [AT.name, form, "file.c"],
        [AT.str_offsets_base, FORM.sec_offset, { symbol: ".debug_str_offsets", addend: base }],
      ],
    };
    for (const name of [
      [AT.name, form, "patch"],
      [AT.name, FORM.indirect, { form, value: "patch" }],
    ] as const) {
      const other: Attribute[] = [
        [AT.name, form, "other"],
        [AT.byte_size, FORM.data1, 1],
      ];
      const structs: Entry[] = [
        { tag: TAG.structure_type, attributes: other, children: [] },
        { ...TYPED, attributes: [[AT.name, form, "thing"], TYPED.attributes![1]!] },
      ];
      const unit = unitOf([...structs, variable(name, TYPE, LOCATION)], { format, root });
      expectThing([unit], { order, types });
    }
  });

  test.each([
    ["ref1", FORM.ref1],
    ["ref2", FORM.ref2],
    ["ref4", FORM.ref4],
    ["ref8", FORM.ref8],
    ["ref_udata", FORM.ref_udata],
    ["ref_addr", FORM.ref_addr],
  ])("DW_FORM_%s", (_name, form) => {
    for (const type of [
      [AT.type, form, "type"],
      [AT.type, FORM.indirect, { form, value: "type" }],
    ] as const) {
      const unit = unitOf([TYPED, variable(NAME, type, LOCATION)], { format });
      // Behind another one, so that the unit does not begin at 0.
      expectThing([unitOf([]), unit], { order, types });
    }
  });

  test.each([
    ["data1", FORM.data1],
    ["data2", FORM.data2],
    ["data4", FORM.data4],
    ["data8", FORM.data8],
    ["udata", FORM.udata],
    ["sdata", FORM.sdata],
    ["implicit_const", FORM.implicit_const],
  ])("DW_FORM_%s", (_name, form) => {
    const type: Entry = {
      ...TYPED,
      attributes: [
        [AT.byte_size, form, 8],
        [AT.name, FORM.string, "thing"],
      ],
      children: [member("first", [AT.data_member_location, form, 4])],
    };
    expectThing([unitOf([type, variable(NAME, TYPE, LOCATION)], { format })], { order, types });
  });

  test.each([
    ["exprloc", FORM.exprloc],
    ["block", FORM.block],
    ["block1", FORM.block1],
    ["block2", FORM.block2],
    ["block4", FORM.block4],
  ])("DW_FORM_%s", (_name, form) => {
    const type = {
      ...TYPED,
      children: [member("first", [AT.data_member_location, form, [0x23, 4]])],
    };
    for (const location of [
      [AT.location, form, address(PLACE)],
      [AT.location, FORM.indirect, { form, value: address(PLACE) }],
    ] as const) {
      const unit = unitOf([type, variable(NAME, location, TYPE)], { format });
      expectThing([unit], { order, types });
    }
  });

  test("DW_OP_addrx", () => {
    const root = (base: number): Entry => ({
      tag: TAG.compile_unit,
      attributes: [[AT.addr_base, FORM.sec_offset, { symbol: ".debug_addr", addend: base }]],
    });
    const row = (index: number): Attribute => [AT.location, FORM.exprloc, [0xa1, index]];
    const first = unitOf([variable([AT.name, FORM.string, "first"], row(0))], {
      format,
      addresses: [data(40), data(48)],
      root: root(base),
    });
    const second = unitOf([TYPED, variable(NAME, TYPE, row(1)), variable(row(2))], {
      format,
      addresses: [data(56), data(PLACE)],
      root: root(base + 16 + base),
    });
    const units = [first, second];
    expectThing(units, { order, types });
    const { variables } = ask({ units, order, types }, 40, 48, 56);
    expect(variables).toMatchObject([{ name: "first", offset: 40 }]);
  });
});

describe("units", () => {
  test.each([2, 3, 4, 5])("of version %i", (version) => {
    expectThing([unitOf([TYPED, variable(NAME, TYPE, LOCATION)], { version })]);
  });

  test("DW_FORM_ref_addr is an address in version 2", () => {
    const type: Attribute = [AT.type, FORM.ref_addr, "type"];
    expectThing([unitOf([TYPED, variable(NAME, type, LOCATION)], { version: 2 })]);
  });

  test.each([1, 3])("of type %i", (type) => {
    expectThing([unitOf([TYPED, variable(NAME, TYPE, LOCATION)], { type })]);
  });

  test("with codes of several bytes, or in another order", () => {
    for (const code of [(i: number) => 1000 * (i + 1), (i: number) => 100 - i]) {
      expectThing([unitOf([TYPED, variable(NAME, TYPE, LOCATION)], { code })]);
    }
  });

  test("whose types are in another one", () => {
    const type: Attribute = [AT.type, FORM.ref_addr, "type"];
    const using = unitOf([variable(NAME, type, LOCATION)], { version: 4 });
    const having = unitOf([TYPED, struct("near", 2, [])], { format: 64 });
    for (const units of [
      [using, having],
      [having, using],
    ]) {
      expectThing(units);
      const near = ask({ units }, PLACE).variables[0]!.struct("near");
      expect(near).toEqual({ size: 2, members: new Map() });
    }
  });

  test("without relocations are read as they are", () => {
    const name: Attribute = [AT.name, FORM.strp, "patch"];
    const { variables, faults } = ask(
      { units: [unitOf([TYPED, variable(name, TYPE, LOCATION)])], resolved: true },
      PLACE,
    );
    // There is no address, but nothing wrong either.
    expect({ variables, faults }).toEqual({ variables: [], faults: [] });
  });
});

describe("a variable", () => {
  const found = (children: readonly Entry[]) => ask({ units: [unitOf(children)] }, PLACE);

  test("may be an array of what it is", () => {
    const array: Entry = {
      tag: TAG.array_type,
      as: "type",
      attributes: [[AT.type, FORM.ref4, "e"]],
    };
    const element: Entry = {
      tag: TAG.const_type,
      as: "e",
      attributes: [[AT.type, FORM.ref4, "s"]],
    };
    const children = [array, element, struct("thing", 8, [], "s"), variable(NAME, TYPE, LOCATION)];
    expect(found(children).variables).toMatchObject([{ structName: "thing", isArray: true }]);
  });

  test.each([
    ["a pointer", { tag: TAG.pointer_type, as: "type", attributes: [[AT.type, FORM.ref4, "s"]] }],
    ["a union", { tag: TAG.union_type, as: "type", attributes: [[AT.name, FORM.string, "u"]] }],
    ["a nameless struct", { tag: TAG.structure_type, as: "type" }],
    ["const void", { tag: TAG.const_type, as: "type" }],
  ] satisfies [string, Entry][])("may be %s", (_name, type) => {
    const children = [type, struct("thing", 8, [], "s"), variable(NAME, TYPE, LOCATION)];
    expect(found(children).variables).toMatchObject([{ name: "patch", structName: undefined }]);
  });

  test("may have neither a name nor a type", () => {
    expect(found([variable(LOCATION)]).variables).toMatchObject([
      { name: undefined, structName: undefined, isArray: false },
    ]);
  });

  test.each([
    ["specification", AT.specification],
    ["abstract_origin", AT.abstract_origin],
  ])("may have the rest elsewhere: DW_AT_%s", (_name, attribute) => {
    const rest: Entry = {
      ...variable([AT.declaration, FORM.flag_present, 1], NAME, TYPE),
      as: "rest",
    };
    const between: Entry = { ...variable([attribute, FORM.ref4, "rest"]), as: "between" };
    const ends = variable([attribute, FORM.ref4, "between"], LOCATION);
    expectThing([unitOf([TYPED, rest, between, ends])]);
  });

  test("may be in a function, whether that says where it ends or not", () => {
    const inner = { tag: TAG.lexical_block, children: [variable(NAME, TYPE, LOCATION)] };
    const behind: Entry = { tag: TAG.const_type, as: "behind" };
    for (const attributes of [[], [[AT.sibling, FORM.ref4, "behind"]]] as Attribute[][]) {
      expectThing([
        unitOf([TYPED, { tag: TAG.subprogram, attributes, children: [inner] }, behind]),
      ]);
    }
  });

  test("may be several", () => {
    const children = [variable(NAME, LOCATION), variable(LOCATION), variable(NAME, LOCATION)];
    expect(found(children).variables.map(({ name }) => name)).toEqual([
      "patch",
      undefined,
      "patch",
    ]);
  });

  test.each<[string, Attribute]>([
    ["a list of places", [AT.location, FORM.sec_offset, data(PLACE)]],
    ["nothing", [AT.location, FORM.exprloc, []]],
    ["a part of something else", [AT.location, FORM.exprloc, [...address(PLACE), 0x93, 8]]],
    ["a value and no place", [AT.location, FORM.exprloc, [...address(PLACE), 0x9f]]],
    ["something else", [AT.location, FORM.exprloc, [0x23, ...address(PLACE).slice(1)]]],
    ["an address of another attribute", [AT.external, FORM.exprloc, address(PLACE)]],
    ["a row of no table", [AT.location, FORM.exprloc, [0xa1, 0]]],
  ])("is not where its location is %s", (_name, location) => {
    expect(found([TYPED, variable(NAME, TYPE, location)])).toEqual({ variables: [], faults: [] });
  });
});

describe("a struct", () => {
  const layoutOf = (struct: Entry, ...others: Entry[]) => {
    const children = [...others, { ...struct, as: "type" }, variable(TYPE, LOCATION)];
    const { variables, faults } = ask({ units: [unitOf(children)] }, PLACE);
    expect(faults).toEqual([]);
    return variables[0]!.struct("s");
  };
  const at = (form: number, value: Value): Attribute => [AT.data_member_location, form, value];

  test("has the members of anonymous structs and unions", () => {
    const nameless = (type: string, offset: number): Entry => ({
      tag: TAG.member,
      attributes: [[AT.type, FORM.ref4, type], at(FORM.data1, offset)],
    });
    const union: Entry = {
      tag: TAG.union_type,
      as: "u",
      children: [
        member("a"),
        { tag: TAG.member, attributes: [[AT.type, FORM.ref4, "i"]] },
        { tag: TAG.member, attributes: [[AT.type, FORM.ref4, "array"]] },
        { tag: TAG.member },
      ],
    };
    const inner = struct(
      "",
      8,
      [member("b", at(FORM.data1, 0)), member("c", at(FORM.data1, 4))],
      "i",
    );
    const array: Entry = {
      tag: TAG.array_type,
      as: "array",
      attributes: [[AT.type, FORM.ref4, "x"]],
    };
    const hidden = struct("", 8, [member("hidden", at(FORM.data1, 0))], "x");
    const outer = struct("s", 32, [member("first", at(FORM.data1, 0)), nameless("u", 8)]);
    expect(layoutOf(outer, union, inner, array, hidden)).toEqual({
      size: 32,
      members: new Map([
        ["first", 0],
        ["a", 8],
        ["b", 8],
        ["c", 12],
      ]),
    });
  });

  test("has no bit fields, nothing behind its end and nothing of unknown place", () => {
    const members = [
      member("bits", [AT.bit_size, FORM.data1, 3], at(FORM.data1, 0)),
      member("behind", at(FORM.data1, 9)),
      member("before", at(FORM.sdata, -1)),
      member("computed", at(FORM.exprloc, [0x23, 4, 0x23, 4])),
      member("empty", at(FORM.exprloc, [])),
      member("other", at(FORM.exprloc, [0x10, 4])),
      member("listed", at(FORM.sec_offset, data(0))),
      member("end", at(FORM.data1, 8)),
    ];
    expect(layoutOf(struct("s", 8, members))).toEqual({ size: 8, members: new Map([["end", 8]]) });
  });

  test("has each member once, the first of a name", () => {
    const members = [member("m", at(FORM.data1, 1)), member("m", at(FORM.data1, 2))];
    expect(layoutOf(struct("s", 8, members))?.members).toEqual(new Map([["m", 1]]));
  });

  test("has no members of structs that are within it", () => {
    const within = struct("t", 8, [member("of_t", at(FORM.data1, 0))]);
    const members = [within, member("of_s", at(FORM.data1, 0))];
    expect(layoutOf(struct("s", 8, members))?.members).toEqual(new Map([["of_s", 0]]));
  });

  test("without a size, or of a negative one, is none", () => {
    const attributes: Attribute[] = [[AT.name, FORM.string, "s"]];
    expect(layoutOf({ tag: TAG.structure_type, attributes, children: [] })).toBeUndefined();
    attributes.push([AT.byte_size, FORM.sdata, -8]);
    expect(layoutOf({ tag: TAG.structure_type, attributes, children: [] })).toBeUndefined();
  });

  test.each([
    ["flag_present", FORM.flag_present],
    ["flag", FORM.flag],
  ])("that is only declared is passed over: DW_FORM_%s", (_name, form) => {
    const declared: Entry = {
      tag: TAG.structure_type,
      attributes: [
        [AT.name, FORM.string, "s"],
        [AT.declaration, form, 1],
      ],
    };
    const isNot: Entry = {
      ...struct("s", 8, []),
      attributes: [
        [AT.name, FORM.string, "s"],
        [AT.declaration, FORM.flag, 0],
        [AT.byte_size, FORM.data1, 8],
      ],
    };
    expect(layoutOf(struct("other", 1, []), declared)).toBeUndefined();
    expect(layoutOf(struct("other", 1, []), declared, isNot)).toEqual({
      size: 8,
      members: new Map(),
    });
  });

  test("is found by its whole name", () => {
    const others = ["ss", "", "s ", "S"].map((name, i) => struct(name, i + 1, [], `o${i}`));
    expect(layoutOf(struct("other", 1, []), ...others, struct("s", 9, []))?.size).toBe(9);
    expect(layoutOf(struct("other", 1, []), ...others)).toBeUndefined();
  });

  test("of a function or of another struct is not the unit's", () => {
    const body = { tag: TAG.subprogram, children: [struct("s", 1, [], "a")] };
    const around = struct("around", 8, [struct("s", 2, [], "b")]);
    expect(layoutOf(struct("other", 1, []), body, around)).toBeUndefined();
  });
});
