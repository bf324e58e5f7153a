// SPDX-License-Identifier: GPL-2.0-only

// Inputs as views in the middle of larger buffers. Who reads outside of a view reads what fills the
// rest, and with another filling comes to another result; who writes there or in the view is caught.

import type { FileBytes } from "../src/index.js";
import { claim } from "./fault.js";

export interface Filling {
  /** Bytes before the view; odd numbers bring nothing into line. */
  readonly before: number;
  readonly after: number;
  readonly byte: number;
}

export const FILLINGS: readonly [Filling, Filling] = [
  { before: 256, after: 256, byte: 0 },
  { before: 77, after: 131, byte: 0xa5 },
];

export class Guarded {
  readonly view: Uint8Array;
  readonly #all: Uint8Array;
  readonly #original: Uint8Array;
  readonly #filling: Filling;

  constructor(bytes: Uint8Array, filling: Filling) {
    const { before, after, byte } = filling;
    this.#all = new Uint8Array(before + bytes.length + after).fill(byte);
    this.#all.set(bytes, before);
    this.#original = bytes;
    this.#filling = filling;
    this.view = this.#all.subarray(before, before + bytes.length);
  }

  /** Throws Fault if a byte was changed. */
  claimUntouched(): void {
    const { before, byte } = this.#filling;
    const isFilling = (bytes: Uint8Array) => bytes.every((each) => each === byte);
    claim(
      isFilling(this.#all.subarray(0, before)) &&
        isFilling(this.#all.subarray(before + this.view.length)),
      "input",
      () => "bytes outside of the input were written",
    );
    claim(Buffer.compare(this.view, this.#original) === 0, "input", () => "the input was written");
  }
}

/** A file that is read in parts, which have to lie within it. */
export function strictFile(bytes: Uint8Array): FileBytes {
  return {
    size: bytes.length,
    read(offset, size) {
      claim(
        Number.isInteger(offset) &&
          Number.isInteger(size) &&
          offset >= 0 &&
          size >= 0 &&
          offset + size <= bytes.length,
        "reads within the file",
        () => `${size} bytes at ${offset} are asked of a file of ${bytes.length}`,
      );
      return bytes.slice(offset, offset + size);
    },
  };
}
