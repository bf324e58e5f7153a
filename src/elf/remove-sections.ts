/**
 * Takes sections out of an object, with all that has no meaning without them. What would be left
 * pointing at nothing is an error, not a guess.
 */

import { type Diagnostics, shellWord } from "../diagnostics.js";
import { SHT_GROUP, SHT_NULL, SHT_RELA, SHT_SYMTAB } from "./constants.js";
import type { ElfObject, Section } from "./object.js";

/** Removes single relocations: by relocation section the numbers of entries. */
export function removeRelocations(
  object: ElfObject,
  bySection: ReadonlyMap<Section, ReadonlySet<number>>,
): void {
  for (const [section, dropped] of bySection) {
    const entries = section.relocations(object.layout);
    section.data = entries.pick((entry) => !dropped.has(entry));
  }
}

/**
 * Removes `sections`, their relocation sections, the symbols defined in them and those in
 * `undefinedSymbols`, relocations of sections that are not loaded which name such a symbol, and
 * memberships in groups; a group that loses its last member goes too.
 *
 * Adds an error to `diagnostics` for anything else that refers to what is removed.
 */
export function removeSections(
  object: ElfObject,
  sections: readonly Section[],
  diagnostics: Diagnostics,
  undefinedSymbols: readonly number[] = [],
): void {
  if (sections.length === 0 && undefinedSymbols.length === 0) return;
  for (const section of sections) {
    section.removed = true;
    if (section.index !== object.sectionNames) continue;
    diagnostics.error(
      "reference-to-removed",
      `section ${section.index} holds the sections' names and cannot be removed`,
      { section: section.name },
    );
  }
  for (const section of object.present()) {
    if (section.type === SHT_RELA && object.sections[section.info]!.removed) section.removed = true;
  }
  for (const section of object.present()) {
    if (section.type === SHT_GROUP) removeMembers(object, section);
  }
  removeSymbols(object);
  for (const symbol of undefinedSymbols) object.symbols.remove(symbol);
  for (const section of object.present()) {
    if (section.type === SHT_RELA) removeStrays(object, section, diagnostics);
    checkReferences(object, section, diagnostics);
  }
}

function removeMembers(object: ElfObject, group: Section): void {
  const { word } = object.layout;
  const { data } = group;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const kept = new Uint8Array(data.length);
  kept.set(data.subarray(0, 4));
  let size = 4;
  for (let at = 4; at < data.length; at += 4) {
    if (object.sections[word.get(view, at)]!.removed) continue;
    kept.set(data.subarray(at, at + 4), size);
    size += 4;
  }
  if (size === data.length) return;
  group.data = kept.subarray(0, size);
  if (size === 4) group.removed = true;
}

function removeSymbols(object: ElfObject): void {
  const { symbols } = object;
  for (let symbol = 1; symbol < symbols.count; symbol++) {
    if (object.sectionOfSymbol(symbol)?.removed) symbols.remove(symbol);
  }
}

function removeStrays(object: ElfObject, section: Section, diagnostics: Diagnostics): void {
  const { removed } = object.symbols;
  const target = object.sections[section.info]!;
  const entries = section.relocations(object.layout);
  let dropped = false;
  for (let entry = 0; entry < entries.count; entry++) {
    const symbol = entries.symbol(entry);
    if (!removed.has(symbol)) continue;
    dropped = true;
    if (!target.isLoaded) continue;
    diagnostics.error(
      "reference-to-removed",
      `the relocation refers to ${nameOf(object, symbol)}, which ${departureOf(object, symbol)}`,
      { section: target.name, offset: entries.offset(entry), symbol: object.symbols.name(symbol) },
      ["a section that is removed may be used by sections that are not loaded only"],
    );
  }
  if (dropped) section.data = entries.pick((entry) => !removed.has(entries.symbol(entry)));
}

function departureOf(object: ElfObject, symbol: number): string {
  const section = object.sectionOfSymbol(symbol);
  return section === undefined ? "is removed" : `goes with section ${section.name}`;
}

/** The symbol's name, or that of the section it stands for. */
function nameOf(object: ElfObject, symbol: number): string {
  return object.symbols.name(symbol) || (object.sectionOfSymbol(symbol)?.name ?? `${symbol}`);
}

const TYPES_RENUMBERED: readonly number[] = [SHT_RELA, SHT_GROUP, SHT_SYMTAB];

function checkReferences(object: ElfObject, section: Section, diagnostics: Diagnostics): void {
  const { symbols } = object;
  const place = { section: section.name };
  const linked = object.sections[section.link];
  if (section.type !== SHT_NULL && linked?.removed) {
    diagnostics.error(
      "reference-to-removed",
      `section ${section.index} is linked to ${linked.name}, which is removed`,
      place,
    );
  }
  const information = section.infoIsSection ? object.sections[section.info] : undefined;
  if (information?.removed) {
    diagnostics.error(
      "reference-to-removed",
      `section ${section.index} belongs to ${information.name}, which is removed`,
      place,
    );
  }
  if (section.type === SHT_GROUP && symbols.removed.has(section.info)) {
    diagnostics.error(
      "reference-to-removed",
      `the group's signature is ${nameOf(object, section.info)}, which is removed`,
      place,
    );
  }
  if (
    section.link === symbols.section &&
    symbols.removed.size > 0 &&
    !TYPES_RENUMBERED.includes(section.type)
  ) {
    diagnostics.error(
      "unknown-symbol-indices",
      `section ${section.index} has type 0x${section.type.toString(16)} and refers to symbols in a way this tool does not know`,
      place,
      [
        `if it is not needed, remove it first: objcopy ${shellWord(`--remove-section=${section.name}`)} ${shellWord(diagnostics.file)}`,
      ],
    );
  }
}
