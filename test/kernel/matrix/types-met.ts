// Which types of relocations some modules have, as the binutils call them that they were built with: those
// of this machine may be too old to know a type.
import { runCommand } from "../command.js";
import { commandIn } from "../other-system.mjs";
import type { KernelLab } from "../requirements.js";

/** The types of all relocations of livepatch symbols in some files of a folder, sorted. */
export async function relocationTypesIn(
  { root }: KernelLab,
  folder: string,
  files: readonly string[],
): Promise<string[]> {
  const args = ["--wide", "--relocs", ...files];
  const [command, rest] =
    root === undefined ? ["readelf", args] : commandIn(root, [folder], "readelf", args);
  const { stdout } = await runCommand(command, rest);
  const entries = stdout.split("\n").filter((line) => line.includes(" .klp.sym."));
  return [...new Set(entries.map((line) => /\bR_\w+/.exec(line)?.[0] ?? line))].sort();
}
