/**
 * Reads the symbols of a module, in the order of its symbol table: livepatch counts in that
 * (kernel/module/kallsyms.c, module_kallsyms_on_each_symbol). While the module comes up, all
 * defined symbols count; once it is live only those that the kernel kept (is_core_symbol): of
 * sections that are loaded and not freed after initialisation. So each line says which it is.
 */

import { nameOfBytes } from "../../byte-string.js";
import type { Diagnostics } from "../../diagnostics.js";
import {
  ELFCLASS64,
  machineName,
  type SectionHead,
  SHF_ALLOC,
  SHN_LORESERVE,
  SHN_UNDEF,
  type SymbolFile,
} from "../../elf/index.js";
import { parseModinfo } from "../../modinfo.js";
import {
  factOf,
  faultOfObjectName,
  KEPT_WHILE_COMING,
  KEPT_WHILE_INIT,
  kernelSpelling,
} from "../list-format.js";
import { isListable, ListLines } from "../list-lines.js";
import { chunkOf, type ObjectPart } from "../object-part.js";
import { addFile, endOfName, SourceFiles } from "./elf-files.js";
import { ExportNamespaces } from "./export-namespaces.js";
import { nmType } from "./nm-type.js";

/** The section of struct module, which every module has and nothing else (scripts/mod/modpost.c). */
const THIS_MODULE_SECTION = ".gnu.linkonce.this_module";

/** What is read of .modinfo at most; a module's has a few hundred bytes. */
const MODINFO_MOST = 1 << 20;

/** A relocatable file is a module: it has a struct module of its own, or says its name. */
export function isModule(file: SymbolFile): boolean {
  const hasOwn = file.sections.some(({ name }) => name === THIS_MODULE_SECTION);
  // In vmlinux.o, too, there is a .modinfo, but each of its keys has a module's name before it.
  return hasOwn || readModinfo(file).has("name");
}

/** All defined symbols of a module. Throws Refusal if it does not say how it is called. */
export function readModule(file: SymbolFile, diagnostics: Diagnostics): ObjectPart {
  const { symbols, sections, header } = file;
  const { names } = symbols;
  const modinfo = readModinfo(file);
  const spelled = modinfo.get("name") ?? readNameOfThisModule(file);
  const object = kernelSpelling(spelled ?? "");
  const fault =
    spelled === undefined
      ? "the module does not say its name: .modinfo has no name="
      : faultOfObjectName(object);
  if (fault !== undefined) {
    diagnostics.error("source-object", fault);
    diagnostics.refuse();
  }
  const vermagic = modinfo.get("vermagic")?.split(" ") ?? [];
  const kept = sections.map((section) => keptLetter(section, vermagic));
  const prefixes = sections.map(({ name }) => addressPrefix(name));
  const files = new SourceFiles(file);
  const namespaces = new ExportNamespaces(file);
  const lines = new ListLines(symbols.count * 48);
  for (let symbol = 1; symbol < symbols.count; symbol++) {
    files.pass(symbol);
    const index = symbols.sectionIndex(symbol);
    if (index === SHN_UNDEF || !symbols.isNamed(symbol)) continue;
    const start = symbols.nameOffset(symbol);
    const end = endOfName(names, start);
    if (!isListable(names, start, end)) continue;
    namespaces.pass(symbol, start, end);
    const isReserved = index >= SHN_LORESERVE;
    const prefix = isReserved ? undefined : prefixes[index];
    lines.name(names, start, end);
    if (prefix === undefined) lines.field("-");
    else lines.offset(prefix, symbols.valueLow(symbol));
    lines.type(
      nmType(symbols, symbol, sections[index]),
      isReserved ? KEPT_WHILE_COMING : kept[index],
    );
    addFile(lines, names, start, end, files.nameOffset);
    lines.end();
  }
  return {
    object,
    file: diagnostics.file,
    order: "symtab",
    names: "all",
    release: factOf(vermagic[0]),
    arch: machineName(header.machine),
    depends: dependsOf(modinfo.get("depends")),
    chunks: [chunkOf(lines.bytes()), ...namespaces.chunks()],
  };
}

/** `depends=` of .modinfo as a list says it; undefined if it is not there or makes no sense. */
function dependsOf(depends: string | undefined): string | undefined {
  if (depends === undefined || !/^[!-~]{0,3000}$/.test(depends)) return undefined;
  return kernelSpelling(depends);
}

/** How long the kernel keeps symbols of a section. */
function keptLetter({ name, flags }: SectionHead, vermagic: readonly string[]): string {
  // Percpu sections lose their flag to an allocation of their own, and are kept all the same.
  if ((flags & SHF_ALLOC) === 0 && name !== PERCPU_SECTION) return KEPT_WHILE_COMING;
  // kernel/module/main.c, rewrite_section_headers: read, and then not loaded.
  if (name === ".modinfo" || name === "__versions") return KEPT_WHILE_COMING;
  if (name.startsWith("__version_ext_")) return KEPT_WHILE_COMING;
  // module_init_layout_section; without CONFIG_MODULE_UNLOAD nothing is kept to leave with.
  const canLeave = vermagic.length === 0 || vermagic.includes("mod_unload");
  const isInit = name.startsWith(".init") || (name.startsWith(".exit") && !canLeave);
  return isInit ? KEPT_WHILE_INIT : "";
}

const PERCPU_SECTION = ".data..percpu";

/** `SECTION+0x`, or undefined for a section whose name cannot stand in a list. */
function addressPrefix(section: string): string | undefined {
  return /^[\x21-\x7e]{1,255}$/.test(section) ? `${section}+0x` : undefined;
}

function readModinfo(file: SymbolFile): Map<string, string> {
  const section = file.sections.find(({ name }) => name === ".modinfo");
  const contents = section && file.contents(section, 0, MODINFO_MOST);
  return parseModinfo(contents ?? new Uint8Array());
}

/**
 * The name in struct module, for modules built before .modinfo had it (4.13): behind the state and
 * a list's two pointers (include/linux/module.h).
 */
function readNameOfThisModule(file: SymbolFile): string | undefined {
  const section = file.sections.find(({ name }) => name === THIS_MODULE_SECTION);
  if (section === undefined) return undefined;
  const from = file.layout.elfClass === ELFCLASS64 ? 24 : 12;
  const text = nameOfBytes(file.contents(section, from, 64));
  return /^([\x21-\x7e]+)\0/.exec(text)?.[1];
}
