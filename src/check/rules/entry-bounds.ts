/**
 * Relocations that leave the section that they relocate, or the symbol table. The kernel holds neither
 * against anything: it writes to, and reads, whatever memory is there.
 */

import { counted, hex } from "../../diagnostics.js";
import { type Section, SHN_LIVEPATCH, SHT_RELA, type StrayRelocation } from "../../elf/index.js";
import { widthsOf } from "../../livepatch/index.js";
import { applicationOf, graded, isVisited, refusedAt } from "../application.js";
import { entryPlace } from "../entry-place.js";
import { lineOfUnmarked } from "../kernel-lines.js";
import { crash, HARMLESS, type Outcome, wrong } from "../outcome.js";
import type { Rule } from "../rule.js";
import type { LivepatchSection, Subject } from "../subject.js";
import { TABLES } from "./relocated-sections.js";

const BUILD_AGAIN = "the file is damaged: build the module again, and convert it again";

export const L31: Rule = {
  id: "L31",
  title: "Every relocation writes within the section that it relocates",
  severity: "error",
  needs: ["object"],
  consequences: [
    {
      kind: "crash",
      text: "the kernel writes beyond the section, over what is there; x86_64 may refuse it, since it writes to zeros only",
    },
  ],
  remedy: BUILD_AGAIN,
  source: "apply_relocate_add in arch/*/kernel/module*.c",
  isStructural: true,
  test(subject, findings) {
    const machine = subject.header?.machine ?? 0;
    for (const { section, target, isApplied } of tables(subject)) {
      const table = subject.table(section);
      const { size } = target;
      const widths = widthsOf(machine, table.types);
      for (let at = 0; at < table.count; at++) {
        const width = widths[at]!;
        if (width === 0 || table.offsets[at]! + width <= size) continue;
        const entry = table.entry(at);
        findings.add({
          place: entryPlace(subject, { section, target }, entry),
          message: `${subject.typeName(entry.type)} has ${counted(width, "byte")} at ${hex(entry.offset)}, and ${target.name} ends at ${hex(target.size)}`,
          ...graded(
            isApplied
              ? crash(`the kernel writes beyond ${target.name}, over what is there`)
              : HARMLESS,
          ),
        });
      }
    }
  },
};

interface Table {
  readonly section: Section;
  readonly target: Section;
  readonly isApplied: boolean;
}

/** Every section of relocations that relocates something, and whether the kernel applies it. */
function* tables(subject: Subject): Iterable<Table> {
  for (const each of subject.livepatchSections) {
    const { section, target } = each;
    // What is no code or data, or not loaded, is another rule's.
    if (!target?.isLoaded || TABLES.has(target.type)) continue;
    yield { section, target, isApplied: applicationOf(subject, each) !== "never" };
  }
  for (const [section, target] of subject.ordinaryTables()) {
    yield { section, target, isApplied: isVisited(subject, target) };
  }
}

export const L32: Rule = {
  id: "L32",
  title: "Every relocation is of a symbol that the symbol table has",
  severity: "error",
  needs: ["object"],
  consequences: [
    {
      kind: "wrong",
      text: "what is behind the symbol table is taken for the symbol's value, or the kernel crashes reading it",
    },
    {
      kind: "refused",
      text: "what livepatch finds there is no livepatch symbol",
      message: "livepatch: symbol … is not marked as a livepatch symbol",
      errno: "EINVAL",
    },
  ],
  remedy: BUILD_AGAIN,
  source: "kernel/livepatch/core.c, klp_resolve_symbols; apply_relocate_add",
  isStructural: true,
  test(subject, findings) {
    const { elf, strays } = subject;
    const livepatch = new Map(subject.livepatchSections.map((each) => [each.section, each]));
    const memory = new BehindSymbols(subject);
    for (const stray of strays) {
      const { section, symbol, entry } = stray;
      const each = livepatch.get(section);
      const target = elf.sections[section.info];
      findings.add({
        place: entryPlace(subject, { section, target }, { ...stray, index: entry }),
        message: `entry ${entry} of ${section.name} is of symbol ${symbol}, and the symbol table has ${elf.symbols.count}`,
        ...graded(
          each === undefined
            ? outcomeOfOrdinary(subject, stray, target)
            : outcomeOfLivepatch(subject, each, stray, memory),
        ),
      });
    }
  },
};

/** How far behind the symbol table there may still be memory of the module. */
const NEAR = 0x100000;

function outcomeOfOrdinary(
  subject: Subject,
  { section, symbol }: StrayRelocation,
  target: Section | undefined,
): Outcome {
  const isApplied = section.type === SHT_RELA && isVisited(subject, target);
  if (!isApplied) return HARMLESS;
  const { sym } = subject.layout;
  const isNear = (symbol - subject.elf.symbols.count) * sym.size < NEAR;
  return isNear
    ? wrong("what is behind the symbol table is taken for the symbol's value")
    : crash("the kernel reads far behind the symbol table");
}

function outcomeOfLivepatch(
  subject: Subject,
  each: LivepatchSection,
  { symbol, entry }: StrayRelocation,
  memory: BehindSymbols,
): Outcome {
  const application = applicationOf(subject, each);
  if (application === "never") return HARMLESS;
  const found = memory.symbol(symbol, application === "at load");
  if (found === undefined) return crash("the kernel reads far behind the symbol table");
  if (found.name === undefined || found.section === SHN_LIVEPATCH) {
    return crash("the kernel reads a name far behind the names of symbols");
  }
  return refusedAt(
    subject,
    application,
    each,
    entry,
    "EINVAL",
    lineOfUnmarked(subject, found.name, entry),
  );
}

/**
 * What the kernel finds behind the symbol table: the names of symbols, and behind those zeros
 * (kernel/module/kallsyms.c, layout_symtab). When the patch has been loaded, they are its own copy, which
 * has the names in the order of the symbols (add_kallsyms).
 */
class BehindSymbols {
  readonly #subject: Subject;
  #copied: Uint8Array | undefined;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  /** Undefined if there may be no memory; no name if that is where there may be none. */
  symbol(
    index: number,
    isEarly: boolean,
  ): { readonly section: number; readonly name: string | undefined } | undefined {
    const { layout, elf } = this.#subject;
    const { st_name, st_shndx, size } = layout.sym;
    const names = isEarly ? elf.symbols.names : this.#copiedNames;
    const start = (index - elf.symbols.count) * size;
    if (start - names.length > NEAR) return undefined;
    const record = new Uint8Array(size);
    record.set(names.subarray(start, start + size));
    const view = new DataView(record.buffer);
    const offset = st_name.get(view, 0);
    const end = names.indexOf(0, offset);
    const name =
      end < 0
        ? undefined
        : String.fromCharCode(...names.subarray(offset, Math.min(end, offset + 1000)));
    return { section: st_shndx.get(view, 0), name };
  }

  get #copiedNames(): Uint8Array {
    if (this.#copied === undefined) {
      const { symbols } = this.#subject.elf;
      const parts: Uint8Array[] = [];
      let total = 0;
      for (let symbol = 0; symbol < symbols.count && total < NEAR; symbol++) {
        const start = symbols.nameOffset(symbol);
        const end = symbols.names.indexOf(0, start);
        const part = symbols.names.subarray(
          start,
          end < 0 ? undefined : Math.min(end + 1, start + NEAR),
        );
        parts.push(part);
        total += part.length;
      }
      const copied = new Uint8Array(total);
      let at = 0;
      for (const part of parts) {
        copied.set(part, at);
        at += part.length;
      }
      this.#copied = copied;
    }
    return this.#copied;
  }
}
