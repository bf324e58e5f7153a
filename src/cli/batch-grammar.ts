/** What `klp-convert batch` and `klp-convert report` are given. */

import { type Command, Option } from "commander";
import { parseShard } from "../batch/index.js";
import type { BatchCommandOptions } from "./batch-command.js";
import { addCommonOptions, addConversionOptions, streamOrFile } from "./common-options.js";
import { isSameFile, STANDARD_STREAM } from "./files.js";
import type { ReportCommandOptions } from "./report-command.js";

const AFTER_HELP = `
A line of a manifest is IN OUT LIST…, or {"in": IN, "out": OUT, "symbols": [LIST], "sympos": [],
"lateBind": [], "patchedObjects": [], "strict": false}; # begins a comment.

Examples:
  klp-convert batch --symbols Symbols.list -o converted build/*.ko
  klp-convert batch jobs.txt --report batch.ndjson --resume batch.ndjson
  klp-convert batch jobs.txt --shard 2/4 --report shard-2.json
  klp-convert report merge shard-*.json -o batch.json

Exit status: 0 all is done, 1 something is refused or failed, 2 wrong usage.`;

/** Loads what the two commands need, which is in a file of its own: see build.mjs. */
const loadBatch = () => import("./batch.js");

/** Adds `batch`; `end` is told the exit status of its run. */
export function addBatch(program: Command, end: (status: number) => void): Command {
  const batch = program
    .command("batch")
    .description("Converts many modules: reads each list once, and uses all cores.")
    .configureHelp({
      commandUsage: () =>
        "klp-convert batch --symbols LIST -o OUTDIR IN…\n       klp-convert batch MANIFEST",
    })
    .argument("[FILE...]", "with -o the modules, without it one manifest; - for standard input")
    .optionsGroup("What is converted:")
    .option(
      "-o, --output <OUTDIR>",
      "the folder where results go, under the names of their inputs",
    );
  addConversionOptions(batch)
    .addOption(
      new Option(
        "--shard <I/N>",
        "only part I of N parts, which are the same everywhere",
      ).argParser((text: string) => {
        const shard = parseShard(text);
        if (typeof shard === "string") batch.error(`error: --shard: ${shard}`);
        return shard;
      }),
    )
    .option("--resume <REPORT>", "skip jobs that are as this report of an earlier run says")
    .optionsGroup("How it is done:")
    .addOption(
      new Option(
        "-j, --jobs <N>",
        "how many at once; the number of cores, or what make's jobserver grants",
      ).argParser((text: string) => {
        const jobs = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0;
        if (jobs < 1) batch.error(`error: -j is "${text}" when it should be a number from 1 on`);
        return jobs;
      }),
    )
    .option("--fail-fast", "begin no more jobs once one is refused or failed")
    .optionsGroup("What is printed:")
    .option("--report <FILE>", "write what became of each job: JSON, or a line each into *.ndjson");
  return addCommonOptions(batch)
    .addHelpText("after", AFTER_HELP)
    .action(async (files: readonly string[], options: BatchCommandOptions) => {
      const paths = files.map(streamOrFile);
      const fault = faultOfUsage(paths, options);
      if (fault !== undefined) batch.error(`error: ${fault}`);
      const { runBatch } = await loadBatch();
      end(await runBatch(paths, options));
    });
}

/** Adds `report merge`. */
export function addReport(program: Command, end: (status: number) => void): Command {
  const report = program
    .command("report")
    .description("Makes one report of those of all shards of a batch.")
    .configureHelp({ commandUsage: () => "klp-convert report merge REPORT… -o OUT" })
    .argument("[WORD...]", "merge, and the reports; OUT is in lines if its name is *.ndjson")
    .requiredOption("-o, --output <OUT>", "where the whole goes; - for standard output");
  return addCommonOptions(report)
    .addHelpText("after", "\nExit status: 0 done, 1 refused or failed, 2 wrong usage.")
    .action(async (words: readonly string[], options: ReportCommandOptions) => {
      const [action, ...reports] = words;
      const output = streamOrFile(options.output);
      const fault = faultOfMerge(action, reports, output);
      if (fault !== undefined) report.error(`error: ${fault}`);
      const { runMerge } = await loadBatch();
      end(await runMerge(reports, { ...options, output }));
    });
}

/** What makes no sense together, or undefined. */
function faultOfUsage(files: readonly string[], options: BatchCommandOptions): string | undefined {
  const { output, symbols = [], report, resume } = options;
  const given = { OUTDIR: output, "the report": report, "the report to resume": resume };
  for (const [what, path] of Object.entries(given)) {
    if (path === "") return `${what} is an empty name`;
    if (path !== undefined && streamOrFile(path) === STANDARD_STREAM) {
      return `${what} is -, but it has to be ${path === output ? "a folder" : "a file"}`;
    }
  }
  if (symbols.includes("")) return "LIST is an empty name";
  if (symbols.includes(STANDARD_STREAM)) return "LIST is -, but it has to be a file in a batch";
  if (output === undefined) {
    if (files.length === 0) return "no MANIFEST is given, and no -o OUTDIR with modules";
    if (files.length > 1) {
      return `there are ${files.length} files when there should be one MANIFEST; modules need -o OUTDIR`;
    }
    return files[0] === "" ? "MANIFEST is an empty name" : undefined;
  }
  if (files.length === 0) return "no IN is given";
  if (files.includes("")) return "IN is an empty name";
  if (files.includes(STANDARD_STREAM)) return "IN is -, but it has to be a file in a batch";
  return undefined;
}

function faultOfMerge(
  action: string | undefined,
  reports: readonly string[],
  output: string,
): string | undefined {
  if (action !== "merge") {
    const found = action === undefined ? "nothing" : `"${action}"`;
    return `there is ${found} when there should be merge, and the reports`;
  }
  if (reports.length === 0) return "no REPORT is given";
  if (reports.includes("")) return "REPORT is an empty name";
  if (output === "") return "OUT is an empty name";
  if (reports.some((path) => isSameFile(path, output))) {
    return "OUT is also a REPORT, which it would replace";
  }
  return undefined;
}
