/** What `klp-convert inspect` is given. */

import { statSync } from "node:fs";
import { type Command, Option } from "commander";
import { shellWord } from "../diagnostics.js";
import { addCommonOptions, collect, streamOrFile } from "./common-options.js";
import { isSameFile, STANDARD_STREAM } from "./files.js";
import type { InspectCommandOptions } from "./inspect-command.js";

const AFTER_HELP = `
Examples:
  klp-convert inspect livepatch.klp.ko
  klp-convert inspect livepatch.ko --symbols Symbols.list
  klp-convert inspect --diff livepatch.ko livepatch.klp.ko
  klp-convert inspect --html patches.html *.ko

Exit status: 0 done, 1 a file could not be read, 2 wrong usage.`;

/** Adds the command; `end` is told the exit status of its run. */
export function addInspect(program: Command, end: (status: number) => void): Command {
  const inspect = program
    .command("inspect")
    .description("Shows what is in modules: patch, livepatch symbols and sections, imports.")
    .configureHelp({ commandUsage: () => "klp-convert inspect FILE… [--symbols LIST]" })
    .argument("[FILE...]", "modules, before or after conversion; - for standard input")
    .optionsGroup("What is looked at:")
    .addOption(
      new Option(
        "-s, --symbols <LIST>",
        "says who exports what, and what would be converted: whatever convert --symbols takes; may be given several times",
      ).argParser((path: string, before?: readonly string[]) =>
        collect(streamOrFile(path), before),
      ),
    )
    .option("--diff", "show what changed between two files, IN and OUT, and that the rest did not")
    .optionsGroup("What is printed:")
    .option("--html <PAGE>", "write one page, with a diagram, that needs nothing else")
    .option("--json", "print one document on standard output");
  return addCommonOptions(inspect)
    .addHelpText("after", AFTER_HELP)
    .action(async (files: readonly string[], options: InspectCommandOptions) => {
      const paths = files.map(streamOrFile);
      const fault = faultOfUsage(paths, options);
      if (fault !== undefined) inspect.error(`error: ${fault}`);
      // In a bundle of its own, see build.mjs.
      const { runInspect } = await import("./inspect-command.js");
      end(await runInspect(paths, options));
    });
}

/** What makes no sense, or undefined. */
function faultOfUsage(
  paths: readonly string[],
  { symbols = [], diff, html }: InspectCommandOptions,
): string | undefined {
  if (diff && paths.length !== 2) {
    return `--diff compares two files, IN and OUT, and ${paths.length === 0 ? "none is" : paths.length === 1 ? "one is" : `${paths.length} are`} given`;
  }
  if (paths.length === 0) return "no FILE is given";
  if (paths.includes("")) return "FILE is an empty name";
  if (symbols.includes("")) return "LIST is an empty name";
  const folder = paths.find(isFolder);
  if (folder !== undefined) {
    return `${folder} is a folder when FILE should be a module: ${shellWord(`${folder.replace(/\/+$/, "")}/`)}*.ko are those in it`;
  }
  const isStream = (path: string) => path === STANDARD_STREAM;
  const streams = paths.filter(isStream).length;
  const streamsOfSymbols = symbols.filter(isStream).length;
  if (streams > 1) return "FILE is - twice, but standard input can be read only once";
  if (streamsOfSymbols > 1) return "--symbols is - twice, but standard input can be read only once";
  if (streams > 0 && streamsOfSymbols > 0) {
    return "FILE and LIST are both -, but standard input can be read only once";
  }
  if (html === undefined) return undefined;
  if (html === "") return "PAGE is an empty name";
  if (isStream(streamOrFile(html))) {
    return "--html is -, but a page goes to a file: --html inspection.html";
  }
  if (isFolder(html)) return `--html is ${html}, which is a folder when it should be a file`;
  const isReplaced = (path: string) => !isStream(path) && isSameFile(path, html);
  if (paths.some(isReplaced)) return "PAGE is also a FILE, which it would replace";
  if (symbols.some(isReplaced)) return "PAGE is also a LIST, which it would replace";
  return undefined;
}

function isFolder(path: string): boolean {
  try {
    return path !== STANDARD_STREAM && statSync(path).isDirectory();
  } catch {
    // What cannot be looked at will not be read either, and that says why.
    return false;
  }
}
