/** What every command prints of diagnostics, and how faults of files become ones. */

import { type Diagnostic, Diagnostics } from "../diagnostics.js";
import { diagnosticText } from "./diagnostic-text.js";
import { isFileError, outputName, STANDARD_STREAM, writeStandardOutput } from "./files.js";
import { printMessages } from "./messages.js";

/** When messages are colored. */
export type ColorWhen = "auto" | "always" | "never";

export function printDiagnostics(diagnostics: readonly Diagnostic[], color: ColorWhen): void {
  if (diagnostics.length === 0) return;
  const colored = isColored(color);
  printMessages(diagnostics.map((each) => diagnosticText(each, colored)).join(""));
}

/** Prints on standard output; false if nobody can read it, which is then told. */
export async function print(text: string, color: ColorWhen): Promise<boolean> {
  try {
    if (text !== "") await writeStandardOutput(text);
    return true;
  } catch (error) {
    printDiagnostics(fileFault(error, outputName(STANDARD_STREAM)), color);
    return false;
  }
}

/** The diagnostic for a file that could not be read or written; anything else is thrown on. */
export function fileFault(error: unknown, file: string): Diagnostic[] {
  if (!isFileError(error)) throw error;
  const diagnostics = new Diagnostics(file);
  diagnostics.error("file", error.message);
  return diagnostics.list();
}

/** Whether text for a stream is colored. */
export function isColored(
  when: ColorWhen,
  stream: { readonly isTTY?: boolean } = process.stderr,
): boolean {
  if (when !== "auto") return when === "always";
  // https://no-color.org: set and not empty.
  return stream.isTTY === true && !process.env.NO_COLOR;
}
