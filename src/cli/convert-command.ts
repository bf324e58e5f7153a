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

export interface ConvertCommandOptions {
  readonly symbols?: string;
  readonly verbose?: boolean;
  readonly json?: boolean;
  readonly color: "auto" | "always" | "never";
}

/** The version of the document that --json prints; it changes when a field changes its meaning. */
const SCHEMA_VERSION = 1;

/** Runs one conversion and returns the exit status: 0 done, 1 refused or failed. */
export async function runConvert(
  input: string,
  output: string,
  options: ConvertCommandOptions,
): Promise<number> {
  const { diagnostics, report } = await convertFile(input, output, options.symbols);
  if (options.verbose && report !== undefined) process.stderr.write(decisionsText(input, report));
  const color = useColor(options.color);
  process.stderr.write(diagnostics.map((each) => diagnosticText(each, color)).join(""));
  const failed = diagnostics.some((each) => each.severity === "error");
  if (options.json) {
    const document = {
      schema: "klp-convert-report",
      schemaVersion: SCHEMA_VERSION,
      version: VERSION,
      input,
      output: failed ? null : output,
      symbols: options.symbols ?? null,
      outcome: failed ? "refused" : report?.outcome,
      report: report ?? null,
      diagnostics,
    };
    await writeStandardOutput(`${JSON.stringify(document, null, 2)}\n`);
  }
  return failed ? 1 : 0;
}

interface Done {
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
      unread.push(...fileFault(error, nameOf(path)));
      return undefined;
    }
  };
  const module = await read(input);
  const symbols = list === undefined ? undefined : await read(list);
  if (module === undefined || unread.length > 0) return { diagnostics: unread };
  const result = convert(module.bytes, {
    file: nameOf(input),
    ...(symbols && list ? { symbols: { file: nameOf(list), bytes: symbols.bytes } } : {}),
  });
  const { report, diagnostics } = result;
  if (result.output === undefined) return { report, diagnostics };
  try {
    await writeOutput(output, result.output, module.mode);
  } catch (error) {
    return { report, diagnostics: [...diagnostics, ...fileFault(error, nameOf(output))] };
  }
  return { report, diagnostics };
}

function nameOf(path: string): string {
  return path === STANDARD_STREAM ? "standard input" : path;
}

/** The diagnostic for a file that could not be read or written; anything else is thrown on. */
function fileFault(error: unknown, file: string): Diagnostic[] {
  if (!(error instanceof FileError)) throw error;
  const diagnostics = new Diagnostics(file);
  diagnostics.error("file", error.message);
  return diagnostics.list();
}

function useColor(when: ConvertCommandOptions["color"]): boolean {
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
