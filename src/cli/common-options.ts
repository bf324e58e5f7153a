/** Options that every command has, and what options have in common. */

import { type Command, Option } from "commander";
import { VERSION } from "../version.js";
import { STANDARD_STREAM } from "./files.js";

/** `--color`, `--debug`, `--version` and `--help`. */
export function addCommonOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--color <WHEN>",
        "color messages: always, never, or auto: on a terminal, without NO_COLOR",
      )
        .argParser((when: string) => {
          if (!["auto", "always", "never"].includes(when)) {
            command.error(`error: --color is "${when}" when it should be auto, always or never`);
          }
          return when;
        })
        .default("auto"),
    )
    .option("--debug", "print the stack trace of an internal error")
    .optionsGroup("Other:")
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help");
}

/** Collects the values of an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** The streams by their other names: as files they would be replaced or begun anew. */
export function streamOrFile(path: string): string {
  return path === "/dev/stdin" || path === "/dev/stdout" ? STANDARD_STREAM : path;
}
