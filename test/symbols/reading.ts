// SPDX-License-Identifier: GPL-2.0-only

// Sources of symbols in, lists and messages out, as tests write them down.

import { expect } from "vitest";
import type { Diagnostic } from "../../src/diagnostics.js";
import {
  type ListOptions,
  SymbolSources,
  type SymbolSourcesOptions,
} from "../../src/symbols/index.js";

/** Bytes of which each is a character of `text`. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

/** Lines, each with its newline. */
export function linesOf(...lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

/** A message without the parts that are empty. */
export type Said = Omit<Diagnostic, "notes"> & { readonly notes?: readonly string[] };

export function saidBy(diagnostics: readonly Diagnostic[]): Said[] {
  return diagnostics.map(({ notes, ...rest }) => (notes.length === 0 ? rest : { ...rest, notes }));
}

/** Sources by the names of their files: texts of one character per byte, or bytes. */
export type Given = Readonly<Record<string, string | Uint8Array>>;

export function sourcesOf(given: Given, options: SymbolSourcesOptions = {}): SymbolSources {
  const sources = new SymbolSources(options);
  for (const [file, content] of Object.entries(given)) {
    sources.add({ file, bytes: typeof content === "string" ? bytesOf(content) : content });
  }
  return sources;
}

export interface Outcome {
  /** The list as text, or undefined if there is none. */
  readonly list: string | undefined;
  readonly said: readonly Said[];
}

/** The list made from sources, and all that was said on the way. */
export function listOf(given: Given, options: SymbolSourcesOptions & ListOptions = {}): Outcome {
  const { release, ...listOptions } = options;
  const sources = sourcesOf(given, release === undefined ? {} : { release });
  const written = sources.list(listOptions);
  const list = written?.pieces.map(textOf).join("");
  const said = saidBy(sources.diagnostics);
  // Either there is a list, or an error that says why not.
  expect(said.some(({ severity }) => severity === "error")).toBe(list === undefined);
  return { list, said };
}

/** The lines behind the header of a list that nothing is to be said about, in format 0.2. */
export function linesOf02(given: Given, options: SymbolSourcesOptions = {}): string[] {
  const { list, said } = listOf(given, { ...options, format: "0.2" });
  expect(said).toEqual([]);
  const lines = list!.split("\n");
  expect(lines.pop()).toBe("");
  return lines.slice(1);
}

/** The messages of a source that is refused; they must all be about it. */
export function refusalOf(
  content: string | Uint8Array,
  options: SymbolSourcesOptions = {},
): Omit<Said, "severity" | "file">[] {
  const { list, said } = listOf({ source: content }, options);
  expect(list).toBeUndefined();
  return said.map(({ severity, file, ...fault }) => {
    expect({ severity, file }).toEqual({ severity: "error", file: "source" });
    return fault;
  });
}
