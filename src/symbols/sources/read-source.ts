/** Tells by its contents what a source of symbols is, and has it read. */

import { nameOfBytes } from "../../byte-string.js";
import { type Diagnostics, shellWord } from "../../diagnostics.js";
import {
  COMPRESSED_FORMATS,
  ET_DYN,
  ET_EXEC,
  ET_REL,
  type FileBytes,
  fileBytesOf,
  isElf,
  readSymbols,
} from "../../elf/index.js";
import { LIST_PREFIX } from "../list-format.js";
import type { ObjectPart } from "../object-part.js";
import { readAddressText } from "./address-lines.js";
import { isModule, readModule } from "./module.js";
import { isSymversLine, readModuleSymvers } from "./module-symvers.js";
import { readPosixText } from "./posix-lines.js";
import type { ReadOptions, SymbolSource } from "./source.js";
import { readSymbolsList } from "./symbols-list.js";
import { readVmlinux } from "./vmlinux.js";

/** Bytes at the start of a source that are enough to tell what it is. */
const HEAD = 4096;

const FORMS =
  "sources are vmlinux, modules (.ko), /proc/kallsyms, System.map, nm -n or nm -f posix of vmlinux, Module.symvers and symbols lists";

/**
 * Reads a source of any kind: a part for each object it says something of.
 *
 * Adds every fault found to `diagnostics` and throws Refusal if there is one.
 */
export function readSource(
  { bytes }: SymbolSource,
  options: ReadOptions,
  diagnostics: Diagnostics,
): ObjectPart[] {
  const file = bytes instanceof Uint8Array ? fileBytesOf(bytes) : bytes;
  const head = file.read(0, Math.min(HEAD, file.size));
  if (head.length === 0) {
    diagnostics.error("source-empty", "the file is empty", {}, [FORMS]);
    diagnostics.refuse();
  }
  if (isElf(head)) return readElfFile(file, options, diagnostics);
  refuseOtherForms(head, diagnostics);
  return readText(file.read(0, file.size), options, diagnostics);
}

/** True for a symbols list of any version, which may be walked as it is. */
export function isSymbolsList(bytes: Uint8Array): boolean {
  return nameOfBytes(bytes, 0, Math.min(bytes.length, LIST_PREFIX.length)) === LIST_PREFIX;
}

function readElfFile(
  file: FileBytes,
  options: ReadOptions,
  diagnostics: Diagnostics,
): ObjectPart[] {
  const symbols = readSymbols(file, diagnostics);
  const { type } = symbols.header;
  if (type === ET_REL && isModule(symbols)) return [readModule(symbols, diagnostics)];
  if (type === ET_EXEC || type === ET_DYN) {
    if (symbols.sections.some(({ name }) => name === ".interp")) {
      diagnostics.error("source-form", "a program or library, and no kernel", {}, [FORMS]);
      diagnostics.refuse();
    }
    return [readVmlinux(symbols, options, diagnostics)];
  }
  if (type === ET_REL) {
    diagnostics.error("source-relocatable", "a relocatable file that is no module", {}, [
      "of a kernel give the linked vmlinux, not vmlinux.o: the last link puts symbols in another order",
      "of a module give the .ko file",
    ]);
  } else {
    diagnostics.error(
      "source-form",
      `an ELF file of type ${type}, which has no kernel's symbols`,
      {},
      [FORMS],
    );
  }
  diagnostics.refuse();
}

/** What is recognised, and is not what people hope it is. */
function refuseOtherForms(head: Uint8Array, diagnostics: Diagnostics): void {
  const text = nameOfBytes(head, 0, Math.min(head.length, 1024));
  const compressed = COMPRESSED_FORMATS.find(({ magic }) => text.startsWith(magic));
  if (compressed !== undefined) {
    diagnostics.error("compressed", `the file is compressed with ${compressed.format}`, {}, [
      `decompress it first: ${compressed.command} < ${shellWord(diagnostics.file)} > decompressed`,
    ]);
  } else if (text.includes("The real System.map is in")) {
    diagnostics.error("source-stub", "this System.map is a stub without symbols", {}, [
      "the real one is in the package it names, linux-image-…-dbg; or take the running kernel's: cat /proc/kallsyms > kallsyms",
    ]);
  } else if (text.slice(0x202, 0x206) === "HdrS" || text.slice(0x38, 0x3c) === "ARMd") {
    diagnostics.error("source-form", "a kernel image to boot, which has no symbol table", {}, [
      "give vmlinux, from the kernel's build or its debug package, or /proc/kallsyms of the running kernel",
    ]);
  }
  diagnostics.throwIfFailed();
}

/** `ADDRESS TYPE NAME`, or without address for what is undefined. */
const ADDRESS_LINE = /^(?:[0-9A-Fa-f]{8,16}| {8,16}) [A-Za-z?-] \S+/;
/** `NAME TYPE VALUE SIZE`, of which the last two may be absent; or only a name. */
const POSIX_LINE = /^[A-Za-z_.$][^\s=]*(?: [A-Za-z?-](?: [0-9A-Fa-f]*){0,2} *)?$/;

function readText(bytes: Uint8Array, options: ReadOptions, diagnostics: Diagnostics): ObjectPart[] {
  const newline = bytes.indexOf(0x0a);
  const line = nameOfBytes(bytes, 0, Math.min(newline < 0 ? bytes.length : newline, HEAD));
  const first = line.replace(/\r$/, "");
  if (first.startsWith(LIST_PREFIX)) return readSymbolsList(bytes, diagnostics);
  if (isSymversLine(first)) return readModuleSymvers(bytes, diagnostics);
  if (ADDRESS_LINE.test(first)) return readAddressText(bytes, options, diagnostics);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: text has none of these
  const isText = !/[\x00-\x08\x0e-\x1f]/.test(first);
  if (isText && POSIX_LINE.test(first)) return [readPosixText(bytes, options, diagnostics)];
  const what = isText ? `the first line is "${first.slice(0, 80)}"` : "it is not text";
  diagnostics.error("source-form", `not a source of symbols: ${what}`, { line: 1 }, [FORMS]);
  diagnostics.refuse();
}
