/** `klp-convert symbols -o OUT SOURCE…`: makes a symbols list. */

import { counted } from "../diagnostics.js";
import type { ListVersion } from "../symbols/index.js";
import { type ColorWhen, fileFault, printDiagnostics } from "./console-output.js";
import { visible } from "./diagnostic-text.js";
import { outputName, refuseToReplace, writeOutput } from "./files.js";
import { internalFaultText } from "./internal-fault.js";
import { printMessages } from "./messages.js";
import { readSymbols } from "./symbol-files.js";

export interface SymbolsCommandOptions {
  readonly output: string;
  readonly format: ListVersion;
  readonly objects?: readonly string[];
  readonly keep?: readonly string[];
  readonly release?: string;
  readonly verbose?: boolean;
  readonly color: ColorWhen;
  readonly debug?: boolean;
}

/** Makes one list and returns the exit status: 0 done, 1 refused or failed. */
export async function runSymbols(
  paths: readonly string[],
  options: SymbolsCommandOptions,
): Promise<number> {
  try {
    return await makeList(paths, options);
  } catch (error) {
    const file = outputName(options.output);
    printMessages(internalFaultText(error, file, options.debug === true));
    return 1;
  }
}

async function makeList(
  paths: readonly string[],
  { output, format, objects, keep, release, verbose, color }: SymbolsCommandOptions,
): Promise<number> {
  const { sources, files, faults } = await readSymbols(paths, release);
  const limits = { ...(objects && { objects }), ...(keep && { keep }) };
  const list = faults.length > 0 ? undefined : sources.list({ format, ...limits });
  printDiagnostics([...sources.diagnostics, ...faults], color);
  if (list === undefined) return 1;
  try {
    refuseToReplace(output, files);
    await writeOutput({ path: output, pieces: list.pieces });
  } catch (error) {
    printDiagnostics(fileFault(error, outputName(output)), color);
    return 1;
  }
  if (verbose) {
    const size = `${counted(list.objects, "object")}, ${counted(list.symbols, "symbol")}`;
    printMessages(`klp-convert: ${visible(`${outputName(output)}: ${size}`)}\n`);
  }
  return 0;
}
