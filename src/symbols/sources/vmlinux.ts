/** Reads the symbols of a linked vmlinux: what nm shows, less what kallsyms leaves out. */

import { nameOfBytes } from "../../byte-string.js";
import type { Diagnostics } from "../../diagnostics.js";
import {
  ELFCLASS64,
  machineName,
  type SectionHead,
  SHN_UNDEF,
  STT_FUNC,
  STT_OBJECT,
  STT_SECTION,
  type SymbolFile,
} from "../../elf/index.js";
import { factOf } from "../list-format.js";
import type { ObjectPart } from "../object-part.js";
import { AddressTable } from "./address-table.js";
import { endOfName, SourceFiles } from "./elf-files.js";
import { ExportNamespaces } from "./export-namespaces.js";
import { kernelPart } from "./kernel-part.js";
import { nmType } from "./nm-type.js";
import type { ReadOptions } from "./source.js";

/** The part of vmlinux that names its release: `Linux version 6.1.0-56-amd64 (…`. */
const BANNER = "linux_banner";
const BANNER_MOST = 256;

/** vmlinux in the kernel's order, with addresses, types and source files. */
export function readVmlinux(
  file: SymbolFile,
  options: ReadOptions,
  diagnostics: Diagnostics,
): ObjectPart {
  const { symbols, sections, layout } = file;
  const { names } = symbols;
  const table = new AddressTable(names, symbols.count);
  const files = new SourceFiles(file);
  const namespaces = new ExportNamespaces(file);
  let release: string | undefined;
  for (let symbol = 1; symbol < symbols.count; symbol++) {
    if (files.pass(symbol) || symbols.type(symbol) === STT_SECTION) continue;
    const index = symbols.sectionIndex(symbol);
    if (index === SHN_UNDEF || !symbols.isNamed(symbol)) continue;
    const start = symbols.nameOffset(symbol);
    const end = endOfName(names, start);
    namespaces.pass(symbol, start, end);
    const type = nmType(symbols, symbol, sections[index]);
    const [high, low] = [symbols.valueHigh(symbol), symbols.valueLow(symbol)];
    const freed = isFreed(symbols.type(symbol), sections[index]) ? 1 : 0;
    table.add(high, low, type, start, end, files.nameOffset, freed);
    if (end - start === BANNER.length && nameOfBytes(names, start, end) === BANNER) {
      release = readRelease(file, symbol);
    }
  }
  const facts = {
    release: release ?? options.release,
    arch: machineName(file.header.machine),
    digits: layout.elfClass === ELFCLASS64 ? 16 : 8,
    isSorted: false,
  };
  const part = kernelPart(table, { ...facts, hasFiles: true }, diagnostics);
  return { ...part, chunks: [...part.chunks, ...namespaces.chunks()] };
}

/**
 * Code and data of init sections, whose memory is free for others when the kernel is up
 * (init/main.c, free_initmem). Labels in there are not judged: their addresses stay good as bounds.
 */
function isFreed(type: number, section: SectionHead | undefined): boolean {
  if (type !== STT_FUNC && type !== STT_OBJECT) return false;
  return section?.name.startsWith(".init") === true;
}

/** The release in `Linux version RELEASE …`, or undefined if there is no such text. */
function readRelease(file: SymbolFile, symbol: number): string | undefined {
  const section = file.sections[file.symbols.sectionIndex(symbol)];
  if (section === undefined) return undefined;
  const from =
    (file.symbols.valueHigh(symbol) - section.addressHigh) * 2 ** 32 +
    (file.symbols.valueLow(symbol) - section.addressLow);
  if (from < 0) return undefined;
  const text = nameOfBytes(file.contents(section, from, BANNER_MOST));
  return factOf(/^Linux version ([!-~]+) /.exec(text)?.[1]);
}
