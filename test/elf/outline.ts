// SPDX-License-Identifier: GPL-2.0-only

import { dumpElf } from "../elf-dump.js";

/**
 * The dump of a file without what depends on its class, so that one text says what is expected of
 * all four classes and byte orders: counts, indices, names, flags, offsets and addends.
 */
export function outline(bytes: Uint8Array): string {
  const [header, ...parts] = dumpElf(bytes).trimEnd().split("\n\n");
  const counts = header!.split("\n").filter((line) => /^ +(sections|shstrndx) /.test(line));
  const lines = counts.map((line) => line.replace(/ of [0-9]+ bytes/, ""));
  return [...lines, ...parts.flatMap((part) => part.split("\n"))].map(tidy).join("\n");
}

/** A line of a dump without its columns' padding, the zeros in front, sizes and alignments. */
export function tidy(line: string): string {
  return line
    .trim()
    .replace(/ +/g, " ")
    .replace(/\b0+(?=[0-9a-f])/g, "")
    .replace(/ (size|align|entsize) [0-9]+/g, "");
}
