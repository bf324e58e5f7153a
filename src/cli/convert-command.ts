/** `klp-convert [convert] IN OUT`: files in, files out, and words about them. */

import { counted, type Diagnostic, Diagnostics } from "../diagnostics.js";
import { convert, type Report, type ReportedSymbol } from "../livepatch/index.js";
import { VERSION } from "../version.js";
import { diagnosticText, visible } from "./diagnostic-text.js";
import {
  FileError,
  readInput,
  STANDARD_STREAM,
  writeOutput,
  writeStandardOutput,
} from "./files.js";
import { internalFaultText } from "./internal-fault.js";
import { printMessages } from "./messages.js";

export interface ConvertCommandOptions {
  readonly symbols?: string;
  readonly verbose?: boolean;
  readonly json?: boolean;
  readonly color: "auto" | "always" | "never";
  readonly debug?: boolean;
}

/** The version of the document that --json prints; it changes when a field changes its meaning. */
const SCHEMA_VERSION = 1;

/** Runs one conversion and returns the exit status: 0 done, 1 refused or failed. */
export async function runConvert(
  input: string,
  output: string,
  options: ConvertCommandOptions,
): Promise<number> {
  let done: Done;
  try {
    done = await convertFile(input, output, options.symbols);
  } catch (error) {
    printMessages(internalFaultText(error, inputName(input), options.debug === true));
    return 1;
  }
  const { diagnostics, report, outcome } = done;
  if (options.verbose && report) printMessages(decisionsText(inputName(input), report));
  printDiagnostics(diagnostics, options);
  const failed = outcome === "refused" || outcome === "failed";
  if (options.json) {
    const names = { input, output: failed ? null : output, symbols: options.symbols ?? null };
    const head = { schema: "klp-convert-report", schemaVersion: SCHEMA_VERSION, version: VERSION };
    const document = { ...head, ...names, outcome, report: findings(report), diagnostics };
    try {
      await writeStandardOutput(`${JSON.stringify(document, null, 2)}\n`);
    } catch (error) {
      printDiagnostics(fileFault(error, outputName(STANDARD_STREAM)), options);
      return 1;
    }
  }
  return failed ? 1 : 0;
}

/** The report without its outcome: the document's own also knows of files. */
function findings(report: Report | undefined): Omit<Report, "outcome"> | null {
  if (report === undefined) return null;
  const { outcome: _, ...rest } = report;
  return rest;
}

interface Done {
  /** The report's, or `failed` if a file could not be read or written. */
  readonly outcome: Report["outcome"] | "failed";
  readonly diagnostics: readonly Diagnostic[];
  /** Undefined if a file could not be read. */
  readonly report?: Report;
}

async function convertFile(input: string, output: string, list?: string): Promise<Done> {
  const unread: Diagnostic[] = [];
  const read = async (path: string) => {
    try {
      return await readInput(path);
    } catch (error) {
      unread.push(...fileFault(error, inputName(path)));
      return undefined;
    }
  };
  const module = await read(input);
  const symbols = list === undefined ? undefined : await read(list);
  if (module === undefined || unread.length > 0) return { outcome: "failed", diagnostics: unread };
  const result = convert(module.bytes, {
    file: inputName(input),
    ...(symbols && list ? { symbols: { file: inputName(list), bytes: symbols.bytes } } : {}),
  });
  const { report, diagnostics } = result;
  const { outcome } = report;
  if (result.output === undefined) return { outcome, report, diagnostics };
  try {
    await writeOutput(output, result.output, module.mode);
  } catch (error) {
    const fault = fileFault(error, outputName(output));
    return { outcome: "failed", report, diagnostics: [...diagnostics, ...fault] };
  }
  return { outcome, report, diagnostics };
}

/** As a message names it; a name that can be pasted into a command. */
function inputName(path: string): string {
  return path === STANDARD_STREAM ? "/dev/stdin" : path;
}

function outputName(path: string): string {
  return path === STANDARD_STREAM ? "/dev/stdout" : path;
}

function printDiagnostics(
  diagnostics: readonly Diagnostic[],
  { color }: ConvertCommandOptions,
): void {
  const colored = isColored(color);
  printMessages(diagnostics.map((each) => diagnosticText(each, colored)).join(""));
}

/** The diagnostic for a file that could not be read or written; anything else is thrown on. */
function fileFault(error: unknown, file: string): Diagnostic[] {
  if (!(error instanceof FileError)) throw error;
  const diagnostics = new Diagnostics(file);
  diagnostics.error("file", error.message);
  return diagnostics.list();
}

function isColored(when: ConvertCommandOptions["color"]): boolean {
  if (when !== "auto") return when === "always";
  // https://no-color.org: set and not empty.
  return process.stderr.isTTY === true && !process.env.NO_COLOR;
}

function decisionsText(file: string, report: Report): string {
  return report.symbols
    .map((each) => `klp-convert: ${visible(`${file}: ${decision(each)}`)}\n`)
    .join("");
}

/** Symbol, object and position, sections, why. */
function decision(symbol: ReportedSymbol): string {
  const { name, object, position, gate, relocations, sections, why } = symbol;
  const becomes =
    object === undefined
      ? "stays"
      : `${object}, position ${position}${gate === object ? "" : `, applied with ${gate}`}`;
  const uses =
    relocations === 0
      ? "no relocation"
      : `${counted(relocations, "relocation")} in ${sections.join(", ")}`;
  return `${name}: ${becomes}; ${uses}; ${why}`;
}
