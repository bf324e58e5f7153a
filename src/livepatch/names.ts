/**
 * The names livepatch gives meaning to, and their limits.
 *
 * In an intermediate module, an undefined symbol may say all about itself:
 *     .klp.sym.rela.LP_OBJECT.SYM_OBJECT.NAME.POS
 * In the module the kernel loads, a symbol and a relocation section are called
 *     .klp.sym.SYM_OBJECT.NAME,POS          .klp.rela.LP_OBJECT.SECTION
 * NAME may hold dots (`foo.isra.0`), object names cannot; so the first two dots end the objects and
 * the last one begins the position. LP_OBJECT is the object whose loading has the relocations
 * applied, SYM_OBJECT the one that has the symbol.
 */

import { kernelSpelling, OBJECT_NAME_MOST } from "../symbols/index.js";

export const ANNOTATED_PREFIX = ".klp.sym.rela.";
export const LIVEPATCH_SYMBOL_PREFIX = ".klp.sym.";
export const LIVEPATCH_SECTION_PREFIX = ".klp.rela.";
/** Sections of objtool's intermediate form: this prefix and the object whose loading gates them. */
export const KLP_RELOCS_PREFIX = "__klp_relocs.";
/** Symbols of the same form that stand in until then for those they name. */
export const TOMBSTONE_PREFIX = ".klp.tombstone.";
/** Sections that KLP_MODULE_RELOC makes: this prefix and the object. */
export const ANNOTATION_SECTION_PREFIX = ".klp.module_relocs.";

/** True for sections that say something of relocations to come, and have none that count. */
export function isMarkSection(name: string): boolean {
  return name.startsWith(ANNOTATION_SECTION_PREFIX) || name.startsWith(KLP_RELOCS_PREFIX);
}

/** The largest position: what KLP_SYMPOS can hold, a 32-bit word. */
export const POSITION_MOST = 0xffffffff;

/** A symbol in an object, and when its relocations are applied. */
export interface LivepatchTarget {
  /** SYM_OBJECT: the object that has the symbol. */
  readonly object: string;
  readonly name: string;
  /** 0 if the name is unique in the object, else 1, 2, … */
  readonly position: number;
  /** LP_OBJECT: the object whose loading has the relocations applied. */
  readonly gate: string;
}

/** `.klp.sym.OBJECT.NAME,POS` */
export function livepatchSymbolName(target: LivepatchTarget): string {
  return `${LIVEPATCH_SYMBOL_PREFIX}${target.object}.${target.name},${target.position}`;
}

/** Reads `.klp.sym.OBJECT.NAME,POS`; undefined if `name` has another form. */
export function parseLivepatchName(name: string): Omit<LivepatchTarget, "gate"> | undefined {
  const match = /^\.klp\.sym\.([^.,]+)\.([^,]+),([0-9]{1,10})$/s.exec(name);
  if (match === null) return undefined;
  const [, object = "", symbol = "", digits] = match;
  const position = Number(digits);
  if (position > POSITION_MOST) return undefined;
  return { object: kernelSpelling(object), name: symbol, position };
}

/**
 * `.klp.rela.OBJECT.SECTION`. A section name without a leading dot gets one: the kernel reads the
 * object up to the first dot (kernel/livepatch/core.c, klp_apply_section_relocs), so that
 * `.klp.rela.vmlinux__bug_table` would belong to an object that never loads.
 */
export function livepatchSectionName(gate: string, section: string): string {
  return `${LIVEPATCH_SECTION_PREFIX}${gate}${section.startsWith(".") ? "" : "."}${section}`;
}

/** The object a livepatch section belongs to, read as the kernel does; undefined if it has none. */
export function objectOfLivepatchSection(name: string): string | undefined {
  const match = /^\.klp\.rela\.([^.]{1,55})/s.exec(name);
  return match?.[1];
}

/**
 * Reads `.klp.sym.rela.LP_OBJECT.SYM_OBJECT.NAME.POS`, or `,POS` at the end. Objects come back as
 * the kernel spells them. Undefined if `name` begins like one but has another form.
 */
export function parseAnnotatedName(name: string): LivepatchTarget | undefined {
  const match = /^\.klp\.sym\.rela\.([^.,]+)\.([^.,]+)\.([^,]+)[.,]([0-9]{1,10})$/s.exec(name);
  if (match === null) return undefined;
  const [, gate, object, symbol, digits] = match as unknown as string[];
  const position = Number(digits);
  if (position > POSITION_MOST) return undefined;
  return { object: kernelSpelling(object!), name: symbol!, position, gate: kernelSpelling(gate!) };
}

/**
 * What is wrong with an object's name, or undefined. The kernel reads at most 55 characters up to
 * a dot (MODULE_NAME_LEN; kernel/livepatch/core.c, klp_resolve_symbols).
 */
export function faultOfObject(object: string): string | undefined {
  if (object === "") return "the object's name is empty";
  if (object.includes(".")) return `object "${object}" has a dot in its name`;
  if (!/^[\x21-\x7e]+$/.test(object) || /[,"\\]/.test(object)) {
    return `object "${object}" has characters in its name that no module's has`;
  }
  if (object.length > OBJECT_NAME_MOST) {
    return `object "${object}" has ${object.length} characters; the kernel reads ${OBJECT_NAME_MOST}`;
  }
  return undefined;
}

/** What is wrong with a symbol's name, or undefined; `most` is the kernel's limit in characters. */
export function faultOfSymbol(name: string, most: number): string | undefined {
  if (name === "") return "the symbol has no name";
  if (name.includes(",")) return `symbol "${name}" has a comma in its name`;
  if (name.length > most) {
    return `symbol "${name}" has ${name.length} characters; the kernel reads ${most}`;
  }
  return undefined;
}

/** What the kernel calls a symbol, in whichever form it is said, before conversion and after. */
export function nameInKernel(name: string): string {
  return (parseAnnotatedName(name) ?? parseLivepatchName(name))?.name ?? name;
}

/** What to write in the patch's C source to say `target`, ready to paste. */
export function annotationOf(target: LivepatchTarget): string {
  const { object, name, position } = target;
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return annotatedDeclaration(target);
  const array = /^[0-9]/.test(object) ? `_${object}_relocs` : `${object}_relocs`;
  return `KLP_MODULE_RELOC(${object}) ${array}[] = { KLP_SYMPOS(${name}, ${position}) };`;
}

/** `asm("…")` with the annotated name that says `target`, to follow a declaration. */
export function annotatedDeclaration({ gate, object, name, position }: LivepatchTarget): string {
  const text = `${ANNOTATED_PREFIX}${gate}.${object}.${name}.${position}`;
  return `asm("${text.replace(/["\\]/g, "\\$&")}") behind its declaration`;
}

/** Names of sections and symbols that only a converter has a use for. */
export function isIntermediateMark(name: string): boolean {
  return [ANNOTATED_PREFIX, ANNOTATION_SECTION_PREFIX, KLP_RELOCS_PREFIX].some((prefix) =>
    name.startsWith(prefix),
  );
}
