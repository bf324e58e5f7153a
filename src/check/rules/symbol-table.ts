/** The symbol table and its names. */

import {
  nameAt,
  type RawSection,
  rawContents,
  SHF_ALLOC,
  SHN_LIVEPATCH,
  SHN_UNDEF,
  SHT_NULL,
  SHT_RELA,
  SHT_STRTAB,
  SHT_SYMTAB,
  STB_LOCAL,
  STB_WEAK,
} from "../../elf/index.js";
import { refusedByTest, TOLERATED } from "../file-tests.js";
import { crash, type Outcome, refused, wrong } from "../outcome.js";
import type { Rule, Violation } from "../rule.js";
import type { Subject } from "../subject.js";
import { isOutside } from "./section-contents.js";
import { isBeyondImage } from "./section-name-table.js";

export const L06: Rule = {
  id: "L06",
  title: "There is one symbol table, and sh_link says which string table has its names",
  severity: "error",
  needs: ["sections"],
  kernels:
    "Before 6.4 the first of several symbol tables is taken; before 6.13 the string table's type is not tested.",
  consequences: [
    {
      kind: "refused",
      text: "there is none, or more than one",
      message: "…: module has no symbols (stripped?)",
      errno: "ENOEXEC",
    },
    {
      kind: "refused",
      text: "sh_link is 0 or no section",
      message: "Invalid ELF sh_link!=SHN_UNDEF(…) or (sh_link(…) >= hdr->e_shnum(…)",
      errno: "ENOEXEC",
    },
    {
      kind: "refused",
      text: "sh_link is no string table",
      message: "Invalid ELF symbol string table type: …",
      errno: "ENOEXEC",
    },
    { kind: "wrong", text: "kernels that do not test it take names from another section" },
  ],
  remedy: "do not strip the module of its symbol table: strip --strip-debug keeps it",
  source: "kernel/module/main.c, elf_validity_cache_index_sym and elf_validity_cache_index_str",
  isStructural: true,
  test(subject, findings) {
    const sections = subject.sections!;
    if (sections.length === 0) {
      findings.unchecked("there are no sections");
      return;
    }
    const tables = sections.filter(({ index, type }) => index > 0 && type === SHT_SYMTAB);
    const [first] = tables;
    if (tables.length !== 1) {
      const line = `${subject.name}: module has no symbols (stripped?)`;
      const isRefused = first === undefined || !subject.isBefore("6.4");
      findings.add({
        message:
          first === undefined
            ? "no section is of type SHT_SYMTAB"
            : `${tables.length} sections are of type SHT_SYMTAB: ${listed(tables)}`,
        ...(isRefused
          ? { outcome: refusedByTest(subject, "symbol tables", line) }
          : outcomeOfFirst(sections, first)),
      });
    }
    // Since 6.13 the kernel does not come to the names of more than one.
    for (const { index, link } of subject.isBefore("6.13") ? tables : tables.slice(0, 1)) {
      const strings = sections[link];
      const place = { section: subject.nameOf(sections[index]!) };
      if (link === SHN_UNDEF || strings === undefined) {
        findings.add({
          place,
          message: `sh_link is ${link} in a file of ${sections.length} sections`,
          outcome: refusedByTest(
            subject,
            "index of symbol names",
            `Invalid ELF sh_link!=SHN_UNDEF(${link}) or (sh_link(${link}) >= hdr->e_shnum(${sections.length})`,
            index,
          ),
        });
      } else if (strings.type !== SHT_STRTAB) {
        findings.add({
          place,
          message: `sh_link is ${link}, a section of type ${strings.type} when a string table's is ${SHT_STRTAB} (SHT_STRTAB)`,
          ...outcomeOfStrings(subject, strings),
        });
      } else if (isElsewhere(subject, strings)) {
        findings.add({
          place,
          message: `sh_link is ${link}, which is ${subject.nameOf(strings)} and not what it was before conversion`,
          outcome: wrong("the names of symbols are read from another section"),
        });
      }
    }
  },
};

