/** `klp-convert batch`: many modules in, many out, and an account of them. */

import { availableParallelism } from "node:os";
import pLimit from "p-limit";
import {
  Counts,
  digestOf,
  type Job,
  type JobRecord,
  type JobResult,
  keyOfJob,
  type ListRecord,
  parseReport,
  recordOfJob,
  type Shard,
} from "../batch/index.js";
import { counted, type Diagnostic, Diagnostics } from "../diagnostics.js";
import type { SharedSymbols } from "../symbols/index.js";
import { VERSION } from "../version.js";
import { type JobGroup, type Plan, type PlannedJob, planBatch } from "./batch-plan.js";
import { openReport, type ReportFile } from "./batch-report-file.js";
import { type KnownSources, knownSources, shareSymbols, UNKNOWN_SOURCES } from "./batch-symbols.js";
import { type ColorWhen, fileFault, printDiagnostics } from "./console-output.js";
import { visible } from "./diagnostic-text.js";
import {
  FATAL_SIGNALS,
  type FileError,
  fileBehind,
  isFileError,
  temporaryBeside,
} from "./files.js";
import { readFileNow, readInTurn } from "./input-files.js";
import { internalFaultText } from "./internal-fault.js";
import { Jobserver, joinJobserver } from "./jobserver.js";
import { Lanes } from "./lanes.js";
import { MadeFolder } from "./made-folder.js";
import { printMessages } from "./messages.js";
import { Progress } from "./progress.js";
import { optimiseLater } from "./v8-budget.js";

export interface BatchCommandOptions {
  readonly output?: string;
  readonly symbols?: readonly string[];
  readonly sympos?: readonly string[];
  readonly lateBind?: readonly string[];
  readonly patchedObject?: readonly string[];
  readonly strict?: boolean;
  readonly shard?: Shard;
  readonly resume?: string;
  readonly jobs?: number;
  readonly failFast?: boolean;
  readonly report?: string;
  readonly color: ColorWhen;
  readonly debug?: boolean;
}

/**
 * Work that is worth starting threads for, in jobs; and bytes that are as much work as one. V8 has to make
 * all code fast again for each thread: of 200 jobs to 1,000 a second one cost half a second of CPU and more.
 */
const JOBS_FOR_THREADS = 192;
const BYTES_OF_A_JOB = 250_000;
/** Files that are read at once to see whether their jobs are up to date. */
const READ_AT_ONCE = 8;
/** Failed jobs that are named at the end. */
const NAMED_MOST = 100;

/** Runs a batch and returns the exit status: 0 all is done, 1 something is not. */
export async function runBatch(
  files: readonly string[],
  options: BatchCommandOptions,
): Promise<number> {
  try {
    const plan = await planBatch(files, {
      symbols: options.symbols ?? [],
      options: {
        sympos: options.sympos ?? [],
        lateBind: options.lateBind ?? [],
        patchedObjects: options.patchedObject ?? [],
        strict: options.strict ?? false,
      },
      folder: options.output,
      shard: options.shard,
      report: options.report,
    });
    const { finished, faults } = readResumed(options);
    const all = [...plan.faults, ...faults];
    printDiagnostics(all, options.color);
    if (all.length > 0) return 1;
    await optimiseLater();
    return await new Batch(plan, finished, options).run();
  } catch (error) {
    if (error instanceof BatchFileError) {
      printDiagnostics(fileFault(error.fault, error.file), options.color);
    } else {
      printMessages(internalFaultText(error, "the batch", options.debug === true));
    }
    return 1;
  }
}

/** A file of the batch as a whole, and what is the matter with it. */
class BatchFileError extends Error {
  constructor(
    readonly file: string,
    readonly fault: FileError,
  ) {
    super(fault.message);
  }
}

function withFile<Result>(file: string, step: () => Result): Result {
  try {
    return step();
  } catch (error) {
    if (!isFileError(error)) throw error;
    throw new BatchFileError(file, error);
  }
}

/** Records of jobs that an earlier run has done, by their keys. */
type Finished = ReadonlyMap<string, JobRecord>;

