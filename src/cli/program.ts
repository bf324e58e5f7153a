/** The command line's grammar. What a command does is in a file of its own. */

import { Command, CommanderError, Option } from "commander";
import { VERSION } from "../version.js";
import { type ConvertCommandOptions, runConvert } from "./convert-command.js";
import { STANDARD_STREAM } from "./files.js";

/** Exit status of a command line that makes no sense. */
const USAGE = 2;

const EXAMPLE = `
Example:
  klp-convert livepatch.ko livepatch.klp.ko --symbols Symbols.list

Exit status: 0 done, 1 refused or failed, 2 wrong usage.`;

/** Parses `argv` (without node and script) and runs it; returns the exit status. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  let status = 0;
  const program = new Command("klp-convert");
  program
    .description("Turns an intermediate Linux livepatch module into one the kernel loads.")
    .usage("[convert] IN OUT --symbols LIST")
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(`klp-convert: ${text}`),
    })
    .showHelpAfterError("klp-convert: try klp-convert --help");

  const convert = program
    .command("convert", { isDefault: true })
    .description("convert the intermediate module IN to OUT (the default command)")
    .usage("IN OUT --symbols LIST")
    .helpOption("-h, --help", "print this help")
    .argument("IN", "intermediate module, a .ko file; - for standard input")
    .argument("OUT", "where the result goes, may be IN; - for standard output")
    .optionsGroup("What is converted:")
    .option("-s, --symbols <LIST>", "symbols list of the kernel and modules that are patched")
    .optionsGroup("What is printed:")
    .option("-v, --verbose", "print each decision: symbol, object, position, sections, why")
    .option("--json", "print one report on standard output")
    .addOption(
      new Option(
        "--color <WHEN>",
        "color messages: auto, if a terminal reads them and NO_COLOR is unset",
      )
        .choices(["auto", "always", "never"])
        .default("auto"),
    )
    .option("--debug", "print the stack trace of an internal error")
    .optionsGroup("Other:")
    .action(async (input: string, output: string, options: ConvertCommandOptions) => {
      if (output === STANDARD_STREAM && options.json) {
        convert.error("error: OUT is - and --json is given, but standard output can hold only one");
      }
      if (input === STANDARD_STREAM && options.symbols === STANDARD_STREAM) {
        convert.error(
          "error: IN and --symbols are both -, but standard input can be read only once",
        );
      }
      status = await runConvert(input, output, options);
    });
  convert.addHelpText("after", EXAMPLE);
  // The default command is what most people come for, so its options are part of the overview.
  program.addHelpText("after", () => `\n${convert.helpInformation()}${EXAMPLE}`);

  try {
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : USAGE;
  }
  return status;
}
