// The tool under test, run as a user runs it.
import { fileURLToPath } from "node:url";
import { type CommandResult, runCommand } from "./command.js";

const program = fileURLToPath(new URL("../../bin/klp-convert.js", import.meta.url));

/** What a Makefile has to call for the tool. */
export const klpConvertCommand = `${process.execPath} ${program}`;

export function convertModule(
  input: string,
  output: string,
  symbolsList: string,
): Promise<CommandResult> {
  return runCommand(process.execPath, [program, input, output, "--symbols", symbolsList]);
}