function readResumed({ resume, report }: BatchCommandOptions): {
  readonly finished: Finished;
  readonly faults: readonly Diagnostic[];
} {
  const finished = new Map<string, JobRecord>();
  if (resume === undefined) return { finished, faults: [] };
  const diagnostics = new Diagnostics(resume);
  try {
    const text = Buffer.from(readFileNow(resume).bytes).toString();
    for (const record of parseReport(text, diagnostics)?.jobs ?? []) {
      const isDone = record.outcome === "converted" || record.outcome === "unchanged";
      if (isDone && typeof record.key === "string") finished.set(record.key, record);
    }
  } catch (error) {
    // The first of several runs with one command line has nothing to resume.
    if (!isFileError(error)) throw error;
    const isFirst = error.code === "ENOENT" && resume === report;
    if (!isFirst) diagnostics.error("file", error.message);
  }
  return { finished, faults: diagnostics.list() };
}

type Ended = JobResult & { readonly internalFault?: string };

class Batch {
  readonly #plan: Plan;
  readonly #finished: Finished;
  readonly #options: BatchCommandOptions;
  readonly #report: ReportFile | undefined;
  readonly #counts = new Counts();
  readonly #progress = new Progress();
  readonly #lists: ListRecord[] = [];
  readonly #failed: { readonly job: Job; readonly outcome: string }[] = [];
  /** What is to be printed of jobs that have ended while one before them has not. */
  readonly #waiting = new Map<Job, Ended>();
  #order: readonly Job[] = [];
  #printed = 0;
  #stoppedBy: NodeJS.Signals | undefined;
  #isFailing = false;
  #reportFault: BatchFileError | undefined;
  #lanes: Lanes | undefined;

  constructor(plan: Plan, finished: Finished, options: BatchCommandOptions) {
    this.#plan = plan;
    this.#finished = finished;
    this.#options = options;
    const { output, report } = options;
    const made = output === undefined ? undefined : withFile(output, () => new MadeFolder(output));
    try {
      this.#report = report === undefined ? undefined : withFile(report, () => openReport(report));
    } catch (error) {
      made?.remove();
      throw error;
    }
  }

