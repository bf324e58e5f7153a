/**
 * A manifest has a job per line: `IN OUT LIST…`, words quoted as GNU's tools do, or a JSON object with
 * options. What a line does not say is taken from the command line.
 */

import type { Diagnostics } from "../diagnostics.js";
import {
  faultOfPatchedObject,
  faultOfStatedPosition,
  parseLateBinding,
} from "../livepatch/index.js";
import type { Job, JobOptions } from "./job.js";
import { splitWords } from "./words.js";

/** What goes for jobs that do not say otherwise. */
export interface JobDefaults {
  readonly symbols: readonly string[];
  readonly options: JobOptions;
}

/** The jobs of a manifest; adds an error for each line that makes no sense. */
export function parseManifest(text: string, defaults: JobDefaults, diagnostics: Diagnostics) {
  const jobs: Job[] = [];
  for (const [i, content] of text.split("\n").entries()) {
    const line = i + 1;
    const fault = (message: string, notes: readonly string[] = []) =>
      diagnostics.error("manifest-line", message, { line }, notes);
    const start = content.trimStart();
    const read = start.startsWith("{") ? readObject(start, fault) : readWords(content, fault);
    if (read === undefined) continue;
    const { input, output, symbols = defaults.symbols, ...said } = read;
    if (read.symbols === undefined && defaults.symbols.length === 0) {
      fault("there is neither a LIST nor --symbols", [
        'a line is IN OUT LIST, or {"in": IN, "out": OUT, "symbols": [LIST]}',
      ]);
      continue;
    }
    const { strict = false, ...lists } = said;
    const { options } = defaults;
    jobs.push({
      number: jobs.length + 1,
      line,
      input,
      output,
      symbols,
      options: {
        sympos: [...options.sympos, ...(lists.sympos ?? [])],
        lateBind: [...options.lateBind, ...(lists.lateBind ?? [])],
        patchedObjects: [...options.patchedObjects, ...(lists.patchedObjects ?? [])],
        strict: options.strict || strict,
      },
    });
  }
  if (jobs.length === 0 && !diagnostics.failed) {
    diagnostics.error("manifest-empty", "there is no job in it", {}, [
      "a job is a line IN OUT LIST",
    ]);
  }
  return jobs;
}

interface ReadLine extends Partial<JobOptions> {
  readonly input: string;
  readonly output: string;
  readonly symbols?: readonly string[];
}

type Fault = (message: string, notes?: readonly string[]) => void;

function readWords(content: string, fault: Fault): ReadLine | undefined {
  const { words, unclosed } = splitWords(content, { comments: true });
  if (unclosed !== undefined) {
    fault(`the quote ${unclosed} is not closed`, [
      "a name with a newline in it can be said in JSON only",
    ]);
    return undefined;
  }
  const [input, output, ...symbols] = words;
  if (input === undefined) return undefined;
  if (output === undefined) {
    fault(`there is only "${input}" when there should be IN OUT LIST`, [
      "a name with spaces in it stands between quotes",
    ]);
    return undefined;
  }
  if (words.includes("")) {
    fault("there is an empty name");
    return undefined;
  }
  return { input, output, ...(symbols.length > 0 && { symbols }) };
}

const LISTS = ["symbols", "sympos", "lateBind", "patchedObjects"] as const;
const KEYS = ["in", "out", ...LISTS, "strict"];

/** What is wrong with an item of a list, or undefined. */
const FAULT_OF_ITEM: Readonly<
  Record<(typeof LISTS)[number], (item: string) => string | undefined>
> = {
  symbols: (path) => (path === "" ? "there is an empty name" : undefined),
  sympos: faultOfStatedPosition,
  lateBind: (text) => {
    const binding = parseLateBinding(text);
    return typeof binding === "string" ? binding : undefined;
  },
  patchedObjects: faultOfPatchedObject,
};

function readObject(text: string, fault: Fault): ReadLine | undefined {
  let object: Readonly<Record<string, unknown>>;
  try {
    object = JSON.parse(text);
  } catch (error) {
    fault(`this is no JSON: ${(error as Error).message}`, [
      "an object stands in one line; a name that begins with { stands between quotes",
    ]);
    return undefined;
  }
  const faults = faultsOfObject(object);
  for (const each of faults) fault(each);
  if (faults.length > 0) return undefined;
  const { in: input, out: output, ...rest } = object;
  return { ...rest, input, output } as ReadLine;
}

function faultsOfObject(object: Readonly<Record<string, unknown>>): string[] {
  const faults = Object.keys(object)
    .filter((key) => !KEYS.includes(key))
    .map((key) => `"${key}" is none of ${KEYS.join(", ")}`);
  for (const key of ["in", "out"]) {
    const value = object[key];
    if (value === undefined) faults.push(`there is no "${key}"`);
    else if (typeof value !== "string" || value === "") faults.push(`"${key}" is no name`);
  }
  for (const key of LISTS) {
    const items = object[key];
    if (items === undefined) continue;
    if (!Array.isArray(items) || items.some((item) => typeof item !== "string")) {
      faults.push(`"${key}" is no list of strings`);
      continue;
    }
    for (const item of items as string[]) {
      const fault = FAULT_OF_ITEM[key](item);
      if (fault !== undefined) faults.push(`"${key}": ${fault}`);
    }
  }
  const { strict } = object;
  if (strict !== undefined && typeof strict !== "boolean") {
    faults.push('"strict" is neither true nor false');
  }
  return faults;
}
