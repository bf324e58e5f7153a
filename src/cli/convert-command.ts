/** `klp-convert [convert] IN OUT`: files in, files out, and words about them. */

import type { Diagnostic } from "../diagnostics.js";
import { convertPartially, type Report } from "../livepatch/index.js";
import { SymbolSources } from "../symbols/index.js";
import { VERSION } from "../version.js";
import { type ColorWhen, fileFault, print, printDiagnostics } from "./console-output.js";
import { decisionLines } from "./decisions-text.js";
import { depfileText } from "./depfile.js";
import { visible } from "./diagnostic-text.js";
import {
  inputName,
  isFileError,
  type Output,
  outputName,
  refuseToReplace,
  STANDARD_STREAM,
  writeOutputs,
} from "./files.js";
import { internalFaultText } from "./internal-fault.js";
import { printMessages } from "./messages.js";
import { type OpenModule, openModule } from "./module-files.js";
import { throwIfWrong } from "./result-check.js";
import { type OpenMap, openMap } from "./symbol-files.js";
import { optimiseLater } from "./v8-budget.js";

export interface ConvertCommandOptions {
  readonly symbols?: readonly string[];
  readonly sympos?: readonly string[];
  readonly lateBind?: readonly string[];
  readonly patchedObject?: readonly string[];
  readonly strict?: boolean;
  readonly depfile?: string;
  readonly dryRun?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
  readonly color: ColorWhen;
  readonly debug?: boolean;
}

/** Bytes of a module from which on its conversion takes long enough for V8 to optimise it. */
const LARGE = 100_000;
/** Likewise of a symbols list. */
const LONG_LIST = 1 << 22;

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
  const { diagnostics, result, outcome } = done;
  const { dryRun = false, verbose = false, json = false } = options;
  const isToldBySymbol = verbose || dryRun;
  const decisions = result && isToldBySymbol ? decisionsText(inputName(input), result.report) : "";
  if (verbose && !dryRun) printMessages(decisions);
  printDiagnostics(diagnostics, options.color);
  const failed = outcome === "refused" || outcome === "failed";
  // What would be done is what a dry run is for.
  if (dryRun && !json && !(await print(decisions, options.color))) return 1;
  if (json) {
    const symbolSources = options.symbols ?? [];
    const symbols = symbolSources[0] ?? null;
    const written = failed || dryRun ? null : output;
    const names = { input, output: written, dryRun, symbols, symbolSources };
    const head = { schema: "klp-convert-report", schemaVersion: SCHEMA_VERSION, version: VERSION };
    const document = { ...head, ...names, outcome, report: findings(result?.report), diagnostics };
    if (!(await print(`${JSON.stringify(document, null, 2)}\n`, options.color))) return 1;
  }
  return failed ? 1 : 0;
}

function decisionsText(file: string, report: Report): string {
  const lines = decisionLines(report);
  return lines.map((line) => `klp-convert: ${visible(`${file}: ${line}`)}\n`).join("");
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
  readonly result?: { readonly report: Report };
}

async function convertFile(
  input: string,
  output: string,
  options: ConvertCommandOptions,
): Promise<Done> {
  const unread: Diagnostic[] = [];
  let module: OpenModule | undefined;
  let map: OpenMap | undefined;
  try {
    module = await openModule(input);
  } catch (error) {
    unread.push(...fileFault(error, inputName(input)));
  }
  try {
    map = await openMap(options.symbols ?? []);
    unread.push(...map.faults);
    if (module !== undefined && unread.length === 0) {
      return await convertModule(input, module, map, output, options);
    }
    return { outcome: "failed", diagnostics: [...faultsOfSources(map), ...unread] };
  } catch (error) {
    // Parts of a large module, and of a list, are read when they are looked at.
    return { outcome: "failed", diagnostics: [...unread, ...faultOfReading(error, input)] };
  } finally {
    module?.close();
    map?.close();
  }
}

/** What is wrong with the sources that could be read: it is of use although the rest could not be. */
function faultsOfSources({ symbols, throwIfChanged }: OpenMap): readonly Diagnostic[] {
  if (symbols === undefined) return [];
  const { diagnostics } = SymbolSources.of(symbols);
  throwIfChanged();
  return diagnostics;
}

/** A fault of one of the files that are read; `input` if it does not say of which. */
function faultOfReading(error: unknown, input: string): readonly Diagnostic[] {
  return fileFault(error, (isFileError(error) ? error.file : undefined) ?? inputName(input));
}

function isLongList(symbols: OpenMap["symbols"]): boolean {
  return symbols !== undefined && "bytes" in symbols && symbols.bytes.size >= LONG_LIST;
}

async function convertModule(
  input: string,
  module: OpenModule,
  map: OpenMap,
  output: string,
  options: ConvertCommandOptions,
): Promise<Done> {
  const { symbols, files } = map;
  if (module.file.size >= LARGE || isLongList(symbols)) await optimiseLater();
  const { sympos, lateBind, patchedObject: patchedObjects, strict } = options;
  const result = convertPartially(module.file, {
    file: inputName(input),
    ...(symbols && { symbols }),
    ...(sympos && { sympos }),
    ...(lateBind && { lateBind }),
    ...(patchedObjects && { patchedObjects }),
    ...(strict && { strict }),
  });
  map.throwIfChanged();
  const { outcome, diagnostics } = result;
  if (result.output === undefined) return { outcome, result, diagnostics };
  if (outcome === "converted") throwIfWrong(result.output, module.file);
  if (options.dryRun) return { outcome, result, diagnostics };
  try {
    const outputs: Output[] = [{ path: output, pieces: result.output.pieces(), mode: module.mode }];
    if (options.depfile !== undefined) {
      const read = [input, ...files].filter((path) => path !== STANDARD_STREAM);
      // A new output beside an old rule would stay as it is when its inputs change.
      const text = depfileText(options.depfile, output, read);
      outputs.unshift({ path: options.depfile, pieces: [Buffer.from(text)] });
    }
    for (const { path } of outputs) refuseToReplace(path, files);
    await writeOutputs(outputs);
  } catch (error) {
    const file = (isFileError(error) ? error.file : undefined) ?? output;
    const fault = fileFault(error, outputName(file));
    return { outcome: "failed", result, diagnostics: [...diagnostics, ...fault] };
  }
  return { outcome, result, diagnostics };
}
