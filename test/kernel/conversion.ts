// The tool under test, run as a user runs it.
import { fileURLToPath } from "node:url";
import { type CommandResult, runCommand } from "./command.js";

const program = fileURLToPath(new URL("../../bin/klp-convert.js", import.meta.url));

/** What a Makefile has to call for the tool. */
export const klpConvertCommand = `${process.execPath} ${program}`;

/** Converts with what is to be given to `--symbols`: several files, or none. */
export function convertModule(
  input: string,
  output: string,
  symbols: readonly string[],
  ...options: readonly string[]
): Promise<CommandResult> {
  const sources = symbols.flatMap((file) => ["--symbols", file]);
  return runCommand(process.execPath, [program, input, output, ...sources, ...options]);
}

/** Makes a symbols list of sources. */
export function makeSymbolsList(sources: readonly string[], list: string): Promise<CommandResult> {
  return runCommand(process.execPath, [program, "symbols", "--output", list, ...sources]);
}

/** Checks a module, given the rest of the command line. */
export function checkModule(file: string, args: readonly string[]): Promise<CommandResult> {
  return runCommand(process.execPath, [program, "check", file, ...args]);
}