/** The names were in another section before conversion, which is still there. */
function isElsewhere(subject: Subject, strings: RawSection): boolean {
  const { input } = subject;
  const before = input?.sections[input.symbols.stringTable]?.name;
  if (before === undefined || before === subject.nameOf(strings)) return false;
  return subject.sectionNamed(before) !== undefined;
}

function listed(sections: readonly RawSection[]): string {
  const shown = sections.slice(0, 10).map(({ index }) => index);
  return shown.join(", ") + (sections.length > shown.length ? ", …" : "");
}

/** What comes of it that the kernel takes the first of several symbol tables. */
function outcomeOfFirst(
  sections: readonly RawSection[],
  first: RawSection,
): Pick<Violation, "outcome" | "severity"> {
  const isOther = sections.some(({ type, link }) => type === SHT_RELA && link !== first.index);
  if (!isOther) return TOLERATED;
  return { outcome: wrong("symbols are taken from another symbol table than relocations are of") };
}

function outcomeOfStrings(
  subject: Subject,
  strings: RawSection,
): Pick<Violation, "outcome" | "severity"> {
  const line = `Invalid ELF symbol string table type: ${strings.type}`;
  if (!subject.isBefore("6.13")) {
    return { outcome: refusedByTest(subject, "type of symbol names", line) };
  }
  // With another type alone it is still a string table, which is all that such a kernel asks for.
  const contents = rawContents(subject.bytes, strings);
  if (contents.length > 0 && contents[0] === 0 && contents[contents.length - 1] === 0) {
    return TOLERATED;
  }
  return { outcome: wrong("the names of symbols are read from another section") };
}

export const L07: Rule = {
  id: "L07",
  title:
    "Symbol names are in a string table that begins and ends with NUL, and every name begins in it",
  severity: "error",
  needs: ["sections"],
  kernels: "Before 6.13 none of it is tested: names are read from whatever is there.",
  consequences: [
    {
      kind: "refused",
      text: "it is empty",
      message: "empty symbol string table",
      errno: "ENOEXEC",
    },
    {
      kind: "refused",
      text: "it does not begin with NUL",
      message: "symbol string table missing leading NUL",
      errno: "ENOEXEC",
    },
    {
      kind: "refused",
      text: "it does not end with NUL",
      message: "symbol string table isn't NUL terminated",
      errno: "ENOEXEC",
    },
    {
      kind: "refused",
      text: "st_name is not in it",
      message: "symbol name out of bounds in string table",
      errno: "ENOEXEC",
    },
    { kind: "wrong", text: "kernels before 6.13 take another name, and may not find it" },
    { kind: "crash", text: "kernels before 6.13 read names also from beyond the file" },
  ],
  remedy: "take the file as it was written: its symbol names have been damaged",
  source: "kernel/module/main.c, elf_validity_cache_strtab",
  isStructural: true,
  test(subject, findings) {
    const sections = subject.sections!;
    const table = sections.find(({ index, type }) => index > 0 && type === SHT_SYMTAB);
    const strings = table?.link ? sections[table.link] : undefined;
    if (table === undefined || strings === undefined) {
      findings.unchecked("no symbol table says where its names are");
      return;
    }
    if (isOutside(subject, table) || isOutside(subject, strings)) {
      findings.unchecked("the symbol table or its names are not within the file");
      return;
    }
    const { bytes, layout } = subject;
    const { offset, size } = strings;
    const isTested = !subject.isBefore("6.13");
    const place = { section: subject.nameOf(strings) };
    const add = (message: string, line: string, other: () => Outcome | undefined, index = 0) => {
      const outcome = isTested ? refusedByTest(subject, "symbol names", line, index) : other();
      findings.add({ place, message, ...(outcome === undefined ? TOLERATED : { outcome }) });
    };
    if (size === 0) {
      add("the string table is empty", "empty symbol string table", () =>
        wrong("the names of symbols are what follows in the file"),
      );
      return;
    }
    if (bytes[offset] !== 0) {
      add(
        "the string table does not begin with NUL",
        "symbol string table missing leading NUL",
        () => undefined,
      );
    }
    const { sym } = layout;
    const view = new DataView(bytes.buffer, bytes.byteOffset + table.offset, table.size);
    const count = Math.floor(table.size / sym.size);
    const isOpen = bytes[offset + size - 1] !== 0;
    // Names from here on have no end in the table.
    const lastName = isOpen ? bytes.subarray(offset, offset + size).lastIndexOf(0) + 1 : size;
    const running: number[] = [];
    for (let symbol = 0; symbol < count; symbol++) {
      const name = sym.st_name.get(view, symbol * sym.size);
      if (name < lastName) continue;
      if (name < size) {
        running.push(symbol);
        continue;
      }
      add(
        `the name of symbol ${symbol} is at ${name} of a string table of ${size} bytes`,
        "symbol name out of bounds in string table",
        () => outcomeOfName(subject, view, symbol, offset + name),
        2,
      );
    }
    if (!isOpen) return;
    add(
      "the string table does not end with NUL",
      "symbol string table isn't NUL terminated",
      () => {
        // What follows is read as more of the name, if it is not NUL.
        if (bytes[offset + size] === 0) return undefined;
        for (const symbol of running) {
          const name = sym.st_name.get(view, symbol * sym.size);
          const outcome = outcomeOfName(subject, view, symbol, offset + name);
          if (outcome !== undefined) return outcome;
        }
        return undefined;
      },
      1,
    );
  },
};

