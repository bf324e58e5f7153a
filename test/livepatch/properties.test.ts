// SPDX-License-Identifier: GPL-2.0-only

// No relocation is lost, invented or changed: held against what the generated description says,
// on objects of all four layouts.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { convert } from "../../src/index.js";
import { buildElf, SHF, STB, type SymbolDescription } from "../elf-builder.js";
import { sectionContents } from "../elf-contents.js";
import { dumpElf } from "../elf-dump.js";
import { LAYOUTS, MODINFO, symbolsList, type TestLayout } from "./intermediate.js";

/** How a generated symbol is meant, what it is called then, and which object gates it. */
interface Plan {
  readonly name: string;
  readonly kind: "list" | "export" | "annotated name" | "annotation" | "weak" | "defined";
  readonly object: string;
  readonly position: number;
  /** What an annotated name says to wait for, if not the object itself. */
  readonly otherGate: string | undefined;
}

interface Use {
  readonly section: number;
  readonly symbol: number;
  readonly offset: number;
  readonly type: number;
  readonly addend: number;
}

interface Generated {
  readonly layout: TestLayout;
  /** Whether each section is loaded, and whether its name has a leading dot. */
  readonly sections: readonly (readonly [loaded: boolean, dotted: boolean])[];
  readonly plans: readonly Plan[];
  readonly uses: readonly Use[];
}

/** Each relocation has so many bytes for itself: on x86 two cannot write the same. */
const SLOT = 16;
const SLOTS = 80;
const SECTION_SIZE = SLOT * SLOTS;
/** The most that a relocation writes. */
const WIDTH_MOST = 8;

/** Types that livepatch can apply to data that is not read-only, whatever the bytes there. */
const TYPES: Readonly<Record<TestLayout["name"], readonly number[]>> = {
  "ELF64 little": [0, 1, 2, 4, 10, 11, 24],
  "ELF64 big": [0, 1, 2, 3, 4, 5, 16, 17, 19, 20, 22, 23, 57],
  "ELF32 big": [1, 4, 5, 6, 26],
  "ELF32 little": [1, 4, 5, 6, 26],
};

const generated: fc.Arbitrary<Generated> = fc
  .record({
    layout: fc.constantFrom(...LAYOUTS),
    sections: fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 6 }),
    kinds: fc.array(
      fc.record({
        kind: fc.constantFrom<Plan["kind"]>(
          "list",
          "export",
          "annotated name",
          "annotation",
          "weak",
          "defined",
        ),
        object: fc.constantFrom("vmlinux", "ext4", "snd_hda_intel"),
        position: fc.nat(3),
        otherGate: fc.option(fc.constantFrom("xfs", "btrfs"), { nil: undefined }),
      }),
      { minLength: 1, maxLength: 12 },
    ),
  })
  .chain(({ layout, sections, kinds }) =>
    fc.record({
      layout: fc.constant(layout),
      sections: fc.constant(sections),
      plans: fc.constant(kinds.map((plan, i) => ({ ...plan, name: `symbol_${i}.isra.${i}` }))),
      uses: fc
        .uniqueArray(
          fc.record({
            section: fc.nat(sections.length - 1),
            symbol: fc.nat(kinds.length - 1),
            slot: fc.nat(SLOTS - 1),
            within: fc.nat(SLOT - WIDTH_MOST),
            movable: fc.constantFrom(...TYPES[layout.name]!),
            other: fc.nat(255),
            addend: fc.integer(),
          }),
          { maxLength: 60, selector: ({ slot }) => slot },
        )
        .map((drawn) =>
          drawn.map(({ section, symbol, slot, within, movable, other, addend }) => {
            const moves = sections[section]![0] && isConverted(kinds[symbol]!);
            const offset = SLOT * slot + within;
            return { section, symbol, offset, type: moves ? movable : other, addend };
          }),
        ),
    }),
  );

/** vmlinux waits for nothing but itself. */
const gateOf = ({ kind, object, otherGate }: Plan): string =>
  kind === "annotated name" && object !== "vmlinux" ? (otherGate ?? object) : object;

