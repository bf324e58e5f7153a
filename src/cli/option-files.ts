/**
 * `@FILE` in place of arguments, as gcc and ld take it (libiberty, expandargv): the words of the file,
 * quoted as in GNU's tools, among them perhaps another `@FILE`. Where there is no such file, the
 * argument is what it says.
 */

import { readFileSync, realpathSync } from "node:fs";
import { splitWords } from "../batch/index.js";
import { asFileError } from "./files.js";

/** An option file cannot be taken in. */
export class OptionFileError extends Error {
  override readonly name = "OptionFileError";
}

/** `argv` with the words of option files in their places. Throws OptionFileError. */
export function expandOptionFiles(argv: readonly string[]): string[] {
  return argv.flatMap((argument) => expand(argument, []));
}

/** One argument; `within` are the files that lead to it, by their arguments and real names. */
function expand(
  argument: string,
  within: readonly { readonly argument: string; readonly file: string }[],
): string[] {
  if (!argument.startsWith("@") || argument === "@") return [argument];
  let file: string;
  let text: string;
  try {
    file = realpathSync(argument.slice(1));
    if (within.some((each) => each.file === file)) {
      const way = [...within.map((each) => each.argument), argument].join(" -> ");
      throw new OptionFileError(`${argument} includes itself: ${way}`);
    }
    text = readFileSync(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return [argument];
    if (error instanceof OptionFileError) throw error;
    throw new OptionFileError(`${argument} ${asFileError(error, "cannot be read").message}`);
  }
  const { words, unclosed } = splitWords(text);
  if (unclosed !== undefined) {
    throw new OptionFileError(`${argument}: the quote ${unclosed} is not closed`);
  }
  return words.flatMap((word) => expand(word, [...within, { argument, file }]));
}
