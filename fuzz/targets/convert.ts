// SPDX-License-Identifier: GPL-2.0-only

// convert: refused with an error and without an output, or a sound module that has all that its input
// had; and the same whatever lies around the input.

import { checkOutput } from "../../src/check/index.js";
import { diagnosticText } from "../../src/cli/diagnostic-text.js";
import { type Diagnostic, Diagnostics } from "../../src/diagnostics.js";
import { readElf, writeElf } from "../../src/elf/index.js";
import {
  type ConvertOptions,
  type ConvertResult,
  convert,
  SymbolSources,
} from "../../src/index.js";
import type { Case } from "../cases.js";
import { claim } from "../fault.js";
import { FILLINGS, type Filling, Guarded } from "../guarded.js";
import { timed } from "../limits.js";
import { claimVisible } from "../printed.js";
import { claimRelocationsKept } from "../relocations-kept.js";
import { claimConvertedAlike } from "./shared.js";

/** Tries it; returns what came of it, in a word or two. */
export function tryConvert(tried: Case): string {
  const [first, second] = FILLINGS;
  const result = run(tried, first);
  const again = run(tried, second);
  claim(summaryOf(result) === summaryOf(again), "the same result again", () =>
    differenceOf(summaryOf(result), summaryOf(again)),
  );
  const { output, report, diagnostics } = result;
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  claim(
    (output === undefined) === errors.length > 0 &&
      (output === undefined) === (report.outcome === "refused"),
    "refusal",
    () =>
      `outcome ${report.outcome}, ${errors.length} errors, ${output === undefined ? "no output" : "an output"}`,
  );
  claimSound(diagnostics);
  claimConvertedAlike(tried, result);
  if (output === undefined) return `refused: ${errors[0]!.code}`;
  const input = tried.module.bytes;
  if (report.outcome === "unchanged") {
    claim(Buffer.compare(output, input) === 0, "unchanged", () => "the output is not the input");
    return "unchanged";
  }
  const broken = timed("checkOutput", () => checkOutput(output, input));
  claim(broken.length === 0, "structure", () =>
    broken.map(({ rule, section, message }) => `${rule} ${section}: ${message}`).join("\n"),
  );
  claimRelocationsKept(input, output);
  claimWrittenAgain(output);
  claimConvertedAgain(tried, output);
  return "converted";
}

function run(tried: Case, filling: Filling): ConvertResult {
  const { module, sources, options } = tried;
  const input = new Guarded(module.bytes, filling);
  const files = sources.map(({ file, bytes }) => ({ file, guarded: new Guarded(bytes, filling) }));
  const { kernel: _, ...rest } = options;
  const result = timed("convert", () => {
    const given = files.map(({ file, guarded }) => ({ file, bytes: guarded.view }));
    return convert(input.view, { file: module.file, ...rest, ...symbolsOf(given) });
  });
  input.claimUntouched();
  for (const { guarded } of files) guarded.claimUntouched();
  return result;
}

function symbolsOf(
  given: readonly { readonly file: string; readonly bytes: Uint8Array }[],
): Pick<ConvertOptions, "symbols"> {
  const [only, ...others] = given;
  if (only === undefined) return {};
  if (others.length === 0) return { symbols: only };
  const symbols = new SymbolSources();
  for (const each of given) symbols.add(each);
  return { symbols };
}

function summaryOf({ output, report, diagnostics }: ConvertResult): string {
  const bytes = output && Buffer.from(output).toString("latin1");
  return JSON.stringify({ report, diagnostics, bytes });
}

export function differenceOf(one: string, two: string): string {
  let at = 0;
  while (one[at] === two[at]) at++;
  const around = (text: string) => text.slice(Math.max(0, at - 60), at + 60);
  return `${around(one)}\nbecame\n${around(two)}`;
}

/** Every message is one that can be told, and a terminal does not obey it. */
export function claimSound(diagnostics: readonly Diagnostic[]): void {
  for (const each of diagnostics) {
    const { code, message, notes } = each;
    claimVisible(diagnosticText(each, false));
    claim(/^[a-z0-9-]+$/.test(code) && message !== "", "messages", () => `${code}: ${message}`);
    const told = [message, ...notes].join("\n");
    claim(!/\bNaN\b|\[object |Infinity/.test(told), "messages", () => told);
  }
}

function claimWrittenAgain(output: Uint8Array): void {
  const diagnostics = new Diagnostics("output");
  const written = writeElf(readElf(output, diagnostics), diagnostics);
  claim(
    Buffer.compare(written, output) === 0 && diagnostics.list().length === 0,
    "written again",
    () => "the output is written otherwise when it was read",
  );
}

function claimConvertedAgain({ sources, options }: Case, output: Uint8Array): void {
  // Positions that were stated have nothing left to speak of.
  const { sympos: _, kernel: __, ...rest } = options;
  const given = sources.map(({ file, bytes }) => ({ file, bytes }));
  const again = convert(output, { ...rest, ...symbolsOf(given) });
  claim(
    again.output === output,
    "converted again",
    () => `${again.report.outcome}: ${again.diagnostics.map(({ message }) => message).join("; ")}`,
  );
}
