/**
 * Finds objects and wanted names in long lists of format 0.1 with code that is as fast at their first line
 * as at their last. What a line means the walk says, and lines of any other form are left to it.
 */

import { nameOfBytes } from "../byte-string.js";
import type { ByteSource } from "../elf/index.js";
import { NAME_SCAN_CODE } from "./name-scan-code.js";
import { SHAPES_SIZE } from "./wanted-names.js";

/** Bytes of a list for which it pays to load the code. */
const LIST_LEAST = 1 << 17;

// The layout of the memory, see name-scan.wat.
const FOUND = SHAPES_SIZE;
const ENTRY = 12;
const TEXT = FOUND + (1 << 16);
/** Bytes of text: the list is read piece by piece, each small enough to stay in a cache. */
const PIECE = 1 << 17;
/** More than they take, since the scan reads up to 63 bytes beyond the end of the text. */
const PAGES = 4;
/** How a scan ends at a line of another form. */
const STOPPED_AT_OTHER = 1;

/** As much of it as is used; TypeScript has it among the things of browsers. */
declare const WebAssembly: {
  readonly Memory: new (size: { initial: number }) => Memory;
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (code: object, imports: object) => { readonly exports: unknown };
};

interface Memory {
  readonly buffer: ArrayBuffer;
}

interface Scan {
  scan(start: number, end: number): number;
  readonly line: { value: number };
  readonly end: { readonly value: number };
  readonly stop: { readonly value: number };
}

/** Is told of a line: its text, without the newline; the offset in the list; its number. */
type FoundLine = (text: string, at: number, line: number) => void;

export class NameScan {
  readonly #list: ByteSource;
  readonly #memory: Memory;
  readonly #code: Scan;
  /** The part of the list that is in memory: its first byte, and the one behind its last. */
  #from = 0;
  #to = 0;

  /** Undefined for a list that is short, and where such code cannot be run. */
  static of(list: ByteSource, shapes: Uint8Array): NameScan | undefined {
    if (list.size < LIST_LEAST) return undefined;
    try {
      const memory = new WebAssembly.Memory({ initial: PAGES });
      const module = new WebAssembly.Module(bytesOfHex(NAME_SCAN_CODE));
      const { exports } = new WebAssembly.Instance(module, { list: { memory } });
      new Uint8Array(memory.buffer).set(shapes);
      return new NameScan(list, memory, exports as Scan);
    } catch {
      // Node was told not to, the processor cannot, or the address space is bounded.
      return undefined;
    }
  }

  private constructor(list: ByteSource, memory: Memory, code: Scan) {
    this.#list = list;
    this.#memory = memory;
    this.#code = code;
  }

  /**
   * Moves the cursor over names and objects, up to a line of another form, but not beyond `end`; calls
   * `found` for objects and for names of a wanted shape. Throws what reading the list throws.
   */
  pass(end: number, cursor: { at: number; line: number }, found: FoundLine): void {
    while (cursor.at < end) {
      if (cursor.at >= this.#to) this.#load(cursor.at, end);
      const { at } = cursor;
      this.#scan(cursor, found);
      if (this.#code.stop.value === STOPPED_AT_OTHER) return;
      if (cursor.at > at) continue;
      // Nothing ends in what is left of the text: there has to be more, or the line is too long.
      if (at === this.#from) return;
      this.#load(at, end);
    }
  }

  #load(at: number, end: number): void {
    this.#from = at;
    this.#to = Math.min(end, at + PIECE);
    this.#list.readInto(new Uint8Array(this.#memory.buffer, TEXT, this.#to - at), at);
  }

  #scan(cursor: { at: number; line: number }, found: FoundLine): void {
    const code = this.#code;
    // From an offset in memory to one in the list.
    const base = this.#from - TEXT;
    code.line.value = cursor.line;
    cursor.at = code.scan(cursor.at - base, this.#to - base) + base;
    cursor.line = code.line.value;
    const memory = new Uint8Array(this.#memory.buffer);
    // Little-endian on every machine.
    const entries = new DataView(this.#memory.buffer, FOUND, code.end.value - FOUND);
    for (let at = 0; at < entries.byteLength; at += ENTRY) {
      const start = entries.getUint32(at, true);
      const text = nameOfBytes(memory, start, entries.getUint32(at + 4, true));
      found(text, start + base, entries.getUint32(at + 8, true));
    }
  }
}

function bytesOfHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
