/** What every command prints of diagnostics, and how faults of files become ones. */

import { type Diagnostic, Diagnostics } from "../diagnostics.js";
import { diagnosticText } from "./diagnostic-text.js";
import { FileError } from "./files.js";
import { printMessages } from "./messages.js";

/** When messages are colored. */
export type ColorWhen = "auto" | "always" | "never";

export function printDiagnostics(diagnostics: readonly Diagnostic[], color: ColorWhen): void {
  const colored = isColored(color);
  printMessages(diagnostics.map((each) => diagnosticText(each, colored)).join(""));
}

/** The diagnostic for a file that could not be read or written; anything else is thrown on. */
export function fileFault(error: unknown, file: string): Diagnostic[] {
  if (!(error instanceof FileError)) throw error;
  const diagnostics = new Diagnostics(file);
  diagnostics.error("file", error.message);
  return diagnostics.list();
}

function isColored(when: ColorWhen): boolean {
  if (when !== "auto") return when === "always";
  // https://no-color.org: set and not empty.
  return process.stderr.isTTY === true && !process.env.NO_COLOR;
}
