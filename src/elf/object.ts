/**
 * The model of a relocatable object while it is edited.
 *
 * Sections and symbols keep the index they were read with for as long as the model lives, also
 * when others are removed: removal only marks. Every index inside the model (`link`, `info`,
 * st_shndx, the symbol of a relocation, the members of a group) is such an original index, and new
 * sections continue the numbering. Only the writer knows the indices of the file to come.
 *
 * Contents are views of the input's bytes. An editor replaces a section's `data` by bytes of its
 * own; it never writes into the view.
 */

import {
  SHF_ALLOC,
  SHF_INFO_LINK,
  SHN_LORESERVE,
  SHT_GROUP,
  SHT_NOBITS,
  SHT_RELA,
  SHT_SYMTAB,
} from "./constants.js";
import type { Layout } from "./layout.js";
import type { PartialBytes } from "./partial-bytes.js";
import { Relocations } from "./relocations.js";
import type { SymbolTable } from "./symbol-table.js";

/** One section. Sizes and offsets in bytes. */
export class Section {
  /** The section goes: the writer leaves it out and corrects the indices of the rest. */
  removed = false;
  #relocations: Relocations | undefined;

  constructor(
    /** Index in the file as read, or the next free number for a new section. */
    readonly index: number,
    readonly name: string,
    /** The section header's bytes; the writer changes only what has to. */
    readonly header: DataView,
    private contents: Uint8Array,
    readonly type: number,
    /** The low 32 bits of sh_flags; Linux and the gABI define none above. */
    readonly flags: number,
    /** sh_link, always a section. */
    readonly link: number,
    /** sh_info: a section, a symbol or a count, as the type says. */
    readonly info: number,
    /** sh_size as read; 0 for a new section. */
    readonly sizeRead: number,
    /** sh_offset as read; undefined for a new section. */
    readonly fileOffset: number | undefined,
    /** The file that the contents are a view of, if not all of them is in memory. */
    private file?: PartialBytes,
  ) {}

  /** Contents; empty for SHT_NOBITS. */
  get data(): Uint8Array {
    if (this.file !== undefined) this.file.load(this.fileOffset!, this.contents.length);
    this.file = undefined;
    return this.contents;
  }

  set data(data: Uint8Array) {
    this.file = undefined;
    this.contents = data;
    this.#relocations = undefined;
  }

  /** The contents of a section of relocations, of an object with this layout. */
  relocations(layout: Layout): Relocations {
    this.#relocations ??= new Relocations(this.data, layout);
    return this.#relocations;
  }

  /** Nobody has looked at the contents, and they are not in memory. */
  get isMissing(): boolean {
    return this.file !== undefined;
  }

  get size(): number {
    return this.type === SHT_NOBITS ? this.sizeRead : this.contents.length;
  }

  /** The contents as far as they are in memory: of their size, and zero if they are missing. */
  get inMemory(): Uint8Array {
    return this.contents;
  }

  /** The module loader gives it memory (SHF_ALLOC). */
  get isLoaded(): boolean {
    return (this.flags & SHF_ALLOC) !== 0;
  }

  /** sh_info is a section index: SHT_RELA always, others by SHF_INFO_LINK if the type lets them. */
  get infoIsSection(): boolean {
    if (this.type === SHT_SYMTAB || this.type === SHT_GROUP) return false;
    return this.type === SHT_RELA || (this.flags & SHF_INFO_LINK) !== 0;
  }
}

/** What a new section is made of; the header fields not named are 0. */
export interface NewSection {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly link: number;
  readonly info: number;
  readonly addralign: number;
  readonly entsize: number;
  readonly data: Uint8Array;
}

/** A relocatable object: header, sections in index order, the one symbol table. */
export class ElfObject {
  constructor(
    /** The whole input; sections are views of it. */
    readonly file: PartialBytes,
    readonly layout: Layout,
    readonly machine: number,
    readonly sections: Section[],
    readonly symbols: SymbolTable,
    /** Index of the section header string table. */
    readonly sectionNames: number,
    /** File offset of the section header table. */
    readonly headerTableOffset: number,
  ) {}

  /** The input's bytes, zero where they are missing. */
  get bytes(): Uint8Array {
    return this.file.bytes;
  }

  /** Sections that will be written, as things are; the null section not among them. */
  present(): Section[] {
    return this.sections.filter(({ index, removed }) => index !== 0 && !removed);
  }

  /** How many sections will be written: e_shnum, the null section among them. */
  get presentCount(): number {
    return this.sections.filter((section) => !section.removed).length;
  }

  /** The section a symbol is defined in, or undefined for SHN_UNDEF and the reserved indices. */
  sectionOfSymbol(symbol: number): Section | undefined {
    const index = this.symbols.sectionIndex(symbol);
    return index === 0 || index >= SHN_LORESERVE ? undefined : this.sections[index];
  }

  /** Adds a section after all others, so that no index changes. */
  addSection(made: NewSection): Section {
    const { shdr } = this.layout;
    const header = new DataView(new ArrayBuffer(shdr.size));
    shdr.sh_type.set(header, 0, made.type);
    shdr.sh_flags.set(header, 0, made.flags);
    shdr.sh_addralign.set(header, 0, made.addralign);
    shdr.sh_entsize.set(header, 0, made.entsize);
    const section = new Section(
      this.sections.length,
      made.name,
      header,
      made.data,
      made.type,
      made.flags,
      made.link,
      made.info,
      0,
      undefined,
    );
    this.sections.push(section);
    return section;
  }
}
