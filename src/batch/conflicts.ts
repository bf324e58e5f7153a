/**
 * Jobs that would get into each other's way. Which files are one and the same only a file system can
 * say; here a file is whatever identities it has, and two that share one are the same.
 */

import type { Job } from "./job.js";
import type { PlanFaults } from "./plan-faults.js";

/** A file by all that tells it from others: its place, and what is there. */
export type Identities = readonly string[];

export interface PlacedJob {
  readonly job: Job;
  readonly input: Identities;
  readonly output: Identities;
}

/** A file that no output may replace, and what it is. */
export interface KeptFile {
  readonly what: string;
  readonly file: Identities;
}

/** Adds an error for each output that would replace another, or a file that somebody reads. */
export function findConflicts(
  jobs: readonly PlacedJob[],
  kept: readonly KeptFile[],
  faults: PlanFaults,
): void {
  const keptFiles = new Map<string, string>();
  for (const { what, file } of kept) for (const identity of file) keptFiles.set(identity, what);
  const inputs = new Map<string, Job>();
  for (const { job, input } of jobs) {
    for (const identity of input) if (!inputs.has(identity)) inputs.set(identity, job);
  }
  const outputs = new Map<string, Job>();
  for (const { job, input, output } of jobs) {
    const isOwnInput = output.some((identity) => input.includes(identity));
    const reader = first(output, inputs);
    const writer = first(output, outputs);
    const what = first(output, keptFiles);
    const fault = (message: string, notes: readonly string[] = []) =>
      faults.error(job, "output-conflict", `output ${job.output} is ${message}`, notes);
    if (isOwnInput) {
      fault("its own input", ["inputs stay as they are in a batch, so that it can be run again"]);
    } else if (reader !== undefined) {
      fault(`also the input of ${faults.name(reader)}`);
    }
    if (writer !== undefined) fault(`also the output of ${faults.name(writer)}`);
    if (what !== undefined) fault(`also ${what}`);
    for (const identity of output) if (!outputs.has(identity)) outputs.set(identity, job);
  }
}

function first<Found>(
  identities: Identities,
  among: ReadonlyMap<string, Found>,
): Found | undefined {
  for (const identity of identities) {
    const found = among.get(identity);
    if (found !== undefined) return found;
  }
  return undefined;
}
