/** What `klp-convert check` is given. */

import { type Command, Option } from "commander";
import type { CheckCommandOptions } from "./check-command.js";
import { addCommonOptions, collect, streamOrFile } from "./common-options.js";
import { STANDARD_STREAM } from "./files.js";

const AFTER_HELP = `
Examples:
  klp-convert check livepatch.klp.ko --symbols Symbols.list --target ext4.ko
  klp-convert check --explain L19

Exit status: 0 nothing is wrong, 1 something is, or a file could not be read, 2 wrong usage.`;

/** Adds the command; `end` is told the exit status of its run. */
export function addCheck(program: Command, end: (status: number) => void): Command {
  const check = program
    .command("check")
    .description("Says what the kernel will say of a livepatch module, before it is loaded.")
    .configureHelp({ commandUsage: () => "klp-convert check FILE… [--symbols LIST]" })
    .argument("[FILE...]", "modules, also compressed ones; - for standard input")
    .optionsGroup("What is checked:")
    .addOption(
      new Option(
        "-s, --symbols <LIST>",
        "symbols of the kernel and modules that are patched, as for convert; may be given several times",
      ).argParser((path: string, before?: readonly string[]) =>
        collect(streamOrFile(path), before),
      ),
    )
    .option("--target <MODULE...>", "modules that are patched, and those they depend on")
    .option("--input <IN>", "the module that FILE was converted from, to compare with")
    .option("--kernel <RELEASE>", "the kernel's release, where it is not the module's own vermagic")
    .option("--fatal-warnings", "warnings are errors, too")
    .optionsGroup("What is printed:")
    .option("--json", "print one report on standard output")
    .option("--sarif", "print one report in SARIF 2.1.0, for code review tools")
    .option("--list", "print what is tested, and test nothing")
    .option("--explain <RULE>", "print all that is known of a rule, and test nothing");
  return addCommonOptions(check)
    .addHelpText("after", AFTER_HELP)
    .action(async (files: readonly string[], options: CheckCommandOptions) => {
      const paths = files.map(streamOrFile);
      const fault = faultOfUsage(paths, options);
      if (fault !== undefined) check.error(`error: ${fault}`);
      const { printRule, printRules, runCheck } = await import("./commands.js");
      if (options.list) return end(await printRules());
      if (options.explain !== undefined) {
        const status = await printRule(options.explain);
        if (status !== undefined) return end(status);
        check.error(
          `error: --explain: there is no rule ${options.explain}; --list prints all of them`,
        );
      }
      end(await runCheck(paths, options));
    });
}

/** What makes no sense, or undefined. */
function faultOfUsage(paths: readonly string[], options: CheckCommandOptions): string | undefined {
  const { symbols = [], target = [], input, kernel, json, sarif, list, explain } = options;
  if (list || explain !== undefined) {
    if (list && explain !== undefined) return "--list and --explain exclude each other";
    const option = list ? "--list" : "--explain";
    return paths.length === 0 ? undefined : `${option} tests nothing, but there is ${paths[0]}`;
  }
  if (paths.length === 0) {
    return target.length === 0
      ? "no FILE is given"
      : "no FILE is given: what stands behind --target is taken for targets, so put files before it";
  }
  if (paths.includes("")) return "FILE is an empty name";
  if (symbols.includes("")) return "LIST is an empty name";
  if (target.includes("")) return "--target has an empty name";
  if (input === "") return "IN is an empty name";
  if (input !== undefined && paths.length > 1) {
    return `--input is of one FILE, but there are ${paths.length}: ${paths.join(" ")}`;
  }
  if (json && sarif) return "--json and --sarif are given, but standard output can hold only one";
  if (kernel !== undefined && !/^[0-9]+\.[0-9]+[!-~]*$/.test(kernel)) {
    return `--kernel is "${kernel}" when it should be like 6.1 or 6.1.0-56-amd64`;
  }
  const all = [...paths, ...symbols, ...target, input ?? ""].map(streamOrFile);
  if (all.filter((path) => path === STANDARD_STREAM).length > 1) {
    return "- is given twice, but standard input can be read only once";
  }
  return undefined;
}
