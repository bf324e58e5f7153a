/**
 * The signature at the end of a signed module, as the kernel takes it off (kernel/module/signing.c,
 * mod_verify_sig; include/uapi/linux/module_signature.h): the signature itself, 12 bytes that describe
 * it, and a mark. What is before them is the module.
 */

import { nameOfBytes } from "../byte-string.js";

const MARK = "~Module signature appended~\n";

/** Bytes of struct module_signature. */
const DESCRIPTION_SIZE = 12;
const PKEY_ID_PKCS7 = 2;
/** What PKCS#7 begins with: an ASN.1 SEQUENCE. */
const SEQUENCE = 0x30;

export interface AppendedSignature {
  /** Bytes of the file before it. */
  readonly imageLength: number;
  /** Bytes from the signature's start to the end of the mark. */
  readonly bytes: Uint8Array;
  /** What the kernel finds wrong with it before it looks for a key; undefined if nothing. */
  readonly fault: SignatureFault | undefined;
}

export interface SignatureFault {
  readonly text: string;
  readonly errno: "EBADMSG" | "ENOPKG";
}

/** Undefined if the file does not end with the mark. */
export function readAppendedSignature(bytes: Uint8Array): AppendedSignature | undefined {
  const marked = bytes.length - MARK.length;
  // A file that is nothing but the mark is no module to the kernel either.
  if (marked <= 0 || nameOfBytes(bytes, marked) !== MARK) return undefined;
  const start = marked - DESCRIPTION_SIZE;
  const faulty = (text: string, errno: SignatureFault["errno"], imageLength = marked) => ({
    imageLength,
    bytes: bytes.subarray(imageLength),
    fault: { text, errno },
  });
  if (start <= 0) return faulty("nothing is before the mark", "EBADMSG");
  const description = new DataView(bytes.buffer, bytes.byteOffset + start, DESCRIPTION_SIZE);
  const length = description.getUint32(8);
  if (length >= start) {
    return faulty(`the signature says to have ${length} of ${start} bytes`, "EBADMSG");
  }
  const kind = description.getUint8(2);
  if (kind !== PKEY_ID_PKCS7) {
    return faulty(`what is before the mark is of kind ${kind}, and not PKCS#7`, "ENOPKG");
  }
  if ([0, 1, 3, 4, 5, 6, 7].some((at) => description.getUint8(at) !== 0)) {
    return faulty("the fields that PKCS#7 has no use for are not 0", "EBADMSG");
  }
  const imageLength = start - length;
  if (length === 0 || bytes[imageLength] !== SEQUENCE) {
    return faulty("the signature is no PKCS#7 message", "EBADMSG", imageLength);
  }
  return { imageLength, bytes: bytes.subarray(imageLength), fault: undefined };
}
