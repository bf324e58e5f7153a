/**
 * `@FILE` in place of arguments, as gcc and ld take it (libiberty, expandargv): the words of the file,
 * quoted as in GNU's tools, among them perhaps another `@FILE`. Where there is no such file, the
 * argument is what it says.
 */

import { statSync } from "node:fs";
import { splitWords } from "../batch/index.js";
import { isFileError } from "./files.js";
import { attemptRead, readFileNow } from "./input-files.js";

/** An option file cannot be taken in. */
export class OptionFileError extends Error {
  override readonly name = "OptionFileError";
}

/** `argv` with the words of option files in their places. Throws OptionFileError. */
export function expandOptionFiles(argv: readonly string[]): string[] {
  return argv.flatMap((argument) => expand(argument, []));
}

/** One argument; `within` are the files that lead to it, by their arguments and what tells them apart. */
function expand(
  argument: string,
  within: readonly { readonly argument: string; readonly file: string }[],
): string[] {
  if (!argument.startsWith("@") || argument === "@") return [argument];
  const path = argument.slice(1);
  let file: string;
  let text: string;
  try {
    // A pipe of the shell's has no other name than the one it is given with.
    const { dev, ino } = attemptRead(() => statSync(path));
    file = `${dev} ${ino}`;
    if (within.some((each) => each.file === file)) {
      const way = [...within.map((each) => each.argument), argument].join(" -> ");
      throw new OptionFileError(`${argument} includes itself: ${way}`);
    }
    text = Buffer.from(readFileNow(path).bytes).toString();
  } catch (error) {
    if (!isFileError(error)) throw error;
    const { code } = error;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return [argument];
    throw new OptionFileError(`${argument} ${error.message}`);
  }
  const { words, unclosed } = splitWords(text);
  if (unclosed !== undefined) {
    throw new OptionFileError(`${argument}: the quote ${unclosed} is not closed`);
  }
  return words.flatMap((word) => expand(word, [...within, { argument, file }]));
}
