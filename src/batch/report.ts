/**
 * What became of a batch, as data: a record for each job, and a summary. As a file it is one JSON
 * document, or a line of JSON for each job as it ends, and a last one for the summary.
 */

import type { Diagnostic, Diagnostics } from "../diagnostics.js";
import { JOB_OUTCOMES, type Job, type JobOptions, type JobOutcome } from "./job.js";
import { type Fields, FRAME_FIELDS, isObject, readJobRecord } from "./report-fields.js";

export const BATCH_SCHEMA = "klp-convert-batch-report";
/** Changes when a field changes its meaning. */
const SCHEMA_VERSION = 1;

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
export type ReportFrame = Omit<BatchReport, "jobs">;

export function recordOfJob(
  job: Job,
  result: JobResult & { readonly key: string | null; readonly upToDate: boolean },
  symbolsDigest: string | null,
): JobRecord {
  const { number, line, input, output, symbols, options } = job;
  const { outcome, upToDate, key, inputDigest, outputDigest, diagnostics } = result;
  const digests = { symbols: symbolsDigest, input: inputDigest, output: outputDigest };
  return {
    job: number,
    line: line ?? null,
    input,
    output,
    symbols,
    ...options,
    outcome,
    upToDate,
    key,
    digests,
    diagnostics,
  };
}

const HEAD = { schema: BATCH_SCHEMA, schemaVersion: SCHEMA_VERSION };

/** A job's line, with its newline. */
export function lineOfJob(record: JobRecord): string {
  return `${JSON.stringify({ ...HEAD, record: "job", ...record })}\n`;
}

/** The last line. */
export function lineOfSummary({ version, shards, symbolSources, summary }: ReportFrame): string {
  const rest = { version, shards, symbolSources, ...summary };
  return `${JSON.stringify({ ...HEAD, record: "summary", ...rest })}\n`;
}

/** The document in pieces, so that nobody has to have all of it; `jobs` are made by JSON.stringify. */
export function* documentOf(
  { version, shards, symbolSources, summary }: ReportFrame,
  jobs: Iterable<string>,
): Iterable<string> {
  const head = JSON.stringify({ ...HEAD, version, shards });
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
  const objects = objectsOf(text, diagnostics);
  if (objects === undefined) return undefined;
  const [first] = objects;
  if (first?.schema !== BATCH_SCHEMA && text !== "") {
    diagnostics.error("report", `this is no report of a batch: its schema is not ${BATCH_SCHEMA}`);
    return undefined;
  }
  const other = objects.find(({ schemaVersion }) => schemaVersion !== SCHEMA_VERSION);
  if (other !== undefined) {
    const { schemaVersion } = other;
    const found = Number.isSafeInteger(schemaVersion) ? String(schemaVersion) : "no whole number";
    diagnostics.error(
      "report",
      `the report's schemaVersion is ${found} when it should be ${SCHEMA_VERSION}`,
      {},
      ["it was made by another version of klp-convert"],
    );
    return undefined;
  }
  const isDocument = first !== undefined && first.record === undefined;
  const said = isDocument ? first.jobs : objects.filter(({ record }) => record === "job");
  const jobs = Array.isArray(said) ? said.map(readJobRecord) : [undefined];
  if (!jobs.every((job) => job !== undefined)) {
    diagnostics.error("report", "the report is damaged: it has jobs without a job's fields");
    return undefined;
  }
  const frame = isDocument ? documentFrame(first) : frameOfLines(objects);
  if (frame === undefined) return { jobs };
  const read: Record<string, unknown> = {};
  for (const [field, readField] of Object.entries(FRAME_FIELDS)) {
    read[field] = readField(frame[field]);
    if (read[field] !== undefined) continue;
    diagnostics.error(
      "report",
      `the report is damaged: its "${field}" is not as a batch writes it`,
    );
    return undefined;
  }
  return { ...(read as Omit<BatchReport, "jobs">), jobs };
}

/** All of a document but its jobs; undefined if it has no summary. */
function documentFrame(document: Fields): Fields | undefined {
  return document.summary === undefined ? undefined : document;
}

/** The same of lines, of which the last has the summary; undefined if that is missing. */
function frameOfLines(objects: readonly Fields[]): Fields | undefined {
  const last = objects.filter(({ record }) => record === "summary").at(-1);
  return last && { ...last, summary: last };
}

/**
 * The document, or the objects of all lines; a last line that was cut off does not count. Adds an error
 * for another that is none.
 */
function objectsOf(text: string, diagnostics: Diagnostics): Fields[] | undefined {
  const whole = parsed(text);
  if (whole !== undefined) return [whole].filter(isObject);
  const objects: Fields[] = [];
  const lines = text.split("\n");
  for (const [i, content] of lines.entries()) {
    const object = parsed(content);
    const line = i + 1;
    if (isObject(object)) objects.push(object);
    // Half a line is there when its writer was killed. Of another file the first line is none.
    else if (line === lines.length || i === 0) break;
    else {
      diagnostics.error("report", "the report is damaged: this is no object of JSON", { line });
      return undefined;
    }
  }
  return objects;
}

/** What a text of JSON says; undefined if it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
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