const inputName = (plan: Plan): string =>
  plan.kind === "annotated name"
    ? `.klp.sym.rela.${gateOf(plan)}.${plan.object}.${plan.name}.${plan.position}`
    : plan.name;

function isConverted({ kind }: Pick<Plan, "kind">): boolean {
  return kind === "list" || kind === "annotated name" || kind === "annotation";
}

function outputName(plan: Plan): string {
  if (!isConverted(plan)) return plan.name;
  const position = plan.kind === "list" ? 0 : plan.position;
  return `.klp.sym.${plan.object}.${plan.name},${position}`;
}

const sectionName = (index: number, dotted: boolean): string => `${dotted ? "." : ""}s${index}`;

/** Zeros where livepatch is to write, which x86 wants, and anything else around them. */
function contentsOf(section: number, plans: readonly Plan[], uses: readonly Use[]): Uint8Array {
  const data = Uint8Array.from({ length: SECTION_SIZE }, (_, at) => (at * 7 + section) & 0xff);
  for (const { section: of, symbol, offset } of uses) {
    if (of === section && isConverted(plans[symbol]!)) data.fill(0, offset, offset + WIDTH_MOST);
  }
  return data;
}

function build({ layout, sections, plans, uses }: Generated): Uint8Array {
  const annotated = plans.filter(({ kind }) => kind === "annotation");
  const objects = [...new Set(annotated.map(({ object }) => object))];
  const ofObject = (object: string) => annotated.filter((plan) => plan.object === object);
  return buildElf({
    class: layout.class,
    order: layout.order,
    machine: layout.machine,
    sections: [
      ...objects.map((object) => ({
        name: `.klp.module_relocs.${object}`,
        flags: SHF.ALLOC | SHF.WRITE,
        words: ofObject(object).flatMap(({ position }) => [0, 0, position]),
      })),
      { name: ".modinfo", flags: SHF.ALLOC, data: MODINFO },
      ...sections.map(([loaded, dotted], i) => ({
        name: sectionName(i, dotted),
        flags: loaded ? SHF.ALLOC | SHF.WRITE : 0,
        data: contentsOf(i, plans, uses),
        addralign: 1 << i,
      })),
    ],
    symbols: [
      ...objects.map((object) => ({
        name: `${object}_relocs`,
        section: `.klp.module_relocs.${object}`,
        bind: STB.LOCAL,
      })),
      ...plans.map((plan): SymbolDescription => {
        const name = inputName(plan);
        if (plan.kind === "defined") return { name, section: ".modinfo", bind: STB.LOCAL };
        return plan.kind === "weak" ? { name, bind: STB.WEAK } : { name };
      }),
    ],
    relocations: [
      ...objects.map((object) => ({
        section: `.klp.module_relocs.${object}`,
        entries: ofObject(object).map(({ name }, i) => ({
          offset: 12 * i,
          type: layout.absolute,
          symbol: name,
        })),
      })),
      ...sections.map(([, dotted], i) => ({
        section: sectionName(i, dotted),
        entries: [
          ...uses
            .filter(({ section }) => section === i)
            .map((use) => ({ ...use, symbol: inputName(plans[use.symbol]!) })),
          // What debug information says about annotations goes with them.
          ...(sections[i]![0]
            ? []
            : objects.map((object) => ({ offset: 0, type: 1, symbol: `${object}_relocs` }))),
        ],
      })),
    ],
  });
}

function listOf({ plans }: Generated) {
  const objects: Record<string, string[]> = { vmlinux: [], ext4: [], snd_hda_intel: [] };
  for (const { kind, name, object, position } of plans) {
    if (kind === "list") objects[object]!.push(name);
    if (kind === "export") objects.vmlinux!.push(name, `__ksymtab_${name}`);
    if (kind === "annotation" || kind === "annotated name") {
      objects[object]!.push(...Array.from({ length: Math.max(1, position) }, () => name));
    }
  }
  return symbolsList(objects);
}

