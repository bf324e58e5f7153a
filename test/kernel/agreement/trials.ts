// Has a kernel load cases, one after the other. A guest that ends half way, because of a crash or of
// something that cannot be unloaded, is followed by another one with what is left.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pLimit from "p-limit";
import { bootGuest } from "../guest.js";
import type { KernelLab } from "../requirements.js";
import { type Answer, answerOf, crashOf, keyOf, type Trial } from "./answers.js";

/** More guests at once than this would wait for each other. */
const guestsAtOnce = 2;

/**
 * Makes all trials and returns the answers by their keys; `loader` is the
 * program that loads modules, and `cases` has the files of the cases.
 */
export async function makeTrials(
  lab: KernelLab,
  loader: string,
  folder: string,
  cases: string,
  trials: readonly Trial[],
): Promise<ReadonlyMap<string, Answer>> {
  const together = trials.filter((trial) => !trial.case.isAlone);
  const middle = Math.ceil(together.length / 2);
  const shares = new Map<string, Trial[]>([
    ["share-1", together.slice(0, middle)],
    ["share-2", together.slice(middle)],
  ]);
  for (const trial of trials) {
    const { id, isAlone } = trial.case;
    if (isAlone) shares.set(id, [...(shares.get(id) ?? []), trial]);
  }

  const answers = new Map<string, Answer>();
  await pLimit(guestsAtOnce).map(shares, async ([name, share]) => {
    let left: readonly Trial[] = share;
    for (let boot = 1; left.length > 0; boot++) {
      // Each boot gets further, but for a few that a busy machine spoils.
      if (boot > share.length + 3) {
        throw new Error(`no guest gets as far as ${keyOf(left[0]!)}: see ${join(folder, name)}`);
      }
      left = await bootOnce(lab, loader, join(folder, `${name}.${boot}`), cases, left, answers);
    }
  });
  return answers;
}

/** Boots once, adds to `answers`, and returns what is left to try. */
async function bootOnce(
  lab: KernelLab,
  loader: string,
  folder: string,
  cases: string,
  trials: readonly Trial[],
  answers: Map<string, Answer>,
): Promise<readonly Trial[]> {
  await mkdir(folder, { recursive: true });
  const plan = join(folder, "plan");
  // The guest's folder is emptied before it is filled.
  await writeFile(plan, trials.map(planLine).join(""));
  const livepatches = new Set(trials.map(({ case: { id } }) => join(cases, `${id}.ko`)));
  const targets = new Set(trials.flatMap((trial) => trial.targets));
  const run = await bootGuest(
    lab,
    join(folder, "boot"),
    {
      script: "agreement.sh",
      modules: {
        plan: [plan],
        tools: [loader],
        livepatches: [...livepatches],
        targets: [...targets],
      },
    },
    { timeLimit: 900_000 },
  );

  let done = 0;
  for (const trial of trials) {
    const answer = answerOf(trial, run);
    if (answer === undefined) break;
    answers.set(keyOf(trial), answer);
    done++;
  }
  const next = trials[done];
  if (next === undefined) {
    return [];
  }
  const isBegun = run.report.includes(`CASE ${keyOf(next)} begun: `);
  if (!isBegun) {
    // What the last one left there could not be unloaded; or the guest did not get as far as that.
    return trials.slice(done);
  }
  answers.set(keyOf(next), crashOf(next, run));
  return trials.slice(done + 1);
}

/** A line of the plan that guest/agreement.sh reads. */
function planLine(trial: Trial): string {
  const { case: it, order, shown, targets } = trial;
  const names = targets.map((file) => file.replace(/^.*\/|\.ko$/g, ""));
  return `${[it.id, order, `livepatches/${it.id}.ko`, shown.file, ...names].join(" ")}\n`;
}
