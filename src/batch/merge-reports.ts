/**
 * Makes the report of a whole batch from those of its shards. They have to be of one batch, run by one
 * version with the same symbols; where two say something else of one job, one of them is wrong.
 */

import type { Diagnostics } from "../diagnostics.js";
import {
  type BatchReport,
  Counts,
  type JobRecord,
  type ListRecord,
  type ReadReport,
} from "./report.js";

export interface NamedReport {
  readonly file: string;
  readonly report: ReadReport;
}

/** The whole; undefined, with errors added, if the reports contradict each other. */
export function mergeReports(
  reports: readonly NamedReport[],
  diagnosticsOf: (file: string) => Diagnostics,
): BatchReport | undefined {
  const whole: { file: string; report: BatchReport; diagnostics: Diagnostics }[] = [];
  let isAnyRefused = false;
  for (const { file, report } of reports) {
    const diagnostics = diagnosticsOf(file);
    if (report.summary === undefined) {
      diagnostics.error("report-cut", "the report is cut off: it has no summary", {}, [
        "run that batch again with --resume, which does only the rest",
      ]);
      isAnyRefused = true;
    } else whole.push({ file, report: report as BatchReport, diagnostics });
  }
  const [first] = whole;
  if (first === undefined) return undefined;
  const jobs = new Map<number, Said<JobRecord>>();
  const byOutput = new Map<string, Said<JobRecord>>();
  const lists = new Map<string, Said<ListRecord>>();
  for (const { file, report, diagnostics } of whole) {
    const fault = (message: string) => diagnostics.error("report-conflict", message);
    if (report.version !== first.report.version) {
      fault(`it is of version ${report.version}, ${first.file} of version ${first.report.version}`);
    }
    if (countOf(report) !== countOf(first.report)) {
      fault(`it is ${partOf(report)}, ${first.file} is ${partOf(first.report)}`);
    }
    for (const list of report.symbolSources) {
      const key = JSON.stringify(list.symbols);
      const known = lists.get(key);
      if (known === undefined) lists.set(key, { file, said: list });
      else if (known.said.digest !== list.digest) {
        fault(`${list.symbols.join(" and ")} had other contents than in ${known.file}`);
      }
    }
    for (const job of report.jobs) {
      const known = jobs.get(job.job) ?? byOutput.get(job.output);
      const contradiction = known && contradictionOf(job, known);
      if (contradiction !== undefined) fault(contradiction);
      if (known?.said.upToDate === false && job.upToDate) continue;
      jobs.set(job.job, { file, said: job });
      byOutput.set(job.output, { file, said: job });
    }
  }
  if (isAnyRefused || whole.some(({ diagnostics }) => diagnostics.failed)) return undefined;
  return {
    version: first.report.version,
    ...shardsOf(whole.map(({ report }) => report)),
    symbolSources: [...lists.values()].map(({ said }) => said),
    jobs: [...jobs.values()].map(({ said }) => said).sort((a, b) => a.job - b.job),
    summary: summaryOf(
      whole.map(({ report }) => report),
      [...jobs.values()].map(({ said }) => said),
    ),
  };
}

/** What was said, and where. */
interface Said<What> {
  readonly file: string;
  readonly said: What;
}

function contradictionOf(job: JobRecord, { file, said }: Said<JobRecord>): string | undefined {
  if (job.output !== said.output || job.job !== said.job) {
    return `job ${job.job} makes ${job.output}, in ${file} job ${said.job} makes ${said.output}: they are not of one batch`;
  }
  const [here, there] = [resultText(job), resultText(said)];
  return here === there ? undefined : `${job.output} is ${here}, in ${file} it is ${there}`;
}

function resultText({ outcome, digests, key }: JobRecord): string {
  const made = digests.output === null ? "" : ` as ${digests.output}`;
  return `${outcome}${made}${key === null ? "" : `, of ${key}`}`;
}

function countOf({ shards }: BatchReport): string {
  return shards[0]?.split("/")[1] ?? "1";
}

function partOf({ shards }: BatchReport): string {
  return shards.length === 0 ? "a whole batch" : `shard ${shards.join(", ")}`;
}

/** The parts that are there; none if that is all of them. */
function shardsOf(reports: readonly BatchReport[]): Pick<BatchReport, "shards"> {
  const shards = [...new Set(reports.flatMap(({ shards }) => shards))];
  shards.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  const [first] = reports;
  return { shards: shards.length === Number(countOf(first!)) ? [] : shards };
}

/** The parts of a batch that no report is about. */
export function missingShards({ shards }: BatchReport): string[] {
  const [first] = shards;
  if (first === undefined) return [];
  const count = Number(first.split("/")[1]);
  const there = new Set(shards);
  const all = Array.from({ length: count }, (_, i) => `${i + 1}/${count}`);
  return all.filter((shard) => !there.has(shard));
}

function summaryOf(reports: readonly BatchReport[], jobs: readonly JobRecord[]) {
  const counts = new Counts();
  for (const job of jobs) counts.add(job);
  // A shard that is there twice counts once, and with it the jobs that it has not begun.
  const notBegun = new Map<string, number>();
  for (const { shards, summary } of reports) {
    const key = shards.join();
    notBegun.set(key, Math.min(notBegun.get(key) ?? summary.notBegun, summary.notBegun));
  }
  const rest = [...notBegun.values()].reduce((sum, each) => sum + each, 0);
  const interrupted = reports.find(({ summary }) => summary.interrupted !== null);
  return {
    ...counts.of(jobs.length + rest),
    interrupted: rest === 0 ? null : (interrupted?.summary.interrupted ?? null),
  };
}
