/** `klp-convert report merge`: one report of those of all shards. */

import {
  documentOf,
  lineOfJob,
  lineOfSummary,
  mergeReports,
  missingShards,
  type NamedReport,
  parseReport,
} from "../batch/index.js";
import { Diagnostics } from "../diagnostics.js";
import { type ColorWhen, printDiagnostics } from "./console-output.js";
import { inputName, isFileError, outputName, writeOutput } from "./files.js";
import { readInput } from "./input-files.js";

export interface ReportCommandOptions {
  readonly output: string;
  readonly color: ColorWhen;
  readonly debug?: boolean;
}

/** Merges reports and returns the exit status: 0 done, 1 refused or failed. */
export async function runMerge(
  paths: readonly string[],
  { output, color }: ReportCommandOptions,
): Promise<number> {
  const all: Diagnostics[] = [];
  const diagnosticsOf = (file: string) => {
    const diagnostics = new Diagnostics(file);
    all.push(diagnostics);
    return diagnostics;
  };
  const reports: NamedReport[] = [];
  for (const path of paths) {
    const file = inputName(path);
    const diagnostics = diagnosticsOf(file);
    try {
      const text = Buffer.from((await readInput(path)).bytes).toString();
      const report = parseReport(text, diagnostics);
      if (report !== undefined) reports.push({ file, report });
    } catch (error) {
      if (!isFileError(error)) throw error;
      diagnostics.error("file", error.message);
    }
  }
  const merged = mergeReports(reports, diagnosticsOf);
  if (merged !== undefined && !all.some(({ failed }) => failed)) {
    const missing = missingShards(merged);
    if (missing.length > 0) {
      diagnosticsOf(outputName(output)).warning(
        "report-shards",
        `the batch is not whole: there is no report of shard ${listed(missing)}`,
      );
    }
    const pieces = output.endsWith(".ndjson")
      ? [...merged.jobs.map(lineOfJob), lineOfSummary(merged)]
      : [
          ...documentOf(
            merged,
            merged.jobs.map((job) => JSON.stringify(job)),
          ),
        ];
    try {
      await writeOutput({ path: output, pieces: [Buffer.from(pieces.join(""))] });
    } catch (error) {
      if (!isFileError(error)) throw error;
      diagnosticsOf(outputName(output)).error("file", error.message);
    }
  }
  printDiagnostics(
    all.flatMap((each) => each.list()),
    color,
  );
  return all.some(({ failed }) => failed) ? 1 : 0;
}

/** Missing shards that are named. */
const NAMED_MOST = 20;

function listed(names: readonly string[]): string {
  const named = names.slice(0, NAMED_MOST).join(", ");
  const beyond = names.length - NAMED_MOST;
  return beyond > 0 ? `${named} and ${beyond} more` : named;
}
