// SPDX-License-Identifier: GPL-2.0-only

// What a batch reads: manifests make jobs or faults that say their lines, option files words, reports
// records or a fault; and what is written of them is read again as the same.

import {
  documentOf,
  findConflicts,
  type Job,
  type JobRecord,
  lineOfJob,
  lineOfSummary,
  mergeReports,
  missingShards,
  type NamedReport,
  PlanFaults,
  parseManifest,
  parseReport,
  type ReportFrame,
  splitWords,
} from "../../src/batch/index.js";
import { Diagnostics } from "../../src/diagnostics.js";
import { namesToLookUp } from "../../src/livepatch/index.js";
import type { Case } from "../cases.js";
import { claim } from "../fault.js";
import { timed } from "../limits.js";
import { claimSound, differenceOf } from "./convert.js";

/** As the command line reads it: what is no UTF-8 becomes U+FFFD. */
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString();

/** Tries manifests and option files, or reports if a case has several; returns what came of it. */
export function tryBatch({ sources }: Case): string {
  const texts = sources.map(({ bytes }) => textOf(bytes));
  if (sources[0]!.file.includes("manifest")) {
    tryWords(texts[0]!);
    return tryManifest(texts[0]!);
  }
  return tryReports(sources.map(({ file }, i) => ({ file: `${file} ${i}`, text: texts[i]! })));
}

const quoted = (word: string) => `'${word.replace(/['\\]/g, "\\$&")}'`;

function tryWords(text: string): void {
  const { words, unclosed } = timed("splitWords", () => splitWords(text));
  const again = splitWords(words.map(quoted).join("\n"));
  claimSame("words", words, again.words);
  claim(again.unclosed === undefined, "words", () => "quoted words are not closed");
  claim(unclosed === undefined || words.length > 0, "words", () => "an open quote is no word");
}

function claimSame(what: string, one: unknown, two: unknown): void {
  const [first, second] = [JSON.stringify(one), JSON.stringify(two)];
  claim(first === second, `the same ${what} again`, () => differenceOf(first, second));
}

const NO_OPTIONS = { sympos: [], lateBind: [], patchedObjects: [], strict: false };

function parse(text: string, symbols: readonly string[]) {
  const diagnostics = new Diagnostics("jobs");
  const defaults = { symbols, options: NO_OPTIONS };
  const jobs = timed("parseManifest", () => parseManifest(text, defaults, diagnostics));
  return { jobs, diagnostics };
}

function tryManifest(text: string): string {
  const { jobs, diagnostics } = parse(text, ["default"]);
  const lines = text.split("\n").length;
  claim(jobs.length > 0 || diagnostics.failed, "refusal", () => "neither a job nor an error");
  for (const { code, line } of diagnostics.list()) {
    const hasLine = line !== undefined && line >= 1 && line <= lines;
    claim(hasLine === (code === "manifest-line"), "lines", () => `${code} at ${line}`);
  }
  claimSound(diagnostics.list());
  let last = 0;
  for (const [i, { number, line, input, output, symbols, options }] of jobs.entries()) {
    claim(number === i + 1 && line! > last, "lines", () => `job ${number} at ${line}`);
    last = line!;
    claim(![input, output, ...symbols].includes(""), "names", () => `job ${number}`);
    // Options that a conversion takes, or it would throw.
    namesToLookUp(new Uint8Array(), options);
  }
  const described = jobs.map(({ input, output, symbols, options }) => {
    return `${JSON.stringify({ in: input, out: output, symbols, ...options })}\n`;
  });
  const plain = (all: readonly Job[]) => all.map(({ line: _, ...job }) => job);
  if (jobs.length > 0) claimSame("jobs", plain(jobs), plain(parse(described.join(""), []).jobs));
  tryPlan(jobs);
  tryRecords(jobs);
  return diagnostics.failed ? "a manifest refused" : "a manifest";
}

/** Two jobs have one output, or one's output is another's input: somebody says so. */
function tryPlan(jobs: readonly Job[]): void {
  const faults = new PlanFaults(new Diagnostics("jobs"));
  const placed = jobs.map((job) => ({ job, input: [job.input], output: [job.output] }));
  timed("findConflicts", () => findConflicts(placed, [], faults));
  const outputs = new Set(jobs.map(({ output }) => output));
  const isClean = outputs.size === jobs.length && jobs.every(({ input }) => !outputs.has(input));
  const told = faults.list();
  claim(isClean === (told.length === 0), "conflicts", () => `${told.length} are told`);
  claimSound(told);
}

/** Whatever jobs are called, their records are read as they were written. */
function tryRecords(jobs: readonly Job[]): void {
  const records = jobs.map(({ number, line, options, ...files }): JobRecord => {
    const { input, output, symbols } = files;
    const digests = { symbols: null, input: "sha256:1", output: null };
    const made = { outcome: "refused", upToDate: false, key: null, digests } as const;
    const head = { job: number, line: line ?? null, input, output, symbols };
    return { ...head, ...options, ...made, diagnostics: [] };
  });
  const none = { converted: 0, unchanged: 0, failed: 0, upToDate: 0, notBegun: 0 };
  const counts = { jobs: records.length, ...none, refused: records.length, interrupted: null };
  claimReadAgain({ version: "1", shards: [], symbolSources: [], summary: counts }, records);
}

function claimReadAgain(frame: ReportFrame, jobs: readonly JobRecord[]): void {
  const made = jobs.map((job) => JSON.stringify(job));
  const forms = [
    [...documentOf(frame, made)].join(""),
    [...jobs.map(lineOfJob), lineOfSummary(frame)].join(""),
  ];
  const { version, shards, symbolSources, summary } = frame;
  for (const text of forms) {
    const diagnostics = new Diagnostics("report");
    const read = parseReport(text, diagnostics);
    claimSame("messages", diagnostics.list(), []);
    claimSame("jobs", read?.jobs, jobs);
    claimSame("version", read?.version, version);
    claimSame("shards", read?.shards, shards);
    claimSame("sources", read?.symbolSources, symbolSources);
    const keys = Object.keys(summary) as (keyof typeof summary)[];
    const pick = (from: typeof summary | undefined) => keys.map((key) => from?.[key]);
    claimSame("summary", pick(read?.summary), pick(summary));
  }
}

function tryReports(texts: readonly { readonly file: string; readonly text: string }[]): string {
  const all: Diagnostics[] = [];
  const diagnosticsOf = (file: string) => {
    const diagnostics = new Diagnostics(file);
    all.push(diagnostics);
    return diagnostics;
  };
  const reports: NamedReport[] = [];
  for (const { file, text } of texts) {
    const diagnostics = diagnosticsOf(file);
    const report = timed("parseReport", () => parseReport(text, diagnostics));
    const isRefused = report === undefined;
    claim(isRefused === diagnostics.failed, "refusal", () => `${file}: a report and an error`);
    if (report !== undefined) reports.push({ file, report });
  }
  const merged = timed("mergeReports", () => mergeReports(reports, diagnosticsOf));
  claimSound(all.flatMap((each) => each.list()));
  if (merged === undefined) return "reports refused";
  const isSaid = (shard: string) => typeof shard === "string";
  claim(missingShards(merged).every(isSaid), "shards", () => "of another kind");
  const { jobs, ...frame } = merged;
  claimReadAgain(frame, jobs);
  const twice = mergeReports([{ file: "merged", report: merged }], diagnosticsOf);
  claimSame("report", twice, merged);
  return `${reports.length} reports merged`;
}
