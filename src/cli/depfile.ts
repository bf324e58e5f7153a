/**
 * What an output was made from, as a rule of make: `OUT: IN LIST…`, and a rule without a recipe for each
 * of them, so that make goes on where one is gone (gcc -MD -MP).
 */

import { FileError } from "./files.js";

/** The text of `depfile`. Throws FileError if a name cannot stand in a makefile. */
export function depfileText(
  depfile: string,
  target: string,
  prerequisites: readonly string[],
): string {
  const unspelled = [target, ...prerequisites].find((path) => /[\n\r]/.test(path));
  if (unspelled !== undefined) {
    const message = `cannot be written: make has no way to spell ${JSON.stringify(unspelled)}`;
    throw new FileError(message, { file: depfile });
  }
  const names = [...new Set(prerequisites)].map(makeName);
  const rules = names.map((name) => `\n${name}:\n`);
  return `${makeName(target)}:${names.map((name) => ` \\\n ${name}`).join("")}\n${rules.join("")}`;
}

/**
 * A file as make reads it (gcc's mkdeps.cc, munge; and a colon, which gcc leaves to fail). Backslashes
 * are doubled before white space, where alone make takes them for its own.
 */
function makeName(path: string): string {
  return path
    .replaceAll("$", "$$$$")
    .replace(/(\\*)([ \t])/g, "$1$1\\$2")
    .replace(/[#:]/g, "\\$&");
}
