/**
 * A fixed set of names, looked up by bytes: open addressing over FNV-1a hashes, so that a line of a
 * list is checked without becoming a string.
 */

import { bytesOfName } from "../byte-string.js";

export class WantedNames {
  static readonly HASH_START = 0x811c9dc5 | 0;
  readonly #bytes: readonly Uint8Array[];
  readonly #index = new Map<string, number>();
  /** Number of a name plus 1, or 0, by hash. */
  readonly #slots: Int32Array;
  readonly #mask: number;

  constructor(names: readonly string[]) {
    this.#bytes = names.map(bytesOfName);
    let size = 1024;
    while (size < names.length * 4) size *= 2;
    this.#slots = new Int32Array(size);
    this.#mask = size - 1;
    for (const [number, bytes] of this.#bytes.entries()) {
      this.#index.set(names[number]!, number);
      let hash = WantedNames.HASH_START;
      for (const byte of bytes) hash = WantedNames.hashStep(hash, byte);
      let slot = hash & this.#mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = number + 1;
    }
  }

  /** One step of 32-bit FNV-1a. */
  static hashStep(hash: number, byte: number): number {
    return Math.imul(hash ^ byte, 0x01000193);
  }

  /** The number of the name that is bytes `start` to `end`, or -1; `hash` is that of the bytes. */
  find(bytes: Uint8Array, start: number, end: number, hash: number): number {
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const number = this.#slots[slot]! - 1;
      if (number < 0 || this.#isAt(this.#bytes[number]!, bytes, start, end)) return number;
    }
  }

  /** The number of `name`, or -1. */
  indexOf(name: string): number {
    return this.#index.get(name) ?? -1;
  }

  #isAt(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
    if (name.length !== end - start) return false;
    for (let i = 0; i < name.length; i++) if (name[i] !== bytes[start + i]) return false;
    return true;
  }
}
