// Cases are made, tried, and answered.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand, succeeded } from "../command.js";
import { MissingPart, ModuleFile } from "../module-file.js";
import type { KernelLab } from "../requirements.js";
import { emptyScratchFolder } from "../scratch.js";
import type { Answer, Trial } from "./answers.js";
import { type Base, buildBases, type Shown } from "./bases.js";
import type { BaseName, Case } from "./case.js";
import { makeTrials } from "./trials.js";

const loaderSource = fileURLToPath(new URL("../guest/load-module.c", import.meta.url));

/** What the tests look at. */
export interface Scenario {
  readonly bases: ReadonlyMap<BaseName, Base>;
  /** The kernel's answers by case and order; none for cases of other machines. */
  readonly answers: ReadonlyMap<string, Answer>;
  /** The cases that cannot be made for this kernel, and what its modules do not have. */
  readonly impossible: ReadonlyMap<string, string>;
  /** The file of a case. */
  readonly fileOf: (it: Case) => string;
}

export async function playScenario(lab: KernelLab, cases: readonly Case[]): Promise<Scenario> {
  const scratch = await emptyScratchFolder(`agreement-${releaseOf(lab)}`);
  const { bases, checksums } = await buildBases(lab, scratch);
  const folder = join(scratch, "cases");
  await mkdir(folder);
  const impossible = new Map<string, string>();
  const fileOf = ({ id }: Case) => join(folder, `${id}.ko`);
  for (const it of cases) {
    const file = new ModuleFile(await readFile(bases.get(it.base)!.converted));
    try {
      it.edit(file, checksums);
    } catch (error) {
      if (!(error instanceof MissingPart)) throw error;
      impossible.set(it.id, error.message);
      continue;
    }
    await writeFile(fileOf(it), file.bytes);
  }

  const trials = cases.flatMap((it) => {
    const { shown, targets } = bases.get(it.base)!;
    // Only what can be booted here shows something.
    return shown === undefined || it.kernel !== undefined || impossible.has(it.id)
      ? []
      : trialsOf(it, shown, targets);
  });
  const loader = await buildLoader(scratch);
  const answers = await makeTrials(lab, loader, join(scratch, "boots"), folder, trials);
  // With all that the kernel said, for looking at.
  await writeFile(
    join(scratch, "answers.json"),
    JSON.stringify(Object.fromEntries(answers), null, 2),
  );
  return { bases, answers, impossible, fileOf };
}

/** Builds guest/load-module.c, which is all that runs in a guest beside busybox. */
async function buildLoader(folder: string): Promise<string> {
  const output = join(folder, "load-module");
  const compiling = runCommand("gcc", ["-static", "-Os", "-o", output, loaderSource]);
  await succeeded("building the program that loads modules", compiling);
  return output;
}

/** `6.1` of `6.1.0-56-amd64`. */
export function releaseOf({ version }: KernelLab): string {
  return version.split(".").slice(0, 2).join(".");
}

/** A livepatch of vmlinux alone has no target that it could be loaded before. */
function trialsOf(it: Case, shown: Shown, targets: readonly string[]): Trial[] {
  const orders = targets.length > 0 ? (["first", "last"] as const) : (["last"] as const);
  return orders.map((order) => ({ case: it, shown, targets, order }));
}
