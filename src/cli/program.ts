/** The command line's grammar. What a command does is in a file of its own. */

import { Command, CommanderError, Option } from "commander";
import { VERSION } from "../version.js";
import { type ConvertCommandOptions, runConvert } from "./convert-command.js";
import { visible } from "./diagnostic-text.js";
import { isSameFile, STANDARD_STREAM } from "./files.js";
import { printHelp, printMessages } from "./messages.js";

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
    .version(VERSION, "-V, --version", "print the version")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: printHelp,
      writeErr: printMessages,
      outputError: (text, write) => write(`klp-convert: ${inOurStyle(text)}`),
    })
    .showHelpAfterError("klp-convert: try klp-convert --help");

  const convert = program
    .command("convert", { isDefault: true })
    .description("Turns an intermediate Linux livepatch module into one the kernel loads.")
    .configureHelp({ commandUsage: () => "klp-convert [convert] IN OUT --symbols LIST" })
    .argument("IN", "intermediate module, a .ko file; - for standard input")
    .argument("OUT", "where the result goes, may be IN; - for standard output")
    .allowExcessArguments()
    .optionsGroup("What is converted:")
    .addOption(
      new Option(
        "-s, --symbols <LIST>",
        "symbols list of the kernel and modules that are patched",
        // Commander would take the last and forget the others.
      ).argParser((list: string, before: string | undefined) => {
        if (before !== undefined) convert.error("error: --symbols is given twice");
        return streamOrFile(list);
      }),
    )
    .optionsGroup("What is printed:")
    .option("-v, --verbose", "print each decision: symbol, object, position, sections, why")
    .option("--json", "print one report on standard output")
    .addOption(
      new Option(
        "--color <WHEN>",
        "color messages: always, never, or auto: on a terminal, without NO_COLOR",
      )
        .argParser((when: string) => {
          if (!["auto", "always", "never"].includes(when)) {
            convert.error(`error: --color is "${when}" when it should be auto, always or never`);
          }
          return when;
        })
        .default("auto"),
    )
    .option("--debug", "print the stack trace of an internal error")
    .optionsGroup("Other:")
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", EXAMPLE)
    .action(async (_input: string, _output: string, options: ConvertCommandOptions) => {
      const isNamed = program.args[0] === "convert";
      const [input = "", output = ""] = convert.args.map(streamOrFile);
      const fault = faultOfUsage(convert.args, isNamed, options);
      if (fault !== undefined) convert.error(`error: ${fault}`);
      status = await runConvert(input, output, options);
    });
  // The default command is what people come for: its help is the program's.
  program.helpInformation = () => convert.helpInformation();
  program.addHelpText("after", EXAMPLE);

  try {
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : USAGE;
  }
  return status;
}

/** What makes no sense together, or undefined. */
function faultOfUsage(
  files: readonly string[],
  isNamed: boolean,
  { symbols, json }: ConvertCommandOptions,
): string | undefined {
  const [input = "", output = ""] = files.map(streamOrFile);
  if (!isNamed && (input === "convert" || (files.length > 2 && files.includes("convert")))) {
    return "the command, convert, comes before any option; a file of that name is ./convert";
  }
  if (files.length > 2) {
    return `there are ${files.length} files when there should be IN and OUT: ${files.join(" ")}`;
  }
  if (input === "" || output === "" || symbols === "") {
    return `${input === "" ? "IN" : output === "" ? "OUT" : "LIST"} is an empty name`;
  }
  if (output === STANDARD_STREAM && json) {
    return "OUT is - and --json is given, but standard output can hold only one";
  }
  if (input === STANDARD_STREAM && symbols === STANDARD_STREAM) {
    return "IN and LIST are both -, but standard input can be read only once";
  }
  if (symbols && symbols !== STANDARD_STREAM && isSameFile(symbols, output)) {
    return "OUT is the symbols list";
  }
  return undefined;
}

/** The streams by their other names: as files they would be replaced or begun anew. */
function streamOrFile(path: string): string {
  return path === "/dev/stdin" || path === "/dev/stdout" ? STANDARD_STREAM : path;
}

/** A message of commander's in our style: what follows it is indented, and nothing is obeyed. */
function inOurStyle(text: string): string {
  const [message = "", hint] = text.trimEnd().split(/\n(?=\(Did you mean .*\?\)$)/);
  const lines = hint === undefined ? [message] : [message, `    d${hint.slice(2, -1)}`];
  return lines.map((line) => `${visible(line)}\n`).join("");
}
