/** What a module says of itself in .modinfo. */

import { nameOfBytes } from "./byte-string.js";

/** The `key=value` strings in .modinfo, each ended by NUL, in their order. */
export function modinfoEntries(contents: Uint8Array): [key: string, value: string][] {
  return nameOfBytes(contents)
    .split("\0")
    .flatMap((entry): [string, string][] => {
      const equals = entry.indexOf("=");
      return equals > 0 ? [[entry.slice(0, equals), entry.slice(equals + 1)]] : [];
    });
}

/**
 * The values in .modinfo by key; of a key that stands twice the first, as the kernel takes it
 * (kernel/module/main.c, get_modinfo).
 */
export function parseModinfo(contents: Uint8Array): Map<string, string> {
  return new Map(modinfoEntries(contents).reverse());
}