/** What comes of it that a kernel which does not test names reads that of a symbol at an offset of the file. */
function outcomeOfName(
  subject: Subject,
  view: DataView,
  symbol: number,
  at: number,
): Outcome | undefined {
  if (isBeyondImage(subject, at)) return crash("it reads a symbol's name from beyond the file");
  const { sym } = subject.layout;
  const section = sym.st_shndx.get(view, symbol * sym.size);
  const isWeak = sym.st_info.get(view, symbol * sym.size) >>> 4 === STB_WEAK;
  const name = () => nameAt(subject.bytes, at) ?? "…";
  if (section === SHN_UNDEF && symbol > 0 && !isWeak) {
    const line = `${subject.ownName}: Unknown symbol ${name()} (err -2)`;
    return refused("imports", "ENOENT", line, { order: symbol });
  }
  // What livepatch makes of another name is another rule, if it is a name to it.
  if (section === SHN_LIVEPATCH && subject.readName(name()).fields === 3) {
    return undefined;
  }
  if (section === SHN_UNDEF || section === SHN_LIVEPATCH) {
    return wrong(`it reads the name of symbol ${symbol} as "${name()}"`);
  }
  // Nothing goes by the name of a symbol of the module's own; it is shown in stack traces and the like.
  const { type, flags } = subject.sections![section] ?? { type: SHT_NULL, flags: 0 };
  const isShown = type !== SHT_NULL && (flags & SHF_ALLOC) !== 0;
  return isShown ? wrong(`it calls symbol ${symbol} "${name()}" wherever it shows it`) : undefined;
}

export const L08: Rule = {
  id: "L08",
  title: "Local symbols come first, and sh_info of the symbol table is the first that is not local",
  severity: "warning",
  needs: ["object"],
  consequences: [
    {
      kind: "advice",
      text: "the kernel does not look at it; linkers and strip take symbols wrong",
    },
  ],
  remedy: "sort the symbol table, or convert the intermediate module again",
  source: "gABI chapter 4, Symbol Table; sh_link and sh_info",
  isStructural: true,
  test(subject, findings) {
    const { symbols, sections } = subject.elf;
    const { count, firstGlobal } = symbols;
    const place = { section: sections[symbols.section]!.name };
    if (firstGlobal > count) {
      findings.add({
        place,
        message: `sh_info is ${firstGlobal} in a table of ${count} symbols`,
        ...TOLERATED,
      });
      return;
    }
    for (let symbol = 0; symbol < count; symbol++) {
      const isLocal = symbols.binding(symbol) === STB_LOCAL;
      if (isLocal === symbol < firstGlobal) continue;
      const name = symbols.name(symbol);
      findings.add({
        place: { ...place, ...(name !== "" && { symbol: name }) },
        message: `sh_info is ${firstGlobal}, and symbol ${symbol} is ${isLocal ? "" : "not "}local`,
        ...TOLERATED,
      });
      // What follows is of the same mistake.
      return;
    }
  },
};
