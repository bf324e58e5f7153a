/** Whether bytes are the same: most of what conversion leaves is, and then nothing else has to be asked. */

/** As much of Node's Buffer as is used, if there is one. */
declare const Buffer:
  | { readonly compare: (one: Uint8Array, other: Uint8Array) => number }
  | undefined;

/** Bytes for which it takes longer to ask Node than to look. */
export const SHORT = 1024;

/** The `size` bytes at `at` are those of `other` at `start`, which both have. */
export function areSameAt(
  one: Uint8Array,
  at: number,
  other: Uint8Array,
  start: number,
  size: number,
): boolean {
  if (size < SHORT || typeof Buffer === "undefined") {
    for (let i = 0; i < size; i++) if (one[at + i] !== other[start + i]) return false;
    return true;
  }
  return Buffer.compare(one.subarray(at, at + size), other.subarray(start, start + size)) === 0;
}

/** The first byte in which two of one length differ; their length if none does. */
export function firstDifference(one: Uint8Array, other: Uint8Array): number {
  if (areSameAt(one, 0, other, 0, one.length)) return one.length;
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  return at;
}
