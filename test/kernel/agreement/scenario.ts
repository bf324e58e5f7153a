// Cases are made, tried, and answered.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand, succeeded } from "../command.js";
import { ModuleFile } from "../module-file.js";
import type { KernelLab } from "../requirements.js";
import { emptyScratchFolder } from "../scratch.js";
import type { Answer, Trial } from "./answers.js";
import { type Base, buildBases } from "./bases.js";
import type { BaseName, Case } from "./case.js";
import { makeTrials } from "./trials.js";

const loaderSource = fileURLToPath(new URL("../guest/load-module.c", import.meta.url));

/** What the tests look at. */
export interface Scenario {
  readonly bases: ReadonlyMap<BaseName, Base>;
  /** The kernel's answers by case and order; none for cases of other machines. */
  readonly answers: ReadonlyMap<string, Answer>;
  /** The file of a case. */
  readonly fileOf: (it: Case) => string;
}

export async function playScenario(lab: KernelLab, cases: readonly Case[]): Promise<Scenario> {
  const scratch = await emptyScratchFolder("agreement");
  const bases = await buildBases(lab, scratch);
  const folder = join(scratch, "cases");
  await mkdir(folder);
  const fileOf = ({ id }: Case) => join(folder, `${id}.ko`);
  for (const it of cases) {
    await makeCase(it, bases.get(it.base)!.converted, fileOf(it));
  }

  const trials = cases.flatMap((it) => trialsOf(it, bases.get(it.base)!));
  const loader = await buildLoader(scratch);
  const answers = await makeTrials(lab, loader, join(scratch, "boots"), folder, trials);
  return { bases, answers, fileOf };
}

/** Builds guest/load-module.c, which is all that runs in a guest beside busybox. */
async function buildLoader(folder: string): Promise<string> {
  const output = join(folder, "load-module");
  const compiling = runCommand("gcc", ["-static", "-Os", "-o", output, loaderSource]);
  await succeeded("building the program that loads modules", compiling);
  return output;
}

async function makeCase(it: Case, converted: string, output: string): Promise<void> {
  const file = new ModuleFile(await readFile(converted));
  try {
    it.edit(file);
  } catch (error) {
    throw new Error(`${it.id} cannot be made of ${it.base}`, { cause: error });
  }
  await writeFile(output, file.bytes);
}

/** A livepatch of vmlinux alone has no target that it could be loaded before. */
function trialsOf(it: Case, { shown, targets }: Base): Trial[] {
  if (shown === undefined) {
    return [];
  }
  const orders = targets.length > 0 ? (["first", "last"] as const) : (["last"] as const);
  return orders.map((order) => ({ case: it, shown, targets, order }));
}
