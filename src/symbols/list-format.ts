/**
 * The symbols list as text, formats `klp-convert-symbol-data.0.1` and `.0.2`.
 *
 * 0.1: a header line, then `*OBJECT` lines, each followed by that object's symbols, one name per
 * line, in the order that positions count. 0.2 adds what is known beside the names:
 *
 *     klp-convert-symbol-data.0.2 release=6.1.0-56-amd64 arch=x86_64 order=kallsyms
 *     *vmlinux
 *     saved_command_line ffffffff82e04e18 B
 *     version_proc_show ffffffff812f0d60 t version.c
 *     *ext4 order=symtab depends=mbcache,jbd2
 *     ext4_attr_show .text+0x4a30 t sysfs.c
 *     ext4_init_fs .init.text+0x10 ti super.c
 *     __ksymtab_some_export - - SOME_NAMESPACE
 *
 * docs/symbols-list.md has the grammar.
 */

/** What the order of an object's symbols is worth. */
export type Order =
  /** vmlinux by address, or a loaded module as /proc/kallsyms shows it. */
  | "kallsyms"
  /** A module's symbol table, whole. */
  | "symtab"
  /** Whatever the list's maker made of it. */
  | "unknown";

/** What is known of an object, or of all objects of a list. */
export interface ObjectFacts {
  readonly order: Order;
  /** The kernel's release, as `uname -r` prints it. */
  readonly release: string | undefined;
  /** The machine, under the kernel's name for it. */
  readonly arch: string | undefined;
  /** Whether all symbols are there, or only some that were asked for. */
  readonly names: "all" | "some";
  /**
   * The modules that a module needs before it can be loaded (.modinfo, `depends=`), as the kernel
   * spells them, with commas between; empty if it needs none, undefined if that is not known.
   */
  readonly depends: string | undefined;
}

export type ListVersion = "0.1" | "0.2";

/** What a list's first line says. */
export interface ListHeader extends ObjectFacts {
  readonly version: ListVersion;
}

/** How long the kernel has a symbol of an object. */
export type Kept =
  /** As long as the object is there. */
  | "always"
  /** In memory that is freed once the module is up. */
  | "init"
  /** In the symbol table only while the module comes up: absolute, common, in no loaded section. */
  | "coming"
  /** vmlinux: always in kallsyms, but its init memory is given back before any patch is loaded. */
  | "freed";

/** The letters behind the type's own that say so; none for "always". */
export const KEPT_WHILE_INIT = "i";
export const KEPT_WHILE_COMING = "x";
export const KEPT_BUT_FREED = "f";

const KEPT: Readonly<Record<string, Kept>> = {
  "": "always",
  [KEPT_WHILE_INIT]: "init",
  [KEPT_WHILE_COMING]: "coming",
  [KEPT_BUT_FREED]: "freed",
};

export const LIST_PREFIX = "klp-convert-symbol-data.";
/** The header line of a list in format 0.1. */
export const LIST_HEADER = `${LIST_PREFIX}0.1`;

export const VMLINUX = "vmlinux";
/** MODULE_NAME_LEN leaves 55 characters and a NUL (include/linux/moduleparam.h). */
export const OBJECT_NAME_MOST = 55;
/** `__ksymtab_NAME` in an object says that it exports NAME (include/linux/export-internal.h). */
export const EXPORT_PREFIX = "__ksymtab_";

const ORDERS: readonly string[] = ["kallsyms", "symtab", "unknown"] satisfies Order[];
/** What is known where nothing was said. */
export const NO_FACTS: ObjectFacts = {
  order: "unknown",
  release: undefined,
  arch: undefined,
  names: "all",
  depends: undefined,
};

/** Reads a list's first line; a text if it is none that this tool reads, saying why. */
export function parseHeader(line: string): ListHeader | string {
  const [format = "", ...attributes] = line.split(" ");
  const version = format.slice(LIST_PREFIX.length);
  if (!format.startsWith(LIST_PREFIX)) return `the first line is "${line}"`;
  if (version === "0.1" && attributes.length === 0) return { version, ...NO_FACTS };
  if (version !== "0.2") return `the list has version ${line.slice(LIST_PREFIX.length)}`;
  const facts = parseFacts(attributes, NO_FACTS);
  if (typeof facts === "object" && facts.depends !== undefined) {
    return "depends= is of one module, and stands in the line of all";
  }
  return typeof facts === "string" ? facts : { version, ...facts };
}

