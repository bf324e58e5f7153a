/** What a module says of itself in .modinfo. */

import { nameOfBytes } from "./byte-string.js";

/**
 * The values of the `key=value` strings in .modinfo, each ended by NUL; of a key that stands twice
 * the first, as the kernel takes it (kernel/module/main.c, get_modinfo).
 */
export function parseModinfo(contents: Uint8Array): Map<string, string> {
  const values = new Map<string, string>();
  for (const entry of nameOfBytes(contents).split("\0")) {
    const equals = entry.indexOf("=");
    const key = entry.slice(0, equals);
    if (equals > 0 && !values.has(key)) values.set(key, entry.slice(equals + 1));
  }
  return values;
}
