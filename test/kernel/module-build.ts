// Modules are built from copies, because kbuild leaves its files beside the sources.
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { type CommandResult, runCommand, succeeded } from "./command.js";
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
  const argumentsFor = (place: string) => [
    ...["-C", lab.headers, ...settings],
    ...[`M=${place}`, "KBUILD_MODPOST_WARN=1", "modules"],
  ];
  if (lab.root === undefined) {
    await succeeded(purpose, make(...argumentsFor(folder)));
    return;
  }
  // The other system sees only what is in it.
  await mkdir(join(lab.root, "build"), { recursive: true });
  const inside = await mkdtemp(join(lab.root, "build/"));
  try {
    await cp(folder, inside, { recursive: true });
    const place = `/build/${basename(inside)}`;
    await succeeded(purpose, makeIn(lab.root, ...argumentsFor(place)));
    await cp(inside, folder, { recursive: true });
  } finally {
    await rm(inside, { recursive: true, force: true });
  }
}

/** make in another system's folder, which has a /proc for as long as that takes. */
function makeIn(root: string, ...args: string[]): Promise<CommandResult> {
  const proc = ["--fork", "--pid", "--mount", `--mount-proc=${join(root, "proc")}`];
  const fresh = ["/usr/bin/env", "-i", "PATH=/usr/bin:/usr/sbin:/bin:/sbin", "LC_ALL=C"];
  return runCommand("unshare", [...proc, "chroot", root, ...fresh, "make", ...args]);
}
