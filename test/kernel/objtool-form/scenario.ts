// What scripts/livepatch/klp-build does for a kernel, done for one module: an original and a patched
// version are built, objtool takes what differs, kbuild links it to a livepatch, and that is finished
// by objtool and by klp-convert.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CommandResult, runCommand, succeeded } from "../command.js";
import { convertModule } from "../conversion.js";
import { bootGuest } from "../guest.js";
import { GuestReport } from "../guest-report.js";
import { buildModules, copySources } from "../module-build.js";
import { type ObjtoolLab, symversOf } from "../requirements.js";
import { emptyScratchFolder } from "../scratch.js";

const sources = fileURLToPath(new URL("modules/", import.meta.url));

/** What the tests look at. */
export interface Scenario {
  /** The livepatch as it was linked. */
  readonly intermediate: string;
  /** As objtool finished it. */
  readonly finished: string;
  /** As klp-convert finished it, if `conversion` says that it did. */
  readonly converted: string;
  readonly conversion: CommandResult;
  /** What became of the two. */
  readonly report: GuestReport;
  /** And of the intermediate one, in a boot of its own. */
  readonly intermediateReport: GuestReport;
}

/** Builds both versions of klp-diffed and, as `livepatch/livepatch-diffed.ko`, what differs. */
export async function buildDifference(lab: ObjtoolLab, scratch: string): Promise<void> {
  const original = join(scratch, "original");
  const patched = join(scratch, "patched");
  await copySources(join(sources, "target"), original);
  await copySources(join(sources, "target"), patched);
  await Promise.all([
    buildModules(lab, original),
    buildModules(lab, patched, "KCFLAGS=-DKLP_TEST_PATCHED"),
  ]);

  const modules = join(scratch, "livepatch");
  await copySources(join(sources, "livepatch"), modules);
  await diffVersions(lab, original, patched, join(modules, "diff.o"));
  // kbuild asks how an object was made, also one that it was given.
  await writeFile(join(modules, ".diff.o.cmd"), "");
  await buildModules(lab, modules);
}

export async function playScenario(lab: ObjtoolLab): Promise<Scenario> {
  const scratch = await emptyScratchFolder("objtool-form");
  await buildDifference(lab, scratch);

  const inFolder = (folder: string) => join(scratch, folder, "livepatch-diffed.ko");
  const intermediate = inFolder("livepatch");
  const finished = inFolder("finished");
  await mkdir(dirname(finished));
  await copyFile(intermediate, finished);
  await klp(lab, scratch, "post-link", finished);

  const converted = inFolder("converted");
  await mkdir(dirname(converted));
  const targets = ["klp-dependency.ko", "klp-diffed.ko"].map((name) =>
    join(scratch, "original", name),
  );
  const symbols = [...targets, symversOf(lab)];
  const conversion = await convertModule(intermediate, converted, symbols);

  const [boot, intermediateBoot] = await Promise.all([
    bootGuest(lab, join(scratch, "boot"), {
      script: "objtool-form.sh",
      modules: {
        targets,
        finished: [finished],
        // If the conversion failed, only its own tests are to fail.
        converted: conversion.status === 0 ? [converted] : [],
      },
    }),
    bootGuest(lab, join(scratch, "intermediate-boot"), {
      script: "objtool-form-intermediate.sh",
      modules: { targets, intermediate: [intermediate] },
    }),
  ]);
  return {
    intermediate,
    finished,
    converted,
    conversion,
    report: new GuestReport(boot),
    intermediateReport: new GuestReport(intermediateBoot),
  };
}

/** Makes an object of what differs between two builds of klp-diffed. */
async function diffVersions(
  lab: ObjtoolLab,
  original: string,
  patched: string,
  output: string,
): Promise<void> {
  const before = await addChecksums(lab, original);
  const after = await addChecksums(lab, patched);
  // objtool looks in the folder it is in for who exports what. What vmlinux exports to some modules
  // only it makes livepatch symbols of. Linux 6.1 has no such exports, so one is made up.
  const exports = [
    await readFile(symversOf(lab), "latin1"),
    await readFile(join(original, "Module.symvers"), "latin1"),
    "0x00000000\tsaved_command_line\tvmlinux\tEXPORT_SYMBOL_GPL\tmodule:klp-diffed\n",
  ];
  await writeFile(join(dirname(before), "Module.symvers"), exports.join(""), "latin1");
  await klp(lab, dirname(before), "diff", before, after, output);
}

/** Adds what objtool compares to a copy of klp-diffed's object, and returns the copy's path. */
async function addChecksums(lab: ObjtoolLab, build: string): Promise<string> {
  const folder = join(build, "checksums");
  const object = join(folder, "klp-diffed.o");
  await mkdir(folder);
  await copyFile(join(build, "klp-diffed.o"), object);
  await klp(lab, folder, "checksum", object);
  return object;
}

/** Runs a command of `objtool klp` in a folder. */
function klp(lab: ObjtoolLab, folder: string, command: string, ...args: string[]): Promise<void> {
  const running = runCommand("env", ["--chdir", folder, lab.objtool, "klp", command, ...args]);
  return succeeded(`objtool klp ${command}`, running);
}
