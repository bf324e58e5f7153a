// SPDX-License-Identifier: GPL-2.0-only

// What a conversion said and did, as lines that tests compare.

import {
  type ConvertOptions,
  type ConvertResult,
  convert,
  type Diagnostic,
} from "../../src/index.js";
import { buildIntermediate, type Intermediate } from "./intermediate.js";

/** A module whose .text uses each of `names` once. */
export function uses(...names: readonly string[]): Intermediate {
  return { undefined: names, uses: { ".text": names } };
}

/** Converts a module with the symbols of a list, given as its text; without one if absent. */
export function run(
  module: Intermediate,
  list: string | undefined,
  options: Omit<ConvertOptions, "file" | "symbols"> = {},
): ConvertResult {
  const symbols = list === undefined ? {} : { symbols: { file: "list", bytes: bytesOf(list) } };
  return convert(buildIntermediate(module), { file: "in.ko", ...symbols, ...options });
}

/** A symbols list in format 0.2; `facts` are its header's. */
export function listOf(facts: string, ...lines: readonly string[]): string {
  const header = `klp-convert-symbol-data.0.2${facts === "" ? "" : ` ${facts}`}`;
  return [header, ...lines].map((line) => `${line}\n`).join("");
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

/**
 * The diagnostics but for the note that the patch is unknown: few of these modules have one, and the
 * tests of the patch look for it themselves.
 */
export function withoutPatchNote(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return diagnostics.filter(({ code }) => code !== "patch-unknown");
}

/** Each message with its place and notes, as lines; without that about the patch. */
export function messages({ diagnostics }: Pick<ConvertResult, "diagnostics">): string[] {
  return withoutPatchNote(diagnostics).flatMap(
    ({ severity, code, section, offset, message, notes }) => {
      const place = section === undefined ? "" : `${section}+${offset ?? "?"}: `;
      return [`${severity} ${code}: ${place}${message}`, ...notes.map((note) => `  ${note}`)];
    },
  );
}

/** The names in the result of what became a livepatch symbol, with the reason. */
export function livepatchNames({ report }: ConvertResult): string[] {
  return report.symbols.flatMap(({ livepatchName, why }) =>
    livepatchName === undefined ? [] : [`${livepatchName}: ${why}`],
  );
}
