/**
 * Names as JavaScript strings with one character per byte (Latin-1), because neither ELF nor a
 * symbols list gives names an encoding, and every byte has to come back out as it went in.
 */

/** The bytes of `text`, one per character. Throws RangeError on a character above 0xff. */
export function bytesOfName(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) throw new RangeError(`name is not made of bytes: ${text}`);
    bytes[i] = code;
  }
  return bytes;
}

/** Characters made in one call: more could be too many arguments, fewer cost a string each. */
const CHUNK = 4096;

/** The characters of `bytes` from `start` up to `end`, one per byte. */
export function nameOfBytes(bytes: Uint8Array, start = 0, end = bytes.length): string {
  if (end - start <= CHUNK) return textOf(bytes.subarray(start, end));
  let text = "";
  for (let at = start; at < end; at += CHUNK) {
    text += textOf(bytes.subarray(at, Math.min(at + CHUNK, end)));
  }
  return text;
}

/** With apply(): spreading a typed array goes through its iterator, and takes twice as long. */
function textOf(bytes: Uint8Array): string {
  return String.fromCharCode.apply(null, bytes as unknown as number[]);
}
