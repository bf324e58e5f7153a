// SPDX-License-Identifier: GPL-2.0-only

// Debug information with a few bytes changed, or of nothing but noise. Whatever comes of it is an
// answer: nothing throws, and nothing takes long.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ElfObject, SHT_RELA } from "../../src/elf/index.js";
import { buildElf } from "../elf-builder.js";
import { AT, FORM, TAG } from "./dwarf-builder.js";
import { debugInfoOf, opened } from "./questions.js";

const runs = { numRuns: 300 };

/** Milliseconds that no file this small comes near, on whatever machine. */
const TIME_MOST = 2000;

const folder = new URL("fixtures/", import.meta.url);

const FIXTURES = [
  "ppc32",
  "s390x",
  "x86_64-clang-two",
  "x86_64-dwarf2",
  "x86_64-dwarf64",
  "x86_64-lto",
  "x86_64-types",
  "x86_64-two",
];

/** Every byte of a section of variables may be one. */
function placesIn({ sections }: ElfObject): { section: number; offset: number }[] {
  return [".data", ".data.rel.ro", ".rodata", ".data.rel.local"].flatMap((name) => {
    const section = sections.find((each) => each.name === name);
    if (section === undefined) return [];
    return Array.from({ length: section.size }, (_, offset) => ({
      section: section.index,
      offset,
    }));
  });
}

/** Asks all that can be asked. */
function askAll(object: ElfObject): number {
  const start = performance.now();
  const info = debugInfoOf(object);
  const variables = info.variablesAt(placesIn(object));
  for (const variable of variables) {
    for (const name of ["klp_patch", "klp_object", "klp_func", "thing", ""]) {
      const layout = variable.struct(name);
      for (const offset of layout?.members.values() ?? []) {
        expect(offset >= 0 && offset <= layout!.size).toBe(true);
      }
    }
  }
  expect(performance.now() - start).toBeLessThan(TIME_MOST);
  return variables.length;
}

/** Where in a file the debug sections and their relocations are. */
function debugBytes({
  sections,
}: ElfObject): { start: number; size: number; relocations: boolean }[] {
  const isDebug = (name: string) => /^\.debug_(info|abbrev|addr|str|str_offsets)$/.test(name);
  return sections.flatMap(({ name, type, info, fileOffset, data }) => {
    const relocations = type === SHT_RELA && isDebug(sections[info]!.name);
    if (!relocations && !isDebug(name)) return [];
    return data.length === 0 ? [] : [{ start: fileOffset!, size: data.length, relocations }];
  });
}

const change = fc.record({
  /** Which of the sections, and which byte of it. */
  section: fc.nat(),
  at: fc.nat(),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 4 }),
    fc.constantFrom(
      Uint8Array.of(0),
      Uint8Array.of(0xff, 0xff, 0xff, 0xff),
      Uint8Array.of(0x80, 0x80, 0x80, 0x80),
      Uint8Array.of(1, 2, 3, 4),
    ),
  ),
});

describe.each(FIXTURES)("%s", (name) => {
  const bytes = new Uint8Array(readFileSync(new URL(`${name}.ko`, folder)));
  const { wordSize, littleEndian } = opened(bytes).layout;
  const parts = debugBytes(opened(bytes));

  /** The low bytes of r_offset or r_addend; the symbol must stay one, or the file is refused. */
  const fieldNear = (at: number) =>
    at - (at % (3 * wordSize)) + (at % 2) * 2 * wordSize + (littleEndian ? 0 : wordSize - 4);

  test("is of use", () => {
    expect(askAll(opened(bytes))).toBeGreaterThan(8);
  });

  test("with some bytes changed has answers", () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const changed = bytes.slice();
        for (const { section, at, bytes: by } of changes) {
          const { start, size, relocations } = parts[section % parts.length]!;
          const offset = relocations ? fieldNear(at % size) : at % size;
          changed.set(by.subarray(0, size - offset), start + offset);
        }
        askAll(opened(changed));
      }),
      runs,
    );
  });
});

/** Abbreviations 1, 2 and so on: any attribute of any form in any entry. */
const abbreviations = fc
  .array(
    fc.record({
      tag: fc.constantFrom(...Object.values(TAG)),
      hasChildren: fc.boolean(),
      attributes: fc.array(
        fc.record({
          attribute: fc.constantFrom(...Object.values(AT)),
          form: fc.oneof(
            fc.constantFrom(FORM.data1, FORM.ref1, FORM.exprloc, FORM.string, FORM.flag_present),
            fc.integer({ min: 1, max: 0x2d }),
          ),
        }),
        { maxLength: 5 },
      ),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((shapes) => [
    ...shapes.flatMap(({ tag, hasChildren, attributes }, index) => [
      ...[index + 1, tag, hasChildren ? 1 : 0],
      ...attributes.flatMap(({ attribute, form }) =>
        form === FORM.implicit_const ? [attribute, form, 4] : [attribute, form],
      ),
      ...[0, 0],
    ]),
    0,
  ]);

const entries = fc.array(fc.oneof(fc.nat(6), fc.constant(0x03), fc.nat(0x40), fc.nat(0xff)), {
  minLength: 12,
  maxLength: 100,
});

test("noise has answers", () => {
  fc.assert(
    fc.property(
      fc.constantFrom([2], [4], [5, 1], [5, 2]),
      abbreviations,
      entries,
      fc.uint8Array({ maxLength: 20 }),
      fc.array(fc.record({ offset: fc.nat(120), type: fc.constantFrom(1, 10), addend: fc.nat(8) })),
      ([version = 5, ...type], abbrev, bytes, strings, relocations) => {
        const header =
          version < 5 ? [version, 0, 0, 0, 0, 0, 8] : [version, 0, ...type, 8, 0, 0, 0, 0];
        const length = header.length + bytes.length;
        const elf = buildElf({
          sections: [
            { name: ".data", size: 8 },
            { name: ".debug_info", data: [length, 0, 0, 0, ...header, ...bytes] },
            { name: ".debug_abbrev", data: abbrev },
            { name: ".debug_str", data: strings },
            { name: ".debug_addr", data: [20, 0, 0, 0, 5, 0, 8, 0, ...Array(16).fill(0)] },
          ],
          symbols: [
            { name: "data", section: ".data" },
            { name: "abbrev", section: ".debug_abbrev" },
            { name: "addr", section: ".debug_addr" },
          ],
          relocations: [
            {
              section: ".debug_info",
              entries: [
                { offset: version < 5 ? 6 : 8, type: 10, symbol: "abbrev" },
                ...relocations.map((each) => ({
                  ...each,
                  offset: 12 + each.offset,
                  symbol: each.type === 1 ? "data" : "addr",
                })),
              ].sort((a, b) => a.offset - b.offset),
            },
            { section: ".debug_addr", entries: [{ offset: 8, type: 1, symbol: "data" }] },
          ],
        });
        askAll(opened(elf));
      },
    ),
    { numRuns: 3000 },
  );
});
