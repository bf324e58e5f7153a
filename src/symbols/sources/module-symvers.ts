/**
 * Reads Module.symvers, which modpost writes: `CRC NAME OBJECT EXPORT NAMESPACE`, separated by tabs
 * (scripts/mod/modpost.c, write_dump). From 5.4 to 5.7 the namespace stood third. It says who
 * exports what, and nothing of other symbols.
 */

import { bytesOfName, nameOfBytes } from "../../byte-string.js";
import type { Diagnostics } from "../../diagnostics.js";
import { EXPORT_PREFIX, faultOfObjectName, kernelSpelling, NO_FACTS } from "../list-format.js";
import { isListable, ListLines } from "../list-lines.js";
import { chunkOf, type ObjectPart } from "../object-part.js";
import { eachTextLine } from "./text-lines.js";

const EXPORT = bytesOfName(EXPORT_PREFIX);

/** Reads the exports of every object. Throws Refusal. */
export function readModuleSymvers(bytes: Uint8Array, diagnostics: Diagnostics): ObjectPart[] {
  const objects = new Map<string, ListLines>();
  eachTextLine(bytes, diagnostics, (line, start, end) => {
    const text = nameOfBytes(bytes, start, Math.min(end, start + 4096));
    const entry = parseEntry(text);
    if (entry === undefined) {
      diagnostics.error(
        "source-line",
        `"${text.slice(0, 80)}" is not CRC NAME OBJECT EXPORT NAMESPACE, separated by tabs`,
        { line },
      );
      return;
    }
    const object = kernelSpelling(entry.path.slice(entry.path.lastIndexOf("/") + 1));
    const fault = faultOfObjectName(object);
    if (fault !== undefined) diagnostics.error("source-object", fault, { line });
    const name = bytesOfName(entry.name);
    if (fault !== undefined || !isListable(name, 0, name.length)) return;
    const lines = objects.get(object) ?? new ListLines();
    objects.set(object, lines);
    lines.name(EXPORT, 0, EXPORT.length);
    lines.name(name, 0, name.length);
    lines.field("-");
    lines.field("-");
    if (entry.namespace !== "") lines.field(entry.namespace);
    lines.end();
  });
  diagnostics.throwIfFailed();
  return [...objects].map(([object, lines]) => ({
    object,
    file: diagnostics.file,
    ...NO_FACTS,
    chunks: [chunkOf(lines.bytes())],
  }));
}

interface Entry {
  readonly name: string;
  /** The object with its path in the build: `vmlinux`, `fs/ext4/ext4`. */
  readonly path: string;
  readonly namespace: string;
}

function parseEntry(text: string): Entry | undefined {
  const [crc = "", name = "", third = "", fourth = "", fifth = ""] = text.split("\t");
  // Names, namespaces and paths are printable ASCII without spaces (scripts/mod/modpost.c reads words).
  if (!/^0x[0-9a-f]{8}$/.test(crc) || !/^[!-~\t]+$/.test(text) || name === "") return undefined;
  if (fourth.startsWith("EXPORT_")) return { name, path: third, namespace: fifth };
  if (fifth.startsWith("EXPORT_")) return { name, path: fourth, namespace: third };
  return undefined;
}

/** A line of Module.symvers. */
export function isSymversLine(text: string): boolean {
  return parseEntry(text) !== undefined;
}
