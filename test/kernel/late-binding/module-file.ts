// A module's file, ELF of 64 bits and little-endian, of which a test changes single fields. Nothing
// moves and nothing changes its size, so that it is the same module but for that.
import { readFile, writeFile } from "node:fs/promises";

interface SectionHeader {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

/** Where something is within a section. */
export interface Place {
  readonly section: string;
  readonly offset: number;
}

export class ModuleFile {
  readonly #bytes: Buffer;
  readonly #sections: readonly SectionHeader[];

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    // e_shoff, e_shnum and e_shstrndx; sh_name, sh_offset and sh_size.
    const headers = Number(bytes.readBigUInt64LE(40));
    const starts = Array.from({ length: bytes.readUInt16LE(60) }, (_, i) => headers + i * 64);
    const names = Number(bytes.readBigUInt64LE(starts[bytes.readUInt16LE(62)]! + 24));
    this.#sections = starts.map((start) => ({
      name: this.#text(names + bytes.readUInt32LE(start)),
      offset: Number(bytes.readBigUInt64LE(start + 24)),
      size: Number(bytes.readBigUInt64LE(start + 32)),
    }));
  }

  /** Where a variable is. */
  placeOf(variable: string): Place {
    const symbols = this.#section(".symtab");
    const names = this.#section(".strtab").offset;
    for (let at = symbols.offset; at < symbols.offset + symbols.size; at += 24) {
      // st_name, st_shndx and st_value.
      if (this.#text(names + this.#bytes.readUInt32LE(at)) !== variable) continue;
      const { name } = this.#sections[this.#bytes.readUInt16LE(at + 6)]!;
      return { section: name, offset: Number(this.#bytes.readBigUInt64LE(at + 8)) };
    }
    throw new Error(`there is no variable ${variable}`);
  }

  /** Sets eight bytes of data, or of text. */
  setLong({ section, offset }: Place, value: number): void {
    this.#bytes.writeBigUInt64LE(BigInt(value), this.#section(section).offset + offset);
  }

  /**
   * Puts another text where one is, once, in the sections whose names begin so. What the other is
   * shorter is filled with NULs.
   */
  replaceText(sections: string, text: string, other: string): void {
    const places = this.#sections
      .filter(({ name }) => name.startsWith(sections))
      .flatMap(({ offset, size }) => this.#placesOf(text, offset, offset + size));
    const [place] = places;
    if (place === undefined || places.length > 1 || other.length > text.length) {
      throw new Error(`${text} is ${places.length} times in ${sections}, for ${other}`);
    }
    this.#bytes.fill(0, place, place + text.length).write(other, place, "latin1");
  }

  /** Changes the type of the relocation that a section of relocations has for an offset. */
  setRelocationType(section: string, place: number, type: number): void {
    const { offset, size } = this.#section(section);
    for (let at = offset; at < offset + size; at += 24) {
      // r_offset, and the low half of r_info.
      if (Number(this.#bytes.readBigUInt64LE(at)) !== place) continue;
      this.#bytes.writeUInt32LE(type, at + 8);
      return;
    }
    throw new Error(`${section} has no relocation of offset ${place}`);
  }

  #placesOf(text: string, start: number, end: number): number[] {
    const places: number[] = [];
    for (let at = start; ; at++) {
      at = this.#bytes.indexOf(text, at, "latin1");
      if (at < 0 || at >= end) return places;
      places.push(at);
    }
  }

  #section(name: string): SectionHeader {
    const section = this.#sections.find((each) => each.name === name);
    if (section === undefined) {
      throw new Error(`there is no section ${name}`);
    }
    return section;
  }

  #text(start: number): string {
    return this.#bytes.toString("latin1", start, this.#bytes.indexOf(0, start));
  }
}

/** Changes a file where it is. */
export async function editModule(path: string, edit: (file: ModuleFile) => void): Promise<void> {
  const bytes = await readFile(path);
  edit(new ModuleFile(bytes));
  await writeFile(path, bytes);
}