/** Every relocation that has to be in the output, by its section, in order. */
function expectedRelocations({ layout, sections, plans, uses }: Generated): Map<string, string[]> {
  const expected = new Map<string, string[]>();
  const digits = layout.class === 64 ? 16 : 8;
  for (const [i, [loaded, dotted]] of sections.entries()) {
    const name = sectionName(i, dotted);
    // An ordinary relocation section stays, also when it has nothing left.
    expected.set(`.rela${name}`, []);
    for (const { section, symbol, offset, type, addend } of uses) {
      if (section !== i) continue;
      const plan = plans[symbol]!;
      const moves = loaded && isConverted(plan);
      const container = moves ? `.klp.rela.${gateOf(plan)}.s${i}` : `.rela${name}`;
      const sign = addend < 0 ? "-" : "+";
      const line = `${offset.toString(16).padStart(digits, "0")} ${type} ${sign} ${Math.abs(addend)} ${outputName(plan)}`;
      expected.set(container, [...(expected.get(container) ?? []), line]);
    }
  }
  return expected;
}

function foundRelocations(dump: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  let container: string[] | undefined;
  for (const line of dump.split("\n")) {
    const header = /^relocations \[\d+\] (\S+) for/.exec(line);
    if (header !== null) {
      container = [];
      found.set(header[1]!, container);
    } else if (!line.startsWith(" ")) {
      container = undefined;
    }
    const entry = /^ +([0-9a-f]+) +type (\d+) +symbol \d+ +([+-]) (\d+) +(\S+)$/.exec(line);
    if (entry !== null) container?.push(entry.slice(1).join(" "));
  }
  return found;
}

describe("on generated modules of all four layouts", () => {
  test("every relocation arrives where it belongs, as it was, in order", () => {
    fc.assert(
      fc.property(generated, (module) => {
        const { output, diagnostics } = convert(build(module), { symbols: listOf(module) });
        expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
        expect(foundRelocations(dumpElf(output!))).toEqual(expectedRelocations(module));
      }),
      { numRuns: 300 },
    );
  });

  test("contents, symbol order and the split into locals and globals stay", () => {
    fc.assert(
      fc.property(generated, (module) => {
        const input = build(module);
        const output = convert(input, { symbols: listOf(module) }).output!;
        const contents = sectionContents(output);
        for (const [name, bytes] of sectionContents(input)) {
          if (/^\.rela|^\.klp\.module_relocs|^\.symtab$|^\.(sh)?strtab$/.test(name)) continue;
          expect(contents.get(name), name).toEqual(bytes);
        }
        const symbols = (dump: string) =>
          [...dump.matchAll(/^ +\d+ +[0-9a-f]+ .* (LOCAL|GLOBAL|WEAK) .* (\S+)$/gm)].map(
            ([, binding, name]) => `${binding} ${name}`,
          );
        const renamed = new Map(module.plans.map((plan) => [inputName(plan), outputName(plan)]));
        const expected = symbols(dumpElf(input))
          .filter((symbol) => !symbol.endsWith("_relocs"))
          .map((symbol) => {
            const [binding, name] = symbol.split(" ") as [string, string];
            return `${binding} ${renamed.get(name) ?? name}`;
          });
        expect(expected).toHaveLength(1 + module.plans.length);
        expect(symbols(dumpElf(output))).toEqual(expected);
        // The null symbol is one of them.
        const locals = expected.filter((symbol) => symbol.startsWith("LOCAL")).length;
        expect(dumpElf(output)).toMatch(new RegExp(`SYMTAB .* info ${locals} .* \\.symtab$`, "m"));
      }),
      { numRuns: 150 },
    );
  });

  test("the result converts to itself, and the same input gives the same bytes", () => {
    fc.assert(
      fc.property(generated, (module) => {
        const symbols = listOf(module);
        const { output } = convert(build(module), { symbols });
        expect(convert(build(module), { symbols }).output).toEqual(output);
        expect(convert(output!, { symbols }).output).toBe(output);
      }),
      { numRuns: 100 },
    );
  });
});
