/** A line on a terminal that tells how far a long run is. */

import { printMessages } from "./messages.js";

/** Milliseconds before the line appears, and between two states of it. */
const APPEARS_AFTER = 1000;
const CHANGES_AFTER = 100;
const ERASE_LINE = "\r\x1b[K";

export class Progress {
  readonly #started = performance.now();
  readonly #isTerminal = process.stderr.isTTY === true;
  #shown = 0;

  /** Shows `text` in place of what was shown before, if the run takes more than a second. */
  show(text: string): void {
    if (!this.#isTerminal) return;
    const now = performance.now();
    if (now - this.#started < APPEARS_AFTER || now - this.#shown < CHANGES_AFTER) return;
    this.#shown = now;
    printMessages(`${ERASE_LINE}klp-convert: ${text}`);
  }

  /** Takes the line away; what is shown later appears anew. */
  end(): void {
    if (this.#shown > 0) printMessages(ERASE_LINE);
    this.#shown = 0;
  }
}
