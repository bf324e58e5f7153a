/**
 * Names of livepatch sections and symbols as the kernel reads them, with sscanf (kernel/livepatch/core.c,
 * klp_apply_section_relocs and klp_resolve_symbols; lib/vsprintf.c): what it takes for right need not
 * be what was meant.
 */

import { OBJECT_NAME_MOST } from "../symbols/index.js";

/** `.klp.sym.%55[^.].%511[^,],%lu` */
export interface KernelSymbolName {
  /** How many of the three fields the kernel finds; it wants all. */
  readonly fields: number;
  readonly object: string;
  readonly name: string;
  /** What the kernel reads as the position, of which it keeps 64 bits; NaN if it finds none. */
  readonly position: number;
  /** The same as the kernel prints it. */
  readonly printedPosition: string;
  /** What stands behind the position, which the kernel passes over. */
  readonly rest: string;
}

const ULONG_MAX = 2n ** 64n - 1n;

/** Reads a symbol's name; `most` is how many characters the kernel reads of the name in it. A position that is too
 * large is cut off by some kernels (lib/vsprintf.c, simple_strntoull), and to others the largest.
 */
export function readSymbolName(text: string, most: number, saturates: boolean): KernelSymbolName {
  const unread = {
    fields: 0,
    object: "",
    name: "",
    position: Number.NaN,
    printedPosition: "",
    rest: "",
  };
  const prefix = ".klp.sym.";
  if (!text.startsWith(prefix)) return unread;
  const object = upTo(text, prefix.length, ".", OBJECT_NAME_MOST);
  if (object === "") return unread;
  const dot = prefix.length + object.length;
  if (text[dot] !== ".") return { ...unread, fields: 1, object };
  const name = upTo(text, dot + 1, ",", most);
  if (name === "") return { ...unread, fields: 1, object };
  const comma = dot + 1 + name.length;
  let start = comma + 1;
  while (isSpace(text.charCodeAt(start))) start++;
  let end = start;
  while (isDigit(text.charCodeAt(end))) end++;
  if (text[comma] !== "," || end === start) return { ...unread, fields: 2, object, name };
  const digits = text.slice(start, end);
  const read = digits.length < 16 ? Number(digits) : positionOf(BigInt(digits), saturates);
  const rest = text.slice(comma + 1, start) + text.slice(end);
  const position = Number(read);
  return { fields: 3, object, name, position, printedPosition: read.toString(), rest };
}

/** Of a number that is too large, what fits; see {@link readSymbolName}. */
function positionOf(read: bigint, saturates: boolean): bigint {
  if (!saturates) return BigInt.asUintN(64, read);
  return read > ULONG_MAX ? ULONG_MAX : read;
}

/** lib/vsprintf.c, skip_spaces, of ASCII: a space, and what stands from the tab to the carriage return. */
function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Reads the object in `.klp.rela.%55[^.]`; undefined if the kernel finds none. */
export function readSectionObject(text: string): string | undefined {
  const prefix = ".klp.rela.";
  if (!text.startsWith(prefix)) return undefined;
  return upTo(text, prefix.length, ".", OBJECT_NAME_MOST) || undefined;
}

/** What is left of a text up to a character, and of that as much as there is room for. */
function upTo(text: string, start: number, stop: string, most: number): string {
  const end = text.indexOf(stop, start);
  return text.slice(start, Math.min(end < 0 ? text.length : end, start + most));
}
