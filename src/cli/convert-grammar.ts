/** What `klp-convert [convert]` is given. */

import type { Command } from "commander";
import { addCommonOptions, addConversionOptions, streamOrFile } from "./common-options.js";
import type { ConvertCommandOptions } from "./convert-command.js";
import { isSameFile, STANDARD_STREAM } from "./files.js";

/** What follows the options in the help, the program's too. */
export const CONVERT_AFTER_HELP = `
Examples:
  klp-convert livepatch.ko livepatch.klp.ko --symbols Symbols.list
  klp-convert livepatch.ko livepatch.klp.ko --symbols vmlinux --symbols ext4.ko

Other commands:
  klp-convert symbols   makes a symbols list; see klp-convert symbols --help
  klp-convert batch     converts many modules; see klp-convert batch --help
  klp-convert check     says what the kernel will say of a module; see klp-convert check --help
  klp-convert inspect   shows what is in modules; see klp-convert inspect --help

@FILE stands for the words in FILE, in all commands.
Exit status: 0 done, 1 refused or failed, 2 wrong usage.`;

/** Adds the command; `end` is told the exit status of its run, and whether it has printed nothing. */
export function addConvert(
  program: Command,
  end: (status: number, isSilent: boolean) => void,
): Command {
  const convert = program
    .command("convert", { isDefault: true })
    .description("Turns an intermediate Linux livepatch module into one the kernel loads.")
    .configureHelp({ commandUsage: () => "klp-convert [convert] IN OUT --symbols LIST" })
    .argument("IN", "intermediate module, a .ko file; - for standard input")
    .argument("[OUT]", "where the result goes, may be IN; - for standard output")
    .allowExcessArguments()
    .optionsGroup("What is converted:");
  addConversionOptions(convert)
    .option("--depfile <FILE>", "write what OUT was made from, as a rule of make")
    .option("-n, --dry-run", "print what would be done, and write nothing; OUT may be left out")
    .optionsGroup("What is printed:")
    .option("-v, --verbose", "print each decision: symbol, object, position, sections, why")
    .option("--json", "print one report on standard output");
  return addCommonOptions(convert)
    .addHelpText("after", CONVERT_AFTER_HELP)
    .action(async (_input: string, _output: string, options: ConvertCommandOptions) => {
      const isNamed = program.args[0] === "convert";
      const [input = "", output = options.dryRun ? "-" : ""] = convert.args.map(streamOrFile);
      const fault = faultOfUsage(convert.args, isNamed, options);
      if (fault !== undefined) convert.error(`error: ${fault}`);
      const { hasPrintedMessages, runConvert } = await import("./commands.js");
      // What goes to standard output is waited for.
      end(await runConvert(input, output, options), !hasPrintedMessages());
    });
}

const COMMANDS = ["convert", "symbols", "batch", "report", "check", "inspect"];

/** What makes no sense together, or undefined. */
function faultOfUsage(
  files: readonly string[],
  isNamed: boolean,
  { symbols = [], json, dryRun, depfile }: ConvertCommandOptions,
): string | undefined {
  if (files.length === 1 && !dryRun) return "missing required argument 'OUT'";
  const [input = "", output = dryRun ? "nowhere" : ""] = files.map(streamOrFile);
  const command = COMMANDS.find((name) => files.includes(name));
  if (!isNamed && command !== undefined && (input === command || files.length > 2)) {
    return `the command, ${command}, comes before any option; a file of that name is ./${command}`;
  }
  if (files.length > 2) {
    return `there are ${files.length} files when there should be IN and OUT: ${files.join(" ")}`;
  }
  if (input === "" || output === "" || symbols.includes("")) {
    return `${input === "" ? "IN" : output === "" ? "OUT" : "LIST"} is an empty name`;
  }
  if (output === STANDARD_STREAM && json && !dryRun) {
    return "OUT is - and --json is given, but standard output can hold only one";
  }
  const streams = symbols.filter((path) => path === STANDARD_STREAM).length;
  if (input === STANDARD_STREAM && streams > 0) {
    return "IN and LIST are both -, but standard input can be read only once";
  }
  if (streams > 1) return "--symbols is - twice, but standard input can be read only once";
  if (symbols.some((path) => path !== STANDARD_STREAM && isSameFile(path, output))) {
    return "OUT is the symbols list";
  }
  if (depfile === undefined) return undefined;
  return dryRun
    ? "--dry-run writes nothing, so there is no --depfile"
    : faultOfDepfile(streamOrFile(depfile), input, output, symbols);
}

function faultOfDepfile(
  depfile: string,
  input: string,
  output: string,
  symbols: readonly string[],
): string | undefined {
  if (depfile === "") return "the depfile is an empty name";
  if (depfile === STANDARD_STREAM) return "the depfile is -, but it has to be a file";
  if (output === STANDARD_STREAM) return "OUT is -, for which there is no rule of make";
  const others = Object.entries({ IN: [input], OUT: [output], LIST: symbols });
  const same = others.find(([, paths]) =>
    paths.some((path) => path === depfile || isSameFile(path, depfile)),
  );
  return same === undefined ? undefined : `the depfile is also ${same[0]}`;
}
