/** `klp-convert [convert] IN OUT`: files in, files out, and words about them. */

import { counted, type Diagnostic } from "../diagnostics.js";
import {
  convert,
  type Report,
  type ReportedPatch,
  type ReportedSymbol,
} from "../livepatch/index.js";
import { type SymbolSource, SymbolSources } from "../symbols/index.js";
import { VERSION } from "../version.js";
import { type ColorWhen, fileFault, printDiagnostics } from "./console-output.js";
import { visible } from "./diagnostic-text.js";
import {
  type InputFile,
  inputName,
  outputName,
  readInput,
  refuseToReplace,
  STANDARD_STREAM,
  writeOutput,
  writeStandardOutput,
} from "./files.js";
import { internalFaultText } from "./internal-fault.js";
import { printMessages } from "./messages.js";
import { readOnlyList, readSymbols } from "./symbol-files.js";

export interface ConvertCommandOptions {
  readonly symbols?: readonly string[];
  readonly sympos?: readonly string[];
  readonly lateBind?: readonly string[];
  readonly patchedObject?: readonly string[];
  readonly strict?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
  readonly color: ColorWhen;
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
    done = await convertFile(input, output, options);
  } catch (error) {
    printMessages(internalFaultText(error, inputName(input), options.debug === true));
    return 1;
  }
  const { diagnostics, report, outcome } = done;
  if (options.verbose && report) printMessages(decisionsText(inputName(input), report));
  printDiagnostics(diagnostics, options.color);
  const failed = outcome === "refused" || outcome === "failed";
  if (options.json) {
    const symbolSources = options.symbols ?? [];
    const symbols = symbolSources[0] ?? null;
    const names = { input, output: failed ? null : output, symbols, symbolSources };
    const head = { schema: "klp-convert-report", schemaVersion: SCHEMA_VERSION, version: VERSION };
    const document = { ...head, ...names, outcome, report: findings(report), diagnostics };
    try {
      await writeStandardOutput(`${JSON.stringify(document, null, 2)}\n`);
    } catch (error) {
      printDiagnostics(fileFault(error, outputName(STANDARD_STREAM)), options.color);
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

async function convertFile(
  input: string,
  output: string,
  options: ConvertCommandOptions,
): Promise<Done> {
  const { symbols: paths = [], sympos, lateBind, patchedObject: patchedObjects, strict } = options;
  const unread: Diagnostic[] = [];
  const module = await readModule(input, unread);
  const { symbols, files } = await readMap(paths, unread);
  if (module === undefined || unread.length > 0) {
    // What is wrong with the sources that could be read is of use all the same.
    const ofSources = symbols === undefined ? [] : SymbolSources.of(symbols).diagnostics;
    return { outcome: "failed", diagnostics: [...ofSources, ...unread] };
  }
  const result = convert(module.bytes, {
    file: inputName(input),
    ...(symbols && { symbols }),
    ...(sympos && { sympos }),
    ...(lateBind && { lateBind }),
    ...(patchedObjects && { patchedObjects }),
    ...(strict && { strict }),
  });
  const { report, diagnostics } = result;
  const { outcome } = report;
  if (result.output === undefined) return { outcome, report, diagnostics };
  try {
    refuseToReplace(output, files);
    await writeOutput(output, result.output, module.mode);
  } catch (error) {
    const fault = fileFault(error, outputName(output));
    return { outcome: "failed", report, diagnostics: [...diagnostics, ...fault] };
  }
  return { outcome, report, diagnostics };
}

async function readModule(path: string, faults: Diagnostic[]): Promise<InputFile | undefined> {
  try {
    return await readInput(path);
  } catch (error) {
    faults.push(...fileFault(error, inputName(path)));
    return undefined;
  }
}

/** The symbols, and the files they were read from. */
async function readMap(
  paths: readonly string[],
  faults: Diagnostic[],
): Promise<{ symbols?: SymbolSource | SymbolSources; files: readonly string[] }> {
  const [only, ...others] = paths;
  if (only === undefined) return { files: [] };
  try {
    const list = others.length === 0 ? readOnlyList(only) : undefined;
    if (list !== undefined) return { symbols: list, files: paths };
  } catch (error) {
    faults.push(...fileFault(error, inputName(only)));
    return { files: [] };
  }
  const read = await readSymbols(paths, undefined);
  faults.push(...read.faults);
  return { symbols: read.sources, files: read.files };
}

function decisionsText(file: string, { patch, symbols, removedDependencies }: Report): string {
  const lines = [
    ...(patch === null ? [] : patchLines(patch)),
    ...symbols.map(decision),
    ...removedDependencies.map((module) => `depends= of .modinfo: ${module} removed`),
  ];
  return lines.map((line) => `klp-convert: ${visible(`${file}: ${line}`)}\n`).join("");
}

/** What is patched, and how that is known. */
function patchLines({ source, reason, objects }: ReportedPatch): string[] {
  if (objects === null) return [`patch: unknown: ${reason}`];
  return objects.map(({ name, functions }) => {
    const replaced = functions.map((each) =>
      each.position === 0 ? each.name : `${each.name} at position ${each.position}`,
    );
    const what = replaced.length === 0 ? "" : `: ${replaced.join(", ")}`;
    return `patch (${source}): ${name}${what}`;
  });
}

/** Symbol, object and position, where it is, sections, why. */
function decision(symbol: ReportedSymbol): string {
  const { name, relocations, sections, why } = symbol;
  const uses =
    relocations === 0
      ? "no relocation"
      : `${counted(relocations, "relocation")} in ${sections.join(", ")}`;
  return `${name}: ${destination(symbol)}; ${uses}; ${why}`;
}

function destination({ object, position, homonyms = 1, address, file, gate }: ReportedSymbol) {
  if (object === undefined) return "stays";
  const parts = [object, `position ${position}${homonyms > 1 ? ` of ${homonyms}` : ""}`];
  if (address !== undefined) parts.push(`at ${address}`);
  if (file !== undefined) parts.push(`from ${file}`);
  if (gate !== object) parts.push(`applied with ${gate}`);
  return parts.join(", ");
}
