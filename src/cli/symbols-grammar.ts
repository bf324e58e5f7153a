/** What `klp-convert symbols` is given. */

import { type Command, Option } from "commander";
import { addCommonOptions, collect, streamOrFile } from "./common-options.js";
import { isSameFile, STANDARD_STREAM } from "./files.js";
import type { SymbolsCommandOptions } from "./symbols-command.js";

const AFTER_HELP = `
Sources, told by what is in them: vmlinux, modules (.ko, also .gz, .xz, .zst), folders with modules,
/proc/kallsyms, System.map, nm -n or nm -f posix of vmlinux, Module.symvers, symbols lists.

Examples:
  klp-convert symbols -o Symbols.list vmlinux /lib/modules/6.1.0-56-amd64
  klp-convert symbols -o Symbols.list /proc/kallsyms Module.symvers

Exit status: 0 done, 1 refused or failed, 2 wrong usage.`;

/** Adds the command; `end` is told the exit status of its run. */
export function addSymbols(program: Command, end: (status: number) => void): Command {
  const symbols = program
    .command("symbols")
    .description("Makes a symbols list in the kernel's own order, in which positions are right.")
    .configureHelp({ commandUsage: () => "klp-convert symbols -o LIST SOURCE…" })
    .argument("[SOURCE...]", "what the symbols are read from; - for standard input")
    .optionsGroup("What is made:")
    .requiredOption("-o, --output <LIST>", "where the list goes; - for standard output")
    .addOption(
      new Option(
        "--format <VERSION>",
        "0.1: names, for every klp-convert; 0.2: addresses, types and source files too",
      )
        .argParser((format: string) => {
          if (format !== "0.1" && format !== "0.2") {
            symbols.error(`error: --format is "${format}" when it should be 0.1 or 0.2`);
          }
          return format;
        })
        .default("0.1"),
    )
    .addOption(
      new Option("--objects <LIST>", "only these objects, separated by commas").argParser(
        (list: string, before?: readonly string[]) => {
          const objects = list.split(",");
          if (objects.includes("")) symbols.error(`error: --objects "${list}" has an empty name`);
          return objects.reduce((all, object) => collect(object, all), before ?? []);
        },
      ),
    )
    .option("--keep <NAME...>", "only symbols of these names, and their exports")
    .option("--release <RELEASE>", "the kernel's release, uname -r, where a source does not say it")
    .optionsGroup("What is printed:")
    .option("-v, --verbose", "print how much was written");
  return addCommonOptions(symbols)
    .addHelpText("after", AFTER_HELP)
    .action(async (sources: readonly string[], options: SymbolsCommandOptions) => {
      const paths = sources.map(streamOrFile);
      const output = streamOrFile(options.output);
      const fault = faultOfUsage(paths, output, options);
      if (fault !== undefined) symbols.error(`error: ${fault}`);
      const { runSymbols } = await import("./commands.js");
      end(await runSymbols(paths, { ...options, output }));
    });
}

/** What makes no sense, or undefined. */
function faultOfUsage(
  paths: readonly string[],
  output: string,
  { release, keep }: SymbolsCommandOptions,
): string | undefined {
  if (paths.length === 0) {
    return keep === undefined
      ? "no SOURCE is given"
      : "no SOURCE is given: what stands behind --keep is taken for names, so put sources before it";
  }
  if (output === "") return "LIST is an empty name";
  if (keep?.includes("")) return "--keep has an empty name";
  if (paths.includes("")) return "SOURCE is an empty name";
  if (paths.filter((path) => path === STANDARD_STREAM).length > 1) {
    return "SOURCE is - twice, but standard input can be read only once";
  }
  if (paths.some((path) => path !== STANDARD_STREAM && isSameFile(path, output))) {
    return "LIST is also a SOURCE, which it would replace";
  }
  if (release !== undefined && !/^[0-9]+\.[0-9]+[!-~]*$/.test(release)) {
    return `--release is "${release}" when it should be like 6.1.0-56-amd64`;
  }
  return undefined;
}
