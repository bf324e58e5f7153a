/** What is printed when this program itself is at fault. */

import { visible } from "./diagnostic-text.js";

/** One line that names the file and says what to do; the stack trace only with --debug. */
export function internalFaultText(error: unknown, argv: readonly string[]): string {
  const file = argv.find((each) => !each.startsWith("-") && each !== "convert") ?? "no file";
  const message = error instanceof Error ? error.message : String(error);
  if (argv.includes("--debug") && error instanceof Error && error.stack !== undefined) {
    return `klp-convert: internal error: ${visible(file)}: ${error.stack}\n`;
  }
  return `klp-convert: internal error: ${visible(`${file}: ${message}`)}; this is a fault of klp-convert: run it again with --debug and report what it prints, with the file\n`;
}
