/**
 * What became of a batch, as data: a record for each job, and a summary. As a file it is one JSON
 * document, or a line of JSON for each job as it ends, and a last one for the summary.
 */

import type { Diagnostic, Diagnostics } from "../diagnostics.js";
import { VERSION } from "../version.js";
import type { Job, JobOptions } from "./job.js";
import { parseShard } from "./shard.js";

export const BATCH_SCHEMA = "klp-convert-batch-report";
/** Changes when a field changes its meaning. */
const SCHEMA_VERSION = 1;

export type JobOutcome = "converted" | "unchanged" | "refused" | "failed";
export const JOB_OUTCOMES: readonly JobOutcome[] = ["converted", "unchanged", "refused", "failed"];

/** How a job ended. */
export interface JobResult {
  readonly outcome: JobOutcome;
  /** Null if the file could not be read. */
  readonly inputDigest: string | null;
  /** Null if there is no output. */
  readonly outputDigest: string | null;
  readonly diagnostics: readonly Diagnostic[];
}

export interface JobRecord extends JobOptions {
  readonly job: number;
  readonly line: number | null;
  readonly input: string;
  readonly output: string;
  readonly symbols: readonly string[];
  readonly outcome: JobOutcome;
  /** It was so before this run. */
  readonly upToDate: boolean;
  /** See keyOfJob; null if the file could not be read. */
  readonly key: string | null;
  readonly digests: {
    readonly symbols: string | null;
    readonly input: string | null;
    readonly output: string | null;
  };
  readonly diagnostics: readonly Diagnostic[];
}

/** What is said of sources once for all jobs. */
export interface ListRecord {
  readonly symbols: readonly string[];
  readonly digest: string | null;
  readonly diagnostics: readonly Diagnostic[];
}

export type JobCounts = Readonly<Record<JobOutcome, number>> & {
  readonly jobs: number;
  readonly upToDate: number;
  readonly notBegun: number;
};

export interface Summary extends JobCounts {
  /** The signal that ended the run before its time. */
  readonly interrupted: string | null;
}

export interface BatchReport {
  readonly version: string;
  /** Parts `I/N` of the batch that it is about; none if it is about all. */
  readonly shards: readonly string[];
  readonly symbolSources: readonly ListRecord[];
  readonly jobs: readonly JobRecord[];
  readonly summary: Summary;
}

/** All of a report but its jobs. */
export type ReportFrame = Omit<BatchReport, "jobs" | "version">;

export function recordOfJob(
  job: Job,
  result: JobResult & { readonly key: string | null; readonly upToDate: boolean },
  symbolsDigest: string | null,
): JobRecord {
  const { number, line, input, output, symbols, options } = job;
  const { outcome, upToDate, key, inputDigest, outputDigest, diagnostics } = result;
  const digests = { symbols: symbolsDigest, input: inputDigest, output: outputDigest };
  const files = { job: number, line: line ?? null, input, output, symbols };
  return { ...files, ...options, outcome, upToDate, key, digests, diagnostics };
}

const HEAD = { schema: BATCH_SCHEMA, schemaVersion: SCHEMA_VERSION };

/** A job's line, with its newline. */
export function lineOfJob(record: JobRecord): string {
  return `${JSON.stringify({ ...HEAD, record: "job", ...record })}\n`;
}

/** The last line. */
export function lineOfSummary({ shards, symbolSources, summary }: ReportFrame): string {
  const rest = { version: VERSION, shards, symbolSources, ...summary };
  return `${JSON.stringify({ ...HEAD, record: "summary", ...rest })}\n`;
}

/** The document in pieces, so that nobody has to have all of it; `jobs` are made by JSON.stringify. */
export function* documentOf(
  { shards, symbolSources, summary }: ReportFrame,
  jobs: Iterable<string>,
): Iterable<string> {
  const head = JSON.stringify({ ...HEAD, version: VERSION, shards });
  yield `${head.slice(0, -1)},\n"jobs":[`;
  let separator = "\n";
  for (const job of jobs) {
    yield separator + job;
    separator = ",\n";
  }
  yield `\n],\n"symbolSources":${JSON.stringify(symbolSources)},\n"summary":${JSON.stringify(summary)}}\n`;
}

/** A report that was read; of one that was cut off only some jobs are there. */
export type ReadReport = Pick<BatchReport, "jobs"> & Partial<BatchReport>;