  async run(): Promise<number> {
    for (const signal of FATAL_SIGNALS) process.on(signal, this.#stop);
    try {
      await this.#runGroups();
    } finally {
      await this.#lanes?.end();
      for (const signal of FATAL_SIGNALS) process.removeListener(signal, this.#stop);
    }
    this.#progress.end();
    this.#endReport();
    this.#printSummary();
    if (this.#reportFault !== undefined) {
      const { fault, file } = this.#reportFault;
      printDiagnostics(fileFault(fault, file), this.#options.color);
    }
    if (this.#stoppedBy !== undefined) {
      process.kill(process.pid, this.#stoppedBy);
      // The signal arrives with the next turn of the event loop.
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    return this.#counts.failed > 0 || this.#reportFault !== undefined ? 1 : 0;
  }

  /** What is in flight is finished; at the second signal it is given up. */
  readonly #stop = (signal: NodeJS.Signals): void => {
    if (this.#stoppedBy === undefined) {
      this.#stoppedBy = signal;
      return;
    }
    const end = () => {
      for (const each of FATAL_SIGNALS) process.removeListener(each, this.#stop);
      process.kill(process.pid, signal);
    };
    Promise.resolve(this.#lanes?.end()).then(end, end);
  };

  get #isStopped(): boolean {
    if (this.#stoppedBy !== undefined || this.#reportFault !== undefined) return true;
    return this.#isFailing && this.#options.failFast === true;
  }

  async #runGroups(): Promise<void> {
    const { groups } = this.#plan;
    const wantsDigests = this.#report !== undefined || this.#finished.size > 0;
    const known = new Map<JobGroup, KnownSources>();
    const rest = new Map<JobGroup, readonly PlannedJob[]>();
    for (const group of groups) {
      const sources = wantsDigests ? knownSources(group.symbols) : UNKNOWN_SOURCES;
      known.set(group, sources);
      rest.set(group, await this.#skipFinished(group, sources.digest));
    }
    if (this.#report !== undefined && !this.#isStopped) {
      withFile(this.#options.report!, () => this.#report!.begin());
    }
    this.#lanes = this.#makeLanes([...rest.values()].flat());
    this.#order = [...rest.values()].flatMap((jobs) => jobs.map(({ job }) => job));
    for (const [group, jobs] of rest) {
      if (this.#isStopped) return;
      await this.#runGroup(group.symbols, jobs, known.get(group)!, wantsDigests);
    }
  }

  #makeLanes(jobs: readonly PlannedJob[]): Lanes {
    const work = jobs.reduce((sum, { size }) => sum + Math.max(1, size / BYTES_OF_A_JOB), 0);
    let most = this.#options.jobs ?? availableParallelism();
    const joined = joinJobserver(process.env.MAKEFLAGS);
    const jobserver = joined instanceof Jobserver ? joined : undefined;
    if (joined !== undefined && jobserver === undefined) {
      printDiagnostics([joined as Diagnostic], this.#options.color);
      most = 1;
    }
    most = Math.min(most, jobs.length);
    const inThreads = most > 1 && work >= JOBS_FOR_THREADS;
    return new Lanes({ most, inThreads, jobserver });
  }

  /** Takes jobs from the report of the earlier run; returns those that are left. */
  async #skipFinished(group: JobGroup, digest: string | null): Promise<readonly PlannedJob[]> {
    if (this.#finished.size === 0) return group.jobs;
    const rest: PlannedJob[] = [];
    const limit = pLimit(READ_AT_ONCE);
    const found = await Promise.all(
      group.jobs.map(({ job }) => limit(() => this.#finishedRecord(job, digest))),
    );
    for (const [i, record] of found.entries()) {
      if (record === undefined) {
        rest.push(group.jobs[i]!);
        continue;
      }
      this.#counts.add(record);
      this.#addToReport(record);
    }
    return rest;
  }

  async #finishedRecord(job: Job, digest: string | null): Promise<JobRecord | undefined> {
    try {
      const input = digestOf(await readInTurn(job.input));
      const key = keyOfJob(input, digest, job.options);
      const record = this.#finished.get(key);
      if (record === undefined || record.digests.output === null) return undefined;
      const output = digestOf(await readInTurn(job.output));
      if (output !== record.digests.output) return undefined;
      const { outcome, diagnostics } = record;
      const result = { outcome, diagnostics, inputDigest: input, outputDigest: output };
      return recordOfJob(job, { key, upToDate: true, ...result }, digest);
    } catch (error) {
      // What cannot be read now is told when the job is done.
      if (!isFileError(error)) throw error;
      return undefined;
    }
  }

  async #runGroup(
    paths: readonly string[],
    jobs: readonly PlannedJob[],
    known: KnownSources,
    digests: boolean,
  ): Promise<void> {
    const { digest } = known;
    const lanes = this.#lanes!;
    if (jobs.length === 0) return;
    let symbols: SharedSymbols | undefined;
    if (paths.length > 0) {
      const names = new Set<string>();
      let read = 0;
      await lanes.each(jobs, async ({ job: { input, options } }) => {
        if (this.#isStopped) return;
        for (const name of await lanes.names({ kind: "names", input, options })) names.add(name);
        this.#progress.show(`${++read} of ${jobs.length} modules looked at`);
      });
      if (this.#isStopped) return;
      const shared = await shareSymbols(paths, names, known);
      this.#print(() => printDiagnostics(shared.diagnostics, this.#options.color));
      this.#lists.push({ symbols: paths, digest, diagnostics: shared.diagnostics });
      symbols = shared.symbols;
      if (symbols === undefined) {
        const [outcome, inputDigest, outputDigest] = [shared.outcome, null, null];
        const ended: Ended = { outcome, inputDigest, outputDigest, diagnostics: [] };
        for (const { job } of jobs) this.#end(job, ended, digest);
        return;
      }
    }
    lanes.symbols = symbols;
    await lanes.each(jobs, async ({ job }) => {
      if (this.#isStopped) return;
      const { input, output, options } = job;
      const debug = this.#options.debug === true;
      const temporary = temporaryBeside(placeOf(output));
      const task = { kind: "convert", input, output, temporary, options, digests, debug } as const;
      this.#end(job, await lanes.convert(task), digest);
    });
  }

  #end(job: Job, ended: Ended, digest: string | null): void {
    const { outcome, inputDigest } = ended;
    this.#isFailing ||= outcome === "refused" || outcome === "failed";
    const key = inputDigest === null ? null : keyOfJob(inputDigest, digest, job.options);
    this.#counts.add({ outcome, upToDate: false });
    this.#addToReport(recordOfJob(job, { key, upToDate: false, ...ended }, digest));
    this.#waiting.set(job, ended);
    this.#printEnded();
    const { ended: done } = this.#counts;
    this.#progress.show(`${done} of ${this.#jobs} modules done`);
  }

  get #jobs(): number {
    return this.#plan.groups.reduce((sum, { jobs }) => sum + jobs.length, 0);
  }

  /** Prints what jobs have to say in the order of jobs, whoever was first. */
  #printEnded(): void {
    for (; this.#printed < this.#order.length; this.#printed++) {
      const job = this.#order[this.#printed]!;
      const ended = this.#waiting.get(job);
      if (ended === undefined) return;
      this.#waiting.delete(job);
      this.#printJob(job, ended);
    }
  }

  #printJob(job: Job, { outcome, diagnostics, internalFault = "" }: Ended): void {
    if (outcome === "refused" || outcome === "failed") this.#failed.push({ job, outcome });
    this.#print(() => {
      if (internalFault !== "") printMessages(internalFault);
      else printDiagnostics(diagnostics, this.#options.color);
    });
  }

  #print(print: () => void): void {
    this.#progress.end();
    print();
  }

  #addToReport(record: JobRecord): void {
    if (this.#report === undefined || this.#reportFault !== undefined) return;
    try {
      withFile(this.#options.report!, () => this.#report!.add(record));
    } catch (error) {
      if (!(error instanceof BatchFileError)) throw error;
      this.#reportFault = error;
    }
  }

  #endReport(): void {
    if (this.#report === undefined || this.#reportFault !== undefined) return;
    const { shard, report } = this.#options;
    this.#lists.sort((a, b) => (JSON.stringify(a.symbols) < JSON.stringify(b.symbols) ? -1 : 1));
    const frame = {
      version: VERSION,
      shards: shard === undefined ? [] : [`${shard.index}/${shard.count}`],
      symbolSources: this.#lists,
      summary: { ...this.#counts.of(this.#jobs), interrupted: this.#stoppedBy ?? null },
    };
    try {
      withFile(report!, () => this.#report!.end(frame));
    } catch (error) {
      if (!(error instanceof BatchFileError)) throw error;
      this.#reportFault = error;
    }
  }

  /** What failed first, then how many of what. */
  #printSummary(): void {
    // Of jobs behind one that was never begun.
    for (const [job, ended] of this.#waiting) this.#printJob(job, ended);
    const failed = this.#failed;
    const lines: string[] = [];
    if (failed.length > 0) {
      const plural = failed.length === 1 ? "is" : "are";
      lines.push(`klp-convert: ${counted(failed.length, "job")} ${plural} not done:`);
      for (const { job, outcome } of failed.slice(0, NAMED_MOST)) {
        lines.push(`    ${job.input} -> ${job.output}: ${outcome}`);
      }
      if (failed.length > NAMED_MOST) lines.push(`    and ${failed.length - NAMED_MOST} more`);
    }
    const counts = this.#counts.of(this.#jobs);
    const parts = (["converted", "unchanged", "refused", "failed"] as const)
      .filter((outcome) => counts[outcome] > 0)
      .map((outcome) => `${counts[outcome]} ${outcome}`);
    if (counts.notBegun > 0) parts.push(`${counts.notBegun} not begun`);
    if (counts.upToDate > 0) parts.push(`${counts.upToDate} were up to date`);
    const by = this.#stoppedBy === undefined ? "" : `; ended by ${this.#stoppedBy}`;
    const what = parts.length === 0 ? "" : `: ${parts.join(", ")}`;
    lines.push(`klp-convert: ${counted(counts.jobs, "job")}${what}${by}`);
    printMessages(lines.map((line) => `${visible(line)}\n`).join(""));
  }
}

/** Where an output will be; a name that makes no sense is told when it is written. */
function placeOf(output: string): string {
  try {
    return fileBehind(output);
  } catch {
    return output;
  }
}
