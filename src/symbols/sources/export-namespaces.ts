/**
 * The namespaces that symbols are exported to, as ELF files have them: beside `__ksymtab_NAME` there
 * is `__kstrtabns_NAME`, a text in `__ksymtab_strings` that is empty for most
 * (include/linux/export-internal.h, KSYMTAB).
 */

import { bytesOfName, nameOfBytes } from "../../byte-string.js";
import type { SectionHead, SymbolFile } from "../../elf/index.js";
import { EXPORT_PREFIX } from "../list-format.js";
import { ListLines } from "../list-lines.js";
import { type Chunk, chunkOf } from "../object-part.js";

const PREFIX = bytesOfName("__kstrtabns_");
/** Characters of a namespace that are looked at; it may be a list of modules. */
const NAMESPACE_MOST = 1024;

export class ExportNamespaces {
  readonly #file: SymbolFile;
  /** The section that the texts are in, and its contents once they are asked for. */
  readonly #section: SectionHead | undefined;
  #contents: Uint8Array | undefined;
  readonly #lines = new ListLines();

  constructor(file: SymbolFile) {
    this.#file = file;
    this.#section = file.sections.find(({ name }) => name === "__ksymtab_strings");
  }

  /** To be called for every defined symbol, whose name is at `start` up to `end`. */
  pass(symbol: number, start: number, end: number): void {
    const { names } = this.#file.symbols;
    if (end - start <= PREFIX.length) return;
    for (let i = 0; i < PREFIX.length; i++) if (names[start + i] !== PREFIX[i]) return;
    const namespace = this.#textAt(symbol);
    if (namespace === undefined) return;
    const lines = this.#lines;
    lines.name(EXPORT, 0, EXPORT.length);
    lines.name(names, start + PREFIX.length, end);
    lines.field("-");
    lines.field("-");
    lines.field(namespace);
    lines.end();
  }

  /** Lines of the exports that have a namespace, to stand behind the object's own. */
  chunks(): Chunk[] {
    const lines = this.#lines.bytes();
    return lines.length === 0 ? [] : [chunkOf(lines)];
  }

  #textAt(symbol: number): string | undefined {
    const { symbols } = this.#file;
    const section = this.#section;
    if (section === undefined || symbols.sectionIndex(symbol) !== section.index) return undefined;
    this.#contents ??= this.#file.contents(section, 0, section.size);
    const contents = this.#contents;
    const from =
      (symbols.valueHigh(symbol) - section.addressHigh) * 2 ** 32 +
      (symbols.valueLow(symbol) - section.addressLow);
    if (from < 0 || from >= contents.length || contents[from] === 0) return undefined;
    const text = nameOfBytes(contents, from, Math.min(contents.length, from + NAMESPACE_MOST));
    return /^([!-~]+)\0/.exec(text)?.[1];
  }
}

const EXPORT = bytesOfName(EXPORT_PREFIX);
