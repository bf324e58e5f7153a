/**
 * The last look at what conversion has made, before it gets its name: a fault of this program shall
 * not become one of a kernel.
 */

import { checkOutput } from "../check/index.js";
import type { PartialBytes } from "../elf/index.js";
import { placeText } from "./findings-text.js";

/** Holds a result against the rules before anybody sees it; throws Error if it breaks one. */
export function throwIfWrong(
  output: Uint8Array | PartialBytes,
  input: Uint8Array | PartialBytes,
): void {
  const [first, ...others] = checkOutput(output, input);
  if (first === undefined) return;
  const more = others.length === 0 ? "" : `, and ${others.length} more`;
  throw new Error(
    `the result breaks rule ${first.rule}: ${placeText(first)}${first.message}${more}; nothing was written`,
  );
}
