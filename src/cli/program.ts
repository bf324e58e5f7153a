/** The command line's grammar as a whole; each command's own is in a file of its own. */

import { Command, CommanderError } from "commander";
import { VERSION } from "../version.js";
import { addBatch, addReport } from "./batch-grammar.js";
import { addCheck } from "./check-grammar.js";
import { addConvert, CONVERT_AFTER_HELP } from "./convert-grammar.js";
import { visible } from "./diagnostic-text.js";
import { addInspect } from "./inspect-grammar.js";
import { printHelp, printMessages } from "./messages.js";
import { expandOptionFiles, OptionFileError } from "./option-files.js";
import { addSymbols } from "./symbols-grammar.js";

/** Exit status of a command line that makes no sense. */
const USAGE = 2;

/** How a run has ended. */
export interface Ended {
  /** The exit status. */
  readonly status: number;
  /** It is certain that nothing is left to be printed. */
  readonly isSilent: boolean;
}

/** Parses `argv` (without node and script) and runs it. */
export async function runProgram(argv: readonly string[]): Promise<Ended> {
  let ended: Ended = { status: 0, isSilent: false };
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
  const end = (status: number, isSilent = false) => {
    ended = { status, isSilent };
  };

  try {
    const args = expandOptionFiles(argv);
    addCommand(program, args[0], end);
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (error instanceof OptionFileError) {
      printMessages(`klp-convert: error: ${visible(error.message)}\n`);
      return { status: USAGE, isSilent: false };
    }
    if (!(error instanceof CommanderError)) throw error;
    return { status: error.exitCode === 0 ? 0 : USAGE, isSilent: false };
  }
  return ended;
}

const COMMANDS: Readonly<Record<string, typeof addCheck>> = {
  batch: addBatch,
  check: addCheck,
  inspect: addInspect,
  report: addReport,
  symbols: addSymbols,
};

/** Adds the command that the command line names first, and no other: each takes time to describe. */
function addCommand(
  program: Command,
  name: string | undefined,
  end: (status: number, isSilent?: boolean) => void,
) {
  const add = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (add !== undefined) {
    add(program, end).showHelpAfterError(`klp-convert: try klp-convert ${name} --help`);
    return;
  }
  const convert = addConvert(program, end);
  // The default command is what people come for: its help is the program's.
  program.helpInformation = () => convert.helpInformation();
  program.addHelpText("after", CONVERT_AFTER_HELP);
}

/** A message of commander's in our style: what follows it is indented, and nothing is obeyed. */
function inOurStyle(text: string): string {
  const [message = "", hint] = text.trimEnd().split(/\n(?=\(Did you mean .*\?\)$)/);
  const lines = hint === undefined ? [message] : [message, `    d${hint.slice(2, -1)}`];
  return lines.map((line) => `${visible(line)}\n`).join("");
}
