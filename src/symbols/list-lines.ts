/** Lines of a symbols list in format 0.2, written one after the other into bytes that grow. */

import { bytesOfName } from "../byte-string.js";

const NEWLINE = 10;
const SPACE = 32;
const ASTERISK = 42;
const DIGITS = bytesOfName("0123456789abcdef");

/**
 * The name at `start` up to `end` can be a line of a list: it has no white space or control
 * characters, and does not begin like an object.
 */
export function isListable(from: Uint8Array, start: number, end: number): boolean {
  if (end === start || from[start] === ASTERISK) return false;
  for (let i = start; i < end; i++) if (from[i]! <= SPACE) return false;
  return true;
}

export class ListLines {
  #bytes: Uint8Array;
  #size = 0;

  constructor(expectedSize = 128) {
    this.#bytes = new Uint8Array(expectedSize);
  }

  /** What was written so far. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  /** Begins a line with the name at `start` up to `end` of `from`. */
  name(from: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    // Names are short: a loop is faster than a view for each.
    for (let i = start; i < end; i++) this.#bytes[this.#size++] = from[i]!;
  }

  /** Adds a field; `text` is ASCII without spaces. */
  field(text: string): void {
    this.#reserve(text.length + 1);
    this.#bytes[this.#size++] = SPACE;
    for (let i = 0; i < text.length; i++) this.#bytes[this.#size++] = text.charCodeAt(i);
  }

  /** Adds a field from bytes. */
  bytesField(from: Uint8Array, start: number, end: number): void {
    this.#reserve(1);
    this.#bytes[this.#size++] = SPACE;
    this.name(from, start, end);
  }

  /** Adds an address as `digits` hexadecimal digits, 8 or 16. */
  address(high: number, low: number, digits: number): void {
    this.#reserve(17);
    this.#bytes[this.#size++] = SPACE;
    for (let digit = digits - 1; digit >= 0; digit--) {
      const half = digit >= 8 ? high : low;
      this.#bytes[this.#size++] = DIGITS[(half >>> ((digit & 7) * 4)) & 15]!;
    }
  }

  /** Adds an offset behind `prefix`, which is ASCII without spaces. */
  offset(prefix: string, offset: number): void {
    this.field(prefix);
    let digits = 1;
    while (digits < 8 && offset >>> (4 * digits) !== 0) digits++;
    this.#reserve(digits);
    while (digits-- > 0) this.#bytes[this.#size++] = DIGITS[(offset >>> (4 * digits)) & 15]!;
  }

  /** Adds a type: the letter nm prints, by its code, and what follows it. */
  type(letter: number, kept = ""): void {
    this.#reserve(2 + kept.length);
    this.#bytes[this.#size++] = SPACE;
    this.#bytes[this.#size++] = letter;
    for (let i = 0; i < kept.length; i++) this.#bytes[this.#size++] = kept.charCodeAt(i);
  }

  end(): void {
    this.#reserve(1);
    this.#bytes[this.#size++] = NEWLINE;
  }

  #reserve(more: number): void {
    const needed = this.#size + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    grown.set(this.bytes());
    this.#bytes = grown;
  }
}
