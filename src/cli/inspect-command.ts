/** `klp-convert inspect FILE…`: what is in modules, as text, as data or as a page. */

import type { Diagnostic } from "../diagnostics.js";
import { type Comparison, compareModules, type Inspection, inspect } from "../inspect/index.js";
import { SymbolSources } from "../symbols/index.js";
import { VERSION } from "../version.js";
import { comparisonText } from "./comparison-text.js";
import { type ColorWhen, fileFault, printDiagnostics } from "./console-output.js";
import {
  inputName,
  isFileError,
  outputName,
  refuseToReplace,
  STANDARD_STREAM,
  writeOutput,
  writeStandardOutput,
} from "./files.js";
import { readInput } from "./input-files.js";
import { inspectionText } from "./inspection-text.js";
import { internalFaultText } from "./internal-fault.js";
import { printMessages } from "./messages.js";
import { readMap } from "./symbol-files.js";

export interface InspectCommandOptions {
  readonly symbols?: readonly string[];
  readonly diff?: boolean;
  readonly html?: string;
  readonly json?: boolean;
  readonly color: ColorWhen;
  readonly debug?: boolean;
}

/** The version of the document that --json prints; it changes when a field changes its meaning. */
const SCHEMA_VERSION = 1;

/** What --json prints, and a page is made of. */
export interface InspectionDocument {
  readonly schema: "klp-convert-inspection";
  readonly schemaVersion: number;
  readonly version: string;
  readonly symbolSources: readonly string[];
  readonly inspections: readonly Inspection[];
  /** How the second file differs from the first; null if that was not asked, or one is unreadable. */
  readonly comparison: Comparison | null;
  /** What concerns none of the files alone. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Inspects files and returns the exit status: 0 done, 1 if any could not be read or inspected. */
export async function runInspect(
  paths: readonly string[],
  options: InspectCommandOptions,
): Promise<number> {
  const { symbols = [], color } = options;
  const read = await readMap(symbols);
  // Symbols that are not all there would say of names that nobody has them.
  const isUnread = read.faults.length > 0;
  const known = isUnread ? undefined : read.symbols;
  const ofSources = isUnread && read.symbols ? SymbolSources.of(read.symbols).diagnostics : [];
  const faults = [...ofSources, ...read.faults];
  const inspections: Inspection[] = [];
  const modules: { file: string; bytes: Uint8Array }[] = [];
  for (const path of paths) {
    const file = inputName(path);
    try {
      const { bytes } = await readInput(path);
      modules.push({ file, bytes });
      inspections.push(inspect(bytes, { file, ...(known && { symbols: known }) }));
    } catch (error) {
      const diagnostics = faultOf(error, file, options);
      if (diagnostics === undefined) return 1;
      inspections.push({ file, module: null, diagnostics });
    }
    // Of many files only the two that are compared are needed again.
    if (!options.diff) modules.length = 0;
  }
  const [before, after] = modules;
  const comparison =
    before === undefined || after === undefined ? null : compareModules(before, after).comparison;
  const document: InspectionDocument = {
    schema: "klp-convert-inspection",
    schemaVersion: SCHEMA_VERSION,
    version: VERSION,
    symbolSources: symbols,
    inspections,
    comparison,
    diagnostics: faults,
  };
  const found = [...faults, ...inspections.flatMap(({ diagnostics }) => diagnostics)];
  printDiagnostics(distinct(found), color);
  const isAnyFaulty = found.some(({ severity }) => severity === "error");
  try {
    if (options.html !== undefined) {
      refuseToReplace(options.html, [...paths, ...read.files]);
      // The bundler leaves this path as it is: nearly no run needs a page.
      const { inspectionPage } = await import("./page/index.js");
      const bytes = Buffer.from(inspectionPage(document));
      await writeOutput({ path: options.html, pieces: [bytes] });
    }
    if (options.json) await writeStandardOutput(`${JSON.stringify(document, null, 2)}\n`);
    else if (options.html === undefined) {
      await writeStandardOutput(documentText(document, options.diff === true));
    }
  } catch (error) {
    // A page says which file it is; standard output does not.
    const written = isFileError(error) ? error.file : options.html;
    const name = outputName(written ?? STANDARD_STREAM);
    const diagnostics = faultOf(error, name, options);
    if (diagnostics !== undefined) printDiagnostics(diagnostics, color);
    return 1;
  }
  return isAnyFaulty ? 1 : 0;
}

function documentText({ inspections, comparison }: InspectionDocument, isDiff: boolean): string {
  const [before, after] = inspections;
  if (comparison !== null) return comparisonText(before!.file, after!.file, comparison);
  if (isDiff) return "";
  return inspections
    .map(inspectionText)
    .filter((text) => text !== "")
    .join("\n\n");
}

/** Diagnostics of a file that cannot be read or written; undefined for a fault of this program's. */
function faultOf(
  error: unknown,
  file: string,
  { debug }: InspectCommandOptions,
): Diagnostic[] | undefined {
  try {
    return fileFault(error, file);
  } catch (fault) {
    printMessages(internalFaultText(fault, file, debug === true));
    return undefined;
  }
}

/** What the symbols' readers say is said with each of the files; once is enough. */
function distinct(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...new Map(diagnostics.map((each) => [JSON.stringify(each), each])).values()];
}
