/** What is printed when this program itself is at fault. */

import { visible } from "./diagnostic-text.js";

/** One line that names the file and says what to do; with `debug` the stack trace instead. */
export function internalFaultText(error: unknown, file: string, debug: boolean): string {
  const message = error instanceof Error ? error.message : String(error);
  const head = `klp-convert: internal error: ${visible(file)}: `;
  if (debug && error instanceof Error && error.stack !== undefined) {
    return `${head}${error.stack.split("\n").map(visible).join("\n")}\n`;
  }
  return `${head}${visible(message)}; this is a fault of klp-convert: please report it to its maintainers, with the file and what --debug prints\n`;
}
