/**
 * Looks at all files of a batch before any is written: who is there, and which are one and the same.
 * What they must not be is src/batch's affair.
 */

import { lstatSync, realpathSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import {
  findConflicts,
  type Identities,
  isInShard,
  type Job,
  type JobOptions,
  type KeptFile,
  type PlacedJob,
  PlanFaults,
  parseManifest,
  type Shard,
} from "../batch/index.js";
import { type Diagnostic, Diagnostics, shellWord } from "../diagnostics.js";
import { asFileError, FileError, fileBehind, inputName, isFileError } from "./files.js";
import { readInput } from "./input-files.js";
import { filesAt } from "./symbol-files.js";

/** Jobs with the same sources of symbols, which are read and walked once. */
export interface JobGroup {
  readonly symbols: readonly string[];
  readonly jobs: readonly PlannedJob[];
}

export interface PlannedJob {
  readonly job: Job;
  /** Bytes of the input. */
  readonly size: number;
}

export interface Plan {
  readonly groups: readonly JobGroup[];
  /** What stands in the way of all of them. */
  readonly faults: readonly Diagnostic[];
}

export interface PlanOptions {
  readonly symbols: readonly string[];
  readonly options: JobOptions;
  /** The folder of outputs, if the files are modules and not a manifest. */
  readonly folder: string | undefined;
  readonly shard: Shard | undefined;
  readonly report: string | undefined;
}

/** Plans the jobs that are in `files`: modules, or one manifest. */
export async function planBatch(files: readonly string[], options: PlanOptions): Promise<Plan> {
  const { folder, symbols, shard, report } = options;
  const manifest = folder === undefined ? files[0]! : undefined;
  let jobs: readonly Job[];
  let faults: PlanFaults;
  if (manifest === undefined) {
    faults = new PlanFaults(undefined);
    jobs = files.map((input, i): Job => {
      const output = join(folder!, basename(input));
      const rest = { line: undefined, symbols, options: options.options };
      return { number: i + 1, input, output, ...rest };
    });
  } else {
    const diagnostics = new Diagnostics(inputName(manifest));
    faults = new PlanFaults(diagnostics);
    try {
      const { bytes } = await readInput(manifest);
      jobs = parseManifest(Buffer.from(bytes).toString(), options, diagnostics);
    } catch (error) {
      if (!isFileError(error)) throw error;
      diagnostics.error("file", error.message);
      jobs = [];
    }
  }
  const survey = new Survey(faults, folder);
  const kept: KeptFile[] = [];
  const keep = (what: string, path: string) => kept.push({ what, file: survey.identities(path) });
  if (manifest !== undefined) keep("the manifest", manifest);
  if (report !== undefined) keep("the report", report);
  const own = shard === undefined ? jobs : jobs.filter(({ output }) => isInShard(output, shard));
  const isOwn = new Set(own);
  const placed = jobs.map((job): PlacedJob => {
    // Of other shards neither inputs nor folders need be on this machine.
    if (isOwn.has(job)) survey.lookAt(job);
    return { job, input: survey.identities(job.input), output: survey.identities(job.output) };
  });
  const groups = new Map<string, PlannedJob[]>();
  for (const job of own) {
    const key = job.symbols.map((path) => survey.source(job, path)).sort();
    const name = JSON.stringify([...new Set(key)]);
    const group = groups.get(name) ?? [];
    groups.set(name, group);
    group.push({ job, size: survey.sizeOf(job.input) });
  }
  findConflicts(placed, [...kept, ...survey.sources], faults);
  if (report !== undefined) survey.checkReport(report, placed);
  return {
    groups: [...groups.values()].map((jobs) => ({ symbols: jobs[0]!.job.symbols, jobs })),
    faults: faults.list(),
  };
}

/** What the file system says of the files. */
class Survey {
  readonly #faults: PlanFaults;
  /** The folder that will be made, by its whole name. */
  readonly #made: string | undefined;
  readonly #folders = new Map<string, string>();
  readonly #missingFolders = new Set<string>();
  readonly #sources = new Map<string, { readonly place: string; readonly files: KeptFile[] }>();

  constructor(faults: PlanFaults, made: string | undefined) {
    this.#faults = faults;
    this.#made = made === undefined ? undefined : resolve(made);
  }

  /** The files that symbols are read from. */
  get sources(): KeptFile[] {
    return [...this.#sources.values()].flatMap(({ files }) => files);
  }

  /** All that tells a file from others: its place behind links, and what is there. */
  identities(path: string): Identities {
    const found = statusOf(path);
    const place = `place ${this.#place(path)}`;
    return found === undefined ? [place] : [place, `file ${found.dev} ${found.ino}`];
  }

  sizeOf(path: string): number {
    return statusOf(path)?.size ?? 0;
  }

  /** Adds an error if a job's input cannot be read, or its output not be written. */
  lookAt(job: Job): void {
    const fault = (what: string, path: string, message: string, notes: readonly string[] = []) => {
      const isNamed = path === job.input && this.#faults.name(job) === path;
      this.#faults.error(job, "file", isNamed ? message : `${what} ${path} ${message}`, notes);
    };
    try {
      if (!statSync(job.input).isFile()) {
        fault("input", job.input, "is no regular file, and a batch reads its inputs twice");
      }
    } catch (error) {
      fault("input", job.input, asFileError(error, "cannot be read").message);
    }
    const folder = dirname(job.output);
    try {
      if (job.output.endsWith("/")) {
        fault("output", job.output, "cannot be written: it is the name of a folder");
        return;
      }
      const found = statSync(job.output, { throwIfNoEntry: false });
      if (found?.isFile()) return;
      if (found !== undefined) {
        const what = found.isDirectory() ? "it is a folder" : "it is no regular file";
        fault("output", job.output, `cannot be written: ${what}`);
      } else if (resolve(folder) !== this.#made || isThere(folder)) {
        statSync(`${folder}/`);
      } else if (this.#made !== undefined) this.#checkMade(this.#made);
    } catch (error) {
      const { message } = asFileError(error, "cannot be written");
      // One missing folder is one fault, however many outputs go there.
      if (this.#missingFolders.has(folder)) return;
      this.#missingFolders.add(folder);
      const isMissing = message.endsWith("no such file or directory");
      fault("output", job.output, message, isMissing ? [`mkdir -p ${shellWord(folder)}`] : []);
    }
  }

  /** Throws if no folder can be made there. */
  #checkMade(folder: string): void {
    let above = dirname(resolve(folder));
    while (!isThere(above)) above = dirname(above);
    statSync(`${above}/`);
  }

  /** The place of a source of symbols; adds an error if it is not there, or can be read only once. */
  source(job: Job, path: string): string {
    const known = this.#sources.get(path);
    if (known !== undefined) return known.place;
    const place = this.#place(path);
    const files: KeptFile[] = [];
    this.#sources.set(path, { place, files });
    try {
      for (const file of filesAt(path)) {
        if (!statSync(file).isFile()) throw new FileError("is no regular file");
        const what = file === path ? `symbols ${path}` : `symbols ${file} in ${path}`;
        files.push({ what: `a source of ${what}`, file: this.identities(file) });
      }
    } catch (error) {
      const { message } = asFileError(error, "cannot be read");
      if (job.line === undefined) this.#faults.of(path).error("file", message);
      else this.#faults.error(job, "file", `symbols ${path} ${message}`);
    }
    return place;
  }

  /** A report is written while jobs are still to come. */
  checkReport(report: string, jobs: readonly PlacedJob[]): void {
    const own = this.identities(report);
    const isOwn = ({ file }: KeptFile) => file.some((identity) => own.includes(identity));
    const reader = jobs.find(({ input }) => isOwn({ what: "", file: input }));
    if (reader !== undefined) {
      const name = this.#faults.name(reader.job);
      const what = name === reader.job.input ? name : `the input of ${name}`;
      this.#faults.of(report).error("output-conflict", `the report is also ${what}`);
    }
    const source = this.sources.find(isOwn);
    if (source !== undefined) {
      this.#faults.of(report).error("output-conflict", `the report is also ${source.what}`);
    }
  }

  /** The absolute name without links, of a file that need not be there. */
  #place(path: string): string {
    let file = path;
    try {
      if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) file = fileBehind(path);
    } catch {
      // Nothing is behind it: it is told when it is to be read or written.
    }
    const whole = resolve(file);
    return join(this.#folder(dirname(whole)), basename(whole));
  }

  #folder(folder: string): string {
    const known = this.#folders.get(folder);
    if (known !== undefined) return known;
    let real: string;
    try {
      real = realpathSync(folder);
    } catch {
      const above = dirname(folder);
      real = above === folder ? folder : join(this.#folder(above), basename(folder));
    }
    this.#folders.set(folder, real);
    return real;
  }
}

function statusOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function isThere(path: string): boolean {
  return statusOf(path) !== undefined;
}
