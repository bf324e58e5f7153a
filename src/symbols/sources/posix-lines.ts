/**
 * Reads what `nm -f posix` prints: `NAME TYPE VALUE SIZE`, the last two hexadecimal and absent for
 * undefined symbols. It is sorted by name, so the kernel's order is made from the values; a list
 * without them has lost it.
 */

import { nameOfBytes } from "../../byte-string.js";
import type { Diagnostics } from "../../diagnostics.js";
import type { ObjectPart } from "../object-part.js";
import { AddressTable } from "./address-table.js";
import { nmPart } from "./nm-part.js";
import type { ReadOptions } from "./source.js";
import { countLines, eachTextLine, highHalf, isType, lowHalf, skip } from "./text-lines.js";

/** Reads a text of such lines. Throws Refusal. */
export function readPosixText(
  bytes: Uint8Array,
  options: ReadOptions,
  diagnostics: Diagnostics,
): ObjectPart {
  const table = new AddressTable(bytes, countLines(bytes));
  const undefinedNames = new Set<string>();
  let digits = 8;
  let withoutValue: number | undefined;
  eachTextLine(bytes, diagnostics, (line, start, end) => {
    const nameEnd = skip(bytes, start, end, false);
    const type = skip(bytes, nameEnd, end, true);
    const typeEnd = skip(bytes, type, end, false);
    const value = skip(bytes, typeEnd, end, true);
    const valueEnd = skip(bytes, value, end, false);
    const size = skip(bytes, valueEnd, end, true);
    const sizeEnd = skip(bytes, size, end, false);
    const low = lowHalf(bytes, value, valueEnd);
    const high = highHalf(bytes, value, valueEnd);
    const isUndefined =
      isType(bytes, type, typeEnd) && /[UwvN]/.test(String.fromCharCode(bytes[type]!));
    if (
      nameEnd === start ||
      (typeEnd > type && !isType(bytes, type, typeEnd)) ||
      (valueEnd > value && (low < 0 || high < 0)) ||
      skip(bytes, sizeEnd, end, true) < end
    ) {
      const shown = nameOfBytes(bytes, start, Math.min(end, start + 80));
      diagnostics.error("source-line", `"${shown}" is not NAME TYPE VALUE SIZE`, { line });
    } else if (valueEnd === value) {
      undefinedNames.add(nameOfBytes(bytes, start, nameEnd));
      if (!isUndefined) withoutValue ??= line;
    } else {
      if (high > 0) digits = 16;
      table.add(high, low, bytes[type]!, start, nameEnd, 0);
    }
  });
  diagnostics.throwIfFailed();
  if (withoutValue !== undefined) {
    diagnostics.error(
      "source-order",
      "names without values have lost the kernel's order: livepatch counts homonyms by address",
      { line: withoutValue },
      ["give the output of nm -f posix with its value column, or nm -n vmlinux, or vmlinux itself"],
    );
    diagnostics.refuse();
  }
  return nmPart(table, undefinedNames, digits, options, diagnostics);
}
