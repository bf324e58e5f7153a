/**
 * Names as JavaScript strings with one character per byte (Latin-1), because neither ELF nor a
 * symbols list gives names an encoding, and every byte has to come back out as it went in.
 */

/** The bytes of `text`, one per character. Throws RangeError on a character above 0xff. */
export function bytesOfName(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  writeName(bytes, 0, text);
  return bytes;
}

/** Writes these bytes at an offset of `bytes`, which has room for them. Throws RangeError likewise. */
export function writeName(bytes: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) throw new RangeError(`name is not made of bytes: ${text}`);
    bytes[at + i] = code;
  }
}

/** Reads bytes from `start` up to `end`, one character each. */
type ReadBytes = (this: Uint8Array, start: number, end: number) => string;

/** As much of Node's Buffer as is used, if there is one. */
declare const Buffer: { readonly prototype: { readonly latin1Slice?: ReadBytes } } | undefined;

/**
 * Node's own way, which takes any Uint8Array. It is not documented, so it may not be there; but the
 * others take three times as long until V8 has compiled them.
 */
const readBytes: ReadBytes =
  (typeof Buffer === "undefined" ? undefined : Buffer.prototype.latin1Slice) ?? readInChunks;

/** Characters made in one call: more could be too many arguments, fewer cost a string each. */
const CHUNK = 4096;

function readInChunks(this: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at += CHUNK) {
    const chunk = this.subarray(at, Math.min(at + CHUNK, end));
    // Spreading a typed array goes through its iterator, and takes twice as long.
    text += String.fromCharCode.apply(null, chunk as unknown as number[]);
  }
  return text;
}

/** The characters of `bytes` from `start` up to `end`, one per byte. */
export function nameOfBytes(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const last = Math.min(end, bytes.length);
  return start < last ? readBytes.call(bytes, start, last) : "";
}
