/** Whether bytes are the same: most of what conversion leaves is, and then nothing else has to be asked. */

/** Bytes of a word, of whatever order: words are compared in a quarter of the time of bytes. */
export const WORD = Uint32Array.BYTES_PER_ELEMENT;

/** The whole words of `bytes`; a copy where they are not aligned. */
export function wordsOf(bytes: Uint8Array): Uint32Array {
  const isAligned = bytes.byteOffset % WORD === 0;
  const { buffer, byteOffset } = isAligned ? bytes : bytes.slice();
  return new Uint32Array(buffer, byteOffset, Math.floor(bytes.length / WORD));
}

/** The first byte in which two of one length differ; their length if none does. */
export function firstDifference(one: Uint8Array, other: Uint8Array): number {
  const words = wordsOf(one);
  const others = wordsOf(other);
  let word = 0;
  while (word < words.length && words[word] === others[word]) word++;
  let at = word * WORD;
  while (at < one.length && one[at] === other[at]) at++;
  return at;
}
