/** `klp-convert check FILE…`: modules in, verdicts and findings out. */

import { type CheckResult, check, documentRule, isClean, RULES } from "../check/index.js";
import type { Diagnostic } from "../diagnostics.js";
import { type SymbolSource, SymbolSources } from "../symbols/index.js";
import { VERSION } from "../version.js";
import { type ColorWhen, print, printDiagnostics } from "./console-output.js";
import { inputName } from "./files.js";
import { findingsText } from "./findings-text.js";
import { internalFaultText } from "./internal-fault.js";
import { printMessages } from "./messages.js";
import { readPlainModule } from "./module-files.js";
import { sarifLog } from "./sarif.js";
import { readMap } from "./symbol-files.js";

export interface CheckCommandOptions {
  readonly symbols?: readonly string[];
  readonly target?: readonly string[];
  readonly input?: string;
  readonly kernel?: string;
  readonly fatalWarnings?: boolean;
  readonly json?: boolean;
  readonly sarif?: boolean;
  readonly list?: boolean;
  readonly explain?: string;
  readonly color: ColorWhen;
  readonly debug?: boolean;
}

/** The version of the document that --json prints; it changes when a field changes its meaning. */
const SCHEMA_VERSION = 1;

/** A file, and what was found; what is the matter with the file itself if nothing could be. */
export interface CheckedFile {
  readonly file: string;
  readonly result?: CheckResult;
  readonly diagnostics: readonly Diagnostic[];
}

/** Checks files one after the other and returns the exit status: 0 clean, 1 not. */
export async function runCheck(
  paths: readonly string[],
  options: CheckCommandOptions,
): Promise<number> {
  const { symbols = [], target = [], json, sarif, color, fatalWarnings = false } = options;
  const sources = [...symbols, ...target];
  const map = await readMap(sources);
  const input = options.input === undefined ? undefined : await readPlainModule(options.input);
  const unread = [...map.faults, ...(input?.faults ?? [])];
  if (unread.length > 0) {
    printDiagnostics(
      [...(map.symbols === undefined ? [] : SymbolSources.of(map.symbols).diagnostics), ...unread],
      color,
    );
    return 1;
  }
  const checked: CheckedFile[] = [];
  for (const path of paths) {
    const file = inputName(path);
    try {
      checked.push(await checkFile(path, map.symbols, input?.bytes, options));
    } catch (error) {
      printMessages(internalFaultText(error, file, options.debug === true));
      return 1;
    }
    const last = checked.at(-1)!;
    // Verdicts come as they are found; a document only when it is complete.
    if (!json && !sarif && !(await print(findingsText(last, color), color))) return 1;
  }
  const status = checked.every((each) => isPassed(each, fatalWarnings)) ? 0 : 1;
  if (!json && !sarif) return status;
  const document = sarif ? sarifLog(checked) : jsonDocument(checked, sources, options);
  return (await print(`${JSON.stringify(document, null, 2)}\n`, color)) ? status : 1;
}

async function checkFile(
  path: string,
  symbols: SymbolSource | SymbolSources | undefined,
  input: Uint8Array | undefined,
  options: CheckCommandOptions,
): Promise<CheckedFile> {
  const file = inputName(path);
  const { bytes, faults } = await readPlainModule(path);
  if (bytes === undefined) return { file, diagnostics: faults };
  const result = check(bytes, {
    file,
    ...(symbols && { symbols }),
    ...(options.kernel !== undefined && { kernel: options.kernel }),
    ...(input && { input: { file: inputName(options.input!), bytes: input } }),
  });
  return { file, result, diagnostics: result.diagnostics };
}

function isPassed({ result, diagnostics }: CheckedFile, fatalWarnings: boolean): boolean {
  const isBad = ({ severity }: Diagnostic) =>
    severity === "error" || (fatalWarnings && severity === "warning");
  return result !== undefined && !diagnostics.some(isBad) && isClean(result, fatalWarnings);
}

function jsonDocument(
  checked: readonly CheckedFile[],
  symbolSources: readonly string[],
  { input, kernel }: CheckCommandOptions,
) {
  return {
    schema: "klp-convert-check",
    schemaVersion: SCHEMA_VERSION,
    version: VERSION,
    symbolSources,
    input: input ?? null,
    kernel: kernel ?? null,
    files: checked.map(({ file, result, diagnostics }) => ({
      file,
      form: result?.form ?? null,
      kernel: result?.kernel ?? null,
      machine: result?.machine ?? null,
      plan: result?.plan ?? null,
      verdict: result?.examination?.verdict ?? null,
      findings: result?.examination?.findings ?? [],
      findingsNotShown: result?.examination?.beyond ?? 0,
      notChecked: result?.examination?.unchecked ?? [],
      diagnostics,
    })),
  };
}

/** Prints the rules' numbers and titles; returns the exit status. */
export async function printRules(): Promise<number> {
  const lines = RULES.map(({ id, severity, title }) => `${id}  ${severity.padEnd(7)}  ${title}\n`);
  return (await print(lines.join(""), "auto")) ? 0 : 1;
}

/** Prints a rule; returns the exit status, or undefined if there is no such rule. */
export async function printRule(id: string): Promise<number | undefined> {
  const rule = RULES.find((each) => each.id === id.toUpperCase());
  if (rule === undefined) return undefined;
  return (await print(documentRule(rule), "auto")) ? 0 : 1;
}
