/** How a module says what is to be converted: told by its sections and by names of its symbols. */

import { type ElfObject, SHN_LIVEPATCH, SHN_UNDEF, SHT_RELA } from "../elf/index.js";
import {
  ANNOTATED_PREFIX,
  ANNOTATION_SECTION_PREFIX,
  isLivepatchSection,
  KLP_RELOCS_PREFIX,
  LIVEPATCH_SYMBOL_PREFIX,
  TOMBSTONE_PREFIX,
} from "../livepatch/index.js";
import type { Form } from "./inspection.js";

/** Sections that kpatch-build leaves for its own last step; others with the prefix stay for good. */
const KPATCH_SECTIONS = [".kpatch.symbols", ".kpatch.relocations"];

/**
 * The forms of what is not converted yet. Entries of objtool's form whose symbols are livepatch
 * symbols already are what `objtool klp post-link` leaves, and no longer say anything.
 */
export function readForms(object: ElfObject): Form[] {
  const { symbols } = object;
  const undefineds: string[] = [];
  for (let symbol = 1; symbol < symbols.count; symbol++) {
    if (symbols.sectionIndex(symbol) === SHN_UNDEF && symbols.isNamed(symbol)) {
      undefineds.push(symbols.name(symbol));
    }
  }
  const sections = object.present().map(({ name }) => name);
  const having = (prefix: string) => sections.filter((name) => name.startsWith(prefix));
  const annotated = undefineds.filter((name) => name.startsWith(ANNOTATED_PREFIX));
  const isPending = undefineds.some(
    (name) =>
      name.startsWith(TOMBSTONE_PREFIX) ||
      (name.startsWith(LIVEPATCH_SYMBOL_PREFIX) && !name.startsWith(ANNOTATED_PREFIX)),
  );
  const entries = having(KLP_RELOCS_PREFIX);
  const forms: Form[] = [
    { form: "annotated names", marks: annotated },
    { form: "module relocs", marks: having(ANNOTATION_SECTION_PREFIX) },
    { form: isPending ? "objtool" : "leftover entries", marks: entries },
    { form: "kpatch", marks: sections.filter((name) => KPATCH_SECTIONS.includes(name)) },
  ];
  return forms.filter(({ marks }) => marks.length > 0);
}

/** Whether the module itself says what the symbol of a name is. */
export function markedNames(object: ElfObject): (name: string) => boolean {
  const annotated = new Set<string>();
  for (const section of object.present()) {
    const target = object.sections[section.info];
    if (section.type !== SHT_RELA || target === undefined) continue;
    if (!target.name.startsWith(ANNOTATION_SECTION_PREFIX)) continue;
    const entries = section.relocations(object.layout);
    for (let entry = 0; entry < entries.count; entry++) {
      annotated.add(object.symbols.name(entries.symbol(entry)));
    }
  }
  return (name) => annotated.has(name) || name.startsWith(LIVEPATCH_SYMBOL_PREFIX);
}

/** The module has symbols or sections that livepatch resolves and applies. */
export function hasLivepatchParts(object: ElfObject): boolean {
  for (const section of object.present()) if (isLivepatchSection(section)) return true;
  const { symbols } = object;
  for (let symbol = 1; symbol < symbols.count; symbol++) {
    if (symbols.sectionIndex(symbol) === SHN_LIVEPATCH) return true;
  }
  return false;
}
