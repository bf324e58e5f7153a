// Modules are built from copies, because kbuild leaves its files beside the sources.
import { cp } from "node:fs/promises";
import { basename, extname } from "node:path";
import { type CommandResult, runCommand, succeeded } from "./command.js";
import { commandIn } from "./other-system.mjs";
import type { KernelLab } from "./requirements.js";

/** Copies what kbuild reads, and nothing a build may have left in the source folder. */
export async function copySources(from: string, to: string): Promise<void> {
  const extensions = new Set([".c", ".h", ".S", ".awk"]);
  const names = new Set(["Kbuild", "Makefile"]);
  await cp(from, to, {
    recursive: true,
    filter: (source) => {
      const name = basename(source);
      const isSource = extensions.has(extname(name)) && !name.endsWith(".mod.c");
      return source === from || isSource || names.has(name);
    },
  });
}

/** make as from a fresh shell: without what a make that runs the tests would hand down. */
export function make(...args: string[]): Promise<CommandResult> {
  const fresh = { MAKEFLAGS: "", MAKELEVEL: "", KBUILD_VERBOSE: "0", LC_ALL: "C" };
  return runCommand("make", args, fresh);
}

/** Builds the modules of a folder out of tree, with undefined symbols, which livepatches have. */
export async function buildModules(
  lab: KernelLab,
  folder: string,
  ...settings: readonly string[]
): Promise<void> {
  const purpose = `building the modules in ${folder}`;
  const args = [
    ...["-C", lab.headers, ...(lab.kbuild ?? []), ...settings],
    ...[`M=${folder}`, "KBUILD_MODPOST_WARN=1", "modules"],
  ];
  if (lab.root === undefined) {
    await succeeded(purpose, make(...args));
    return;
  }
  // The other system sees only what is in it.
  const folders = [folder, ...(lab.folders ?? [])];
  const [command, rest] = commandIn(lab.root, folders, "make", args);
  await succeeded(purpose, runCommand(command, rest));
}
