/** Options that every command has, and what options have in common. */

import { type Command, Option } from "commander";
import {
  faultOfPatchedObject,
  faultOfStatedPosition,
  parseLateBinding,
} from "../livepatch/index.js";
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

/** What a conversion is told beside its files; of one, or of each of a batch. */
export function addConversionOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "-s, --symbols <LIST>",
        "symbols of the kernel and modules that are patched: a symbols list, vmlinux, a module, a folder of modules, kallsyms, System.map, Module.symvers; may be given several times",
      ).argParser((path: string, before?: readonly string[]) =>
        collect(streamOrFile(path), before),
      ),
    )
    .addOption(
      new Option(
        "--sympos <OBJECT:NAME=POS>",
        "which of several homonyms NAME is; or OBJECT:NAME@FILE, the one from a source file; may be given several times",
      ).argParser((text: string, before?: readonly string[]) => {
        const fault = faultOfStatedPosition(text);
        if (fault !== undefined) command.error(`error: --sympos: ${fault}`);
        return collect(text, before);
      }),
    )
    .addOption(
      new Option(
        "--late-bind <OWNER=PATCHED>",
        "symbols of module OWNER are bound when PATCHED is loaded, which is patched and depends on OWNER; may be given several times",
      ).argParser((text: string, before?: readonly string[]) => {
        const binding = parseLateBinding(text);
        if (typeof binding === "string") command.error(`error: --late-bind: ${binding}`);
        return collect(text, before);
      }),
    )
    .addOption(
      new Option(
        "--patched-object <OBJ>",
        "vmlinux or a module that the patch patches, where that cannot be read from the module; may be given several times",
      ).argParser((name: string, before?: readonly string[]) => {
        const fault = faultOfPatchedObject(name);
        if (fault !== undefined) command.error(`error: --patched-object: ${fault}`);
        return collect(name, before);
      }),
    )
    .option("--strict", "refuse symbols of another kernel release than the module's");
}

/** Collects the values of an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** The streams by their other names: as files they would be replaced or begun anew. */
export function streamOrFile(path: string): string {
  return path === "/dev/stdin" || path === "/dev/stdout" ? STANDARD_STREAM : path;
}