/** Reads `KEY=VALUE` words; a text if one makes no sense. */
export function parseFacts(words: readonly string[], inherited: ObjectFacts): ObjectFacts | string {
  if (words.length === 0) return inherited;
  const facts: Record<string, string> = {};
  for (const word of words) {
    const [, fact, text, depends, modules] = FACT.exec(word) ?? [];
    const [key, value] = [fact ?? depends, text ?? modules];
    if (key === undefined || value === undefined || key in facts) {
      return `"${word}" is none of release=, arch=, order=, names= and depends=, once each`;
    }
    if (key === "order" && !ORDERS.includes(value)) {
      return `order is ${value} when it should be ${ORDERS.join(", ")}`;
    }
    if (key === "names" && value !== "all" && value !== "some") {
      return `names is ${value} when it should be all or some`;
    }
    facts[key] = value;
  }
  const known = (key: "release" | "arch") => {
    const value = facts[key] ?? inherited[key];
    return value === UNKNOWN ? undefined : value;
  };
  return {
    order: (facts.order as Order | undefined) ?? inherited.order,
    release: known("release"),
    arch: known("arch"),
    names: (facts.names as ObjectFacts["names"] | undefined) ?? inherited.names,
    depends: facts.depends === undefined ? undefined : kernelSpelling(facts.depends),
  };
}

/** A word that says a fact; only of `depends` there may be nothing to say. */
const FACT = /^(?:(release|arch|order|names)=([!-~]+)|(depends)=([!-~]*))$/;

/** How an object says that of itself is not known what the header says of the others. */
const UNKNOWN = "-";

/** A release or machine that can be said in a list: one word, as `parseFacts` reads it. */
export function factOf(text: string | undefined): string | undefined {
  return text !== undefined && /^[!-~]{1,64}$/.test(text) && text !== UNKNOWN ? text : undefined;
}

/** The words for what `facts` says differently from `inherited`, each with a space before it. */
export function factsText(
  facts: ObjectFacts,
  inherited: Readonly<Record<keyof ObjectFacts, string | undefined>>,
): string {
  return (["release", "arch", "order", "names", "depends"] as const)
    .filter((key) => facts[key] !== inherited[key])
    .map((key) => ` ${key}=${facts[key] ?? UNKNOWN}`)
    .join("");
}

/** Module names as the kernel spells them: `-` in a file name is `_` in the kernel. */
export function kernelSpelling(object: string): string {
  return object.includes("-") ? object.replaceAll("-", "_") : object;
}

const OBJECT_NAME = new RegExp(`^[^.\\x00-\\x20]{1,${OBJECT_NAME_MOST}}$`);

/** What is wrong with an object's name in a list, or undefined. */
export function faultOfObjectName(name: string): string | undefined {
  if (OBJECT_NAME.test(name)) return undefined;
  if (name === "") return "the object has no name";
  const shown = `"${name.slice(0, 80)}"`;
  if (name.length > OBJECT_NAME_MOST || name.includes(".")) {
    return `${shown} is no object: a name has at most ${OBJECT_NAME_MOST} characters and no dot`;
  }
  return `${shown} is no object: a name has neither white space nor control characters`;
}

/** What a line of format 0.2 says of its symbol beside the name. */
export interface SymbolFields {
  /** Hexadecimal, or `SECTION+0xOFFSET` in a module; undefined if unknown. */
  readonly address: string | undefined;
  /** As nm prints it; undefined if unknown. */
  readonly type: string | undefined;
  readonly kept: Kept;
  /** The source file; of an export its namespace. */
  readonly file: string | undefined;
}

/** Reads `ADDRESS TYPE [FILE]`; undefined if it has another form. */
export function parseFields(text: string): SymbolFields | undefined {
  const match = /^(-|[0-9a-f]{1,16}|[^ ]+\+0x[0-9a-f]+) ([A-Za-z?-])([ixf]?)(?: (.+))?$/s.exec(
    text,
  );
  if (match === null) return undefined;
  const [, address, type, letter = "", file] = match;
  return {
    address: address === "-" ? undefined : address,
    type: type === "-" ? undefined : type,
    kept: KEPT[letter]!,
    file,
  };
}
