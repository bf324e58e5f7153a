/** The debug sections of an object: bytes, and what they refer to. */

import { nameOfBytes } from "../byte-string.js";
import type { AddressTypes } from "../elf/index.js";
import {
  type ElfObject,
  relocationSections,
  type Section,
  SHF_COMPRESSED,
  SHT_PROGBITS,
} from "../elf/index.js";
import { Cursor } from "./cursor.js";
import { StoredReferences } from "./stored-references.js";
import { Unreadable } from "./unreadable.js";

/** The sections that are read (DWARF 5 appendix B, "Debug Section Relationships"). */
const NAMES = [
  ".debug_info",
  ".debug_abbrev",
  ".debug_str",
  ".debug_line_str",
  ".debug_str_offsets",
  ".debug_addr",
] as const;

export type DebugSectionName = (typeof NAMES)[number];

/** Bytes a name may have; names may overlap, so without a limit they could hold any amount. */
const NAME_MOST = 1024;

export class DebugSection {
  constructor(
    readonly index: number,
    readonly name: string,
    readonly bytes: Uint8Array,
    readonly littleEndian: boolean,
    readonly references: StoredReferences,
  ) {}

  /** Reads from `at` up to `end`, which is the end of the section if it is not given. */
  cursor(at: number, end = this.bytes.length): Cursor {
    return new Cursor(this.bytes, this.littleEndian, at, end);
  }

  /** The string at `at`, without its NUL; undefined if there is none, or a very long one. */
  stringAt(at: number): string | undefined {
    const window = this.bytes.subarray(Math.max(at, 0), at + NAME_MOST + 1);
    const nul = window.indexOf(0);
    return nul < 0 ? undefined : nameOfBytes(window, 0, nul);
  }

  /** The string at `at` is `text`, which has one character per byte. */
  isStringAt(at: number, text: string): boolean {
    const { bytes } = this;
    for (let i = 0; i < text.length; i++) {
      if (bytes[at + i] !== text.charCodeAt(i)) return false;
    }
    return bytes[at + text.length] === 0;
  }
}

/** A byte of a debug section. */
export interface DebugPlace {
  readonly section: DebugSection;
  readonly offset: number;
}

export class DebugSections {
  /** Why one of them cannot be read; undefined if all can. */
  readonly fault: string | undefined;
  readonly #byIndex = new Map<number, DebugSection>();
  readonly #byName = new Map<string, DebugSection[]>();

  constructor(object: ElfObject, types: AddressTypes) {
    for (const name of NAMES) this.#byName.set(name, []);
    const sections = object.present().filter(({ name }) => this.#byName.has(name));
    const tables = relocationSections(object, sections);
    for (const section of sections) {
      const [table, ...others] = tables.get(section.index)!;
      this.fault ??= faultOf(section, others.length > 0);
      const { index, name, data } = section;
      const references = new StoredReferences(object, types, table);
      const { littleEndian } = object.layout;
      const made = new DebugSection(index, name, data, littleEndian, references);
      this.#byIndex.set(index, made);
      this.#byName.get(name)!.push(made);
    }
  }

  /** Those of a name: mostly one, but type units come each with a .debug_info of their own. */
  named(name: DebugSectionName): readonly DebugSection[] {
    return this.#byName.get(name)!;
  }

  /**
   * Where the offset of `width` bytes at `at` of `section` leads, which is a section called `name`.
   * Throws Unreadable if it does not lead to such a section.
   */
  follow(section: DebugSection, at: number, width: 4 | 8, name: DebugSectionName): DebugPlace {
    const { references } = section;
    if (references.areBytes) {
      const [only] = this.named(name);
      if (only !== undefined) return { section: only, offset: section.cursor(at).unsigned(width) };
    }
    const target = references.targetAt(at, width);
    const into = target && this.#byIndex.get(target.section);
    if (into?.name !== name) throw new Unreadable(`what should refer to ${name} does not`);
    return { section: into, offset: target!.offset };
  }
}

function faultOf({ name, flags, type }: Section, hasSeveralTables: boolean): string | undefined {
  if ((flags & SHF_COMPRESSED) !== 0) return `${name} is compressed`;
  if (type !== SHT_PROGBITS) return `${name} has type ${type} when it should have 1 (SHT_PROGBITS)`;
  return hasSeveralTables ? `${name} has several relocation sections` : undefined;
}