/** Reads a report in either form; undefined, with an error added, if it is none. */
export function parseReport(text: string, diagnostics: Diagnostics): ReadReport | undefined {
  const objects = objectsOf(text);
  const [first] = objects;
  if (first?.schema !== BATCH_SCHEMA && text !== "") {
    diagnostics.error("report", `this is no report of a batch: its schema is not ${BATCH_SCHEMA}`);
    return undefined;
  }
  const other = objects.find(({ schemaVersion }) => schemaVersion !== SCHEMA_VERSION);
  if (other !== undefined) {
    const found = JSON.stringify(other.schemaVersion);
    diagnostics.error(
      "report",
      `the report's schemaVersion is ${found} when it should be ${SCHEMA_VERSION}`,
      {},
      ["it was made by another version of klp-convert"],
    );
    return undefined;
  }
  const isDocument = first !== undefined && first.record === undefined;
  const jobs = isDocument ? first.jobs : objects.filter(({ record }) => record === "job");
  if (!Array.isArray(jobs) || !jobs.every(isRecord)) {
    diagnostics.error("report", "the report is damaged: it has jobs without a job's fields");
    return undefined;
  }
  const clean = jobs.map(({ schema: _, schemaVersion: __, record: ___, ...job }) => job);
  const last = objects.filter(({ record }) => record === "summary").at(-1);
  if (!isDocument && last === undefined) return { jobs: clean as unknown as JobRecord[] };
  const frame = isDocument ? first : frameOfLine(last!);
  const damaged = Object.entries(FRAME).find(([field, isWell]) => !isWell(frame[field]));
  if (damaged !== undefined) {
    diagnostics.error("report", `the report is damaged: no batch has written its ${damaged[0]}`);
    return undefined;
  }
  return { ...frame, jobs: clean } as unknown as BatchReport;
}

function frameOfLine({ schema: _, schemaVersion: __, record: ___, ...fields }: Fields): Fields {
  const { version, shards, symbolSources, ...summary } = fields;
  return { version, shards, symbolSources, summary };
}

/** What the fields beside the jobs have to be, for those who read them. */
const FRAME: Readonly<Record<string, (value: unknown) => boolean>> = {
  version: isString,
  shards: (value) => isListOf(value, (each) => isString(each) && isShard(each)),
  symbolSources: (value) =>
    isListOf(
      value,
      (each) =>
        isObject(each) &&
        isListOf(each.symbols, isString) &&
        (each.digest === null || isString(each.digest)),
    ),
  summary: (value) =>
    isObject(value) &&
    typeof value.notBegun === "number" &&
    (value.interrupted === null || isString(value.interrupted)),
};

function isString(value: unknown): value is string {
  return typeof value === "string";
}

function isShard(text: string): boolean {
  return typeof parseShard(text) !== "string";
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}

type Fields = Readonly<Record<string, unknown>>;

/** The document, or the objects of all lines; a last line that was cut off does not count. */
function objectsOf(text: string): Fields[] {
  try {
    return [JSON.parse(text)].filter(isObject);
  } catch {
    const objects: Fields[] = [];
    for (const line of text.split("\n")) {
      try {
        const object: unknown = JSON.parse(line);
        if (isObject(object)) objects.push(object);
      } catch {
        // Half a line was written when its writer was killed.
      }
    }
    return objects;
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isRecord(value: unknown): value is Fields {
  if (!isObject(value)) return false;
  const { job, output, outcome, digests } = value;
  return (
    typeof job === "number" &&
    typeof output === "string" &&
    JOB_OUTCOMES.includes(outcome as JobOutcome) &&
    isObject(digests)
  );
}

/** Counts as they come, for a summary. */
export class Counts {
  readonly #by: Record<JobOutcome, number> = { converted: 0, unchanged: 0, refused: 0, failed: 0 };
  #upToDate = 0;

  add({ outcome, upToDate }: Pick<JobRecord, "outcome" | "upToDate">): void {
    this.#by[outcome]++;
    if (upToDate) this.#upToDate++;
  }

  get ended(): number {
    return JOB_OUTCOMES.reduce((sum, outcome) => sum + this.#by[outcome], 0);
  }

  get failed(): number {
    return this.#by.refused + this.#by.failed;
  }

  of(jobs: number): JobCounts {
    return { jobs, ...this.#by, upToDate: this.#upToDate, notBegun: jobs - this.ended };
  }
}
