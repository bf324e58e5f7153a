/** Lines of a text that is a source of symbols, as offsets into its bytes. */

import type { Diagnostics } from "../../diagnostics.js";

const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const TAB = 9;

/** Calls `each` with every line: its number from 1, its start, and its end before LF or CR LF. */
export function eachTextLine(
  bytes: Uint8Array,
  diagnostics: Diagnostics,
  each: (line: number, start: number, end: number) => void,
): void {
  let line = 1;
  let start = 0;
  for (;;) {
    const newline = bytes.indexOf(NEWLINE, start);
    if (newline < 0) break;
    each(line, start, newline > start && bytes[newline - 1] === RETURN ? newline - 1 : newline);
    start = newline + 1;
    line++;
  }
  if (start < bytes.length) {
    diagnostics.error(
      "source-truncated",
      "the last line has no newline: the file is cut off",
      { line },
      ["make the file again; its maker or a copy of it was interrupted"],
    );
  }
}

/** How many lines there are. */
export function countLines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

/** The first byte from `at` on, before `end`, that is a blank (`isBlank`) or none. */
export function skip(bytes: Uint8Array, at: number, end: number, isBlank: boolean): number {
  let i = at;
  while (i < end && (bytes[i] === SPACE || bytes[i] === TAB) === isBlank) i++;
  return i;
}

/** The value of up to 8 hexadecimal digits, or -1. */
function hexValue(bytes: Uint8Array, start: number, end: number): number {
  if (end <= start || end - start > 8) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    const digit =
      byte >= 48 && byte <= 57
        ? byte - 48
        : (byte | 32) >= 97 && (byte | 32) <= 102
          ? (byte | 32) - 87
          : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/** The low half of a hexadecimal number of up to 16 digits, or -1. */
export function lowHalf(bytes: Uint8Array, start: number, end: number): number {
  return hexValue(bytes, Math.max(start, end - 8), end);
}

/** The digits of such a number above the low 8, 0 if there are none, or -1. */
export function highHalf(bytes: Uint8Array, start: number, end: number): number {
  return end - start > 8 ? hexValue(bytes, start, end - 8) : 0;
}

/** A type as nm prints it: one letter or `?`. */
export function isType(bytes: Uint8Array, start: number, end: number): boolean {
  const byte = bytes[start]!;
  const isLetter = (byte | 32) >= 97 && (byte | 32) <= 122;
  return end - start === 1 && (isLetter || byte === 63 || byte === 45);
}
