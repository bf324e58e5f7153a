/** One conversion of a batch. */

/** What `convert` may be told beside the symbols. */
export interface JobOptions {
  readonly sympos: readonly string[];
  readonly lateBind: readonly string[];
  readonly patchedObjects: readonly string[];
  readonly strict: boolean;
}

export interface Job {
  /** Counted from 1 in the whole batch, whatever part of it is run. */
  readonly number: number;
  /** Its line of the manifest, if there is one. */
  readonly line: number | undefined;
  readonly input: string;
  readonly output: string;
  /** Sources of symbols; none if only annotated references are converted. */
  readonly symbols: readonly string[];
  readonly options: JobOptions;
}

export type JobOutcome = "converted" | "unchanged" | "refused" | "failed";
export const JOB_OUTCOMES: readonly JobOutcome[] = ["converted", "unchanged", "refused", "failed"];
