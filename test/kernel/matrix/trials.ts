// Has the kernel of a cell try livepatches, and says what became of each in a few words. A guest that
// does not survive one is followed by another one with the rest.
import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { bootGuest, type GuestRun } from "../guest.js";
import { GuestReport } from "../guest-report.js";
import type { KernelLab } from "../requirements.js";

/** When a livepatch is loaded: guest/matrix.sh has what the words mean. */
export type Order = "first" | "last" | "again";

export interface Trial {
  /** Without spaces. */
  readonly name: string;
  readonly order: Order;
  /** What the kernel calls the livepatch, and its file. */
  readonly module: string;
  readonly livepatch: string;
  /** The files of the targets, in the order to load them in. */
  readonly targets: readonly string[];
  readonly file: string;
  readonly patched: (view: View) => readonly string[];
  readonly original?: ((view: View) => readonly string[]) | undefined;
}

/** What a kernel said, for saying what is right. */
export interface View {
  readonly version: string;
  readonly parameters: string;
  /** What the kernel does about a processor that trusts what it has learned of returns. */
  readonly retbleed: string;
  /** What the file had with the patch, and afterwards. */
  readonly lines: readonly string[];
  readonly restored: readonly string[];
  readonly addressesOf: (name: string) => readonly string[];
}

/** What became of a trial, and what the kernel said meanwhile. */
export interface Outcome {
  readonly text: string;
  readonly log: readonly string[];
}

/** How the two are called where everything is as it should be. */
export const worked = "works";

/** Makes all trials and returns what became of them, by name and order. */
export async function makeTrials(
  lab: KernelLab,
  folder: string,
  spacers: readonly string[],
  symbols: readonly string[],
  trials: readonly Trial[],
): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  // The targets of some are called alike, and so they cannot be in one guest.
  for (const [number, group] of groupByTargets(trials).entries()) {
    let left = group;
    for (let boot = 1; left.length > 0; boot++) {
      if (boot > group.length + 2) throw new Error(`no guest gets further: see ${folder}`);
      const place = join(folder, `boot-${number + 1}.${boot}`);
      left = await bootOnce(lab, place, spacers, symbols, left, outcomes);
    }
  }
  return outcomes;
}

/** What a trial is called in reports. */
export function keyOf({ name, order }: Pick<Trial, "name" | "order">): string {
  return `${name} ${order}`;
}

function groupByTargets(trials: readonly Trial[]): Trial[][] {
  const groups: { files: Map<string, string>; trials: Trial[] }[] = [];
  for (const trial of trials) {
    const files = [trial.livepatch, ...trial.targets];
    const fits = (group: (typeof groups)[number]) =>
      files.every((file) => (group.files.get(basename(file)) ?? file) === file);
    const group = groups.find(fits) ?? { files: new Map<string, string>(), trials: [] };
    if (group.trials.length === 0) groups.push(group);
    for (const file of files) group.files.set(basename(file), file);
    group.trials.push(trial);
  }
  return groups.map((group) => group.trials);
}

/** Boots once, adds to `outcomes`, and returns what is left to try. */
async function bootOnce(
  lab: KernelLab,
  folder: string,
  spacers: readonly string[],
  symbols: readonly string[],
  trials: Trial[],
  outcomes: Map<string, Outcome>,
): Promise<Trial[]> {
  const plans = join(folder, "plan");
  await mkdir(plans, { recursive: true });
  await writeFile(join(plans, "plan"), trials.map(planLine).join(""));
  await writeFile(join(plans, "symbols"), symbols.join("|"));
  const run = await bootGuest(
    lab,
    join(folder, "guest"),
    {
      script: "matrix.sh",
      modules: {
        plan: [join(plans, "plan"), join(plans, "symbols")],
        spacer: spacers,
        livepatches: [...new Set(trials.map(({ livepatch }) => livepatch))],
        targets: [...new Set(trials.flatMap(({ targets }) => targets))],
      },
    },
    { timeLimit: 300_000 },
  );
  const report = new GuestReport(run);
  // What is right is said at the end: another boot says it where this one was cut short.
  const isWhole = run.fault === undefined;
  const done = trials.findIndex((trial) => !report.has(`${keyOf(trial)} log`));
  const finished = done < 0 ? trials : trials.slice(0, done);
  if (!isWhole && finished.length > 0) {
    const again = await bootOnce(lab, `${folder}-again`, spacers, symbols, finished, outcomes);
    if (again.length > 0) throw new Error(`a guest did not do twice what it did once: ${folder}`);
  } else {
    for (const trial of finished) outcomes.set(keyOf(trial), outcomeOf(trial, report));
  }
  const next = trials[finished.length];
  if (next === undefined) return [];
  if (!report.has(`${keyOf(next)} begun`)) {
    if (finished.length === 0) throw new Error(run.fault ?? `the guest did nothing: ${folder}`);
    return trials.slice(finished.length);
  }
  outcomes.set(keyOf(next), crashOf(next, run));
  return trials.slice(finished.length + 1);
}

function planLine({ name, order, module, livepatch, targets, file }: Trial): string {
  const names = targets.map((target) => basename(target, ".ko"));
  return `${[name, order, module, `livepatches/${basename(livepatch)}`, file, ...names].join(" ")}\n`;
}

function outcomeOf(trial: Trial, report: GuestReport): Outcome {
  const key = keyOf(trial);
  const log = report.lines(`${key} log`).filter((line) => line !== "");
  return { text: textOf(trial, report, log), log };
}

function textOf(trial: Trial, report: GuestReport, log: readonly string[]): string {
  const key = keyOf(trial);
  const failed = (step: string) =>
    report.has(`${key} ${step}`) && report.status(`${key} ${step}`) !== 0;
  if (failed("insmod")) return `refused: ${complaintIn(log)}`;
  if (failed("target")) return `target refused: ${complaintIn(log)}`;
  if (failed("again")) return `target refused when it came back: ${complaintIn(log)}`;
  const troubles = ["settle", "disable", "unload targets", "spacer", "unload"].filter(failed);
  if (troubles.length > 0) return `${troubles[0]} fails: ${complaintIn(log)}`;

  const lines = report.lines(`${key} patched`);
  const restored = report.lines(`${key} restored`);
  const view: View = {
    version: report.lines("version")[0]!,
    parameters: report.lines("cmdline")[0]!,
    retbleed: report.lines("retbleed")[0]!,
    lines,
    restored,
    addressesOf: (name) => report.addressesOf(name),
  };
  const wrong = differenceIn(lines, trial.patched(view));
  if (wrong !== undefined) return `wrong: ${wrong}`;
  const left = trial.original && differenceIn(restored, trial.original(view));
  if (left !== undefined) return `not restored: ${left}`;
  if (trial.order === "again" && samePlace(report, key)) return "came back at the same address";
  const warning = log.find((line) => /WARNING|BUG/.test(line));
  return warning === undefined ? worked : `works, with ${withoutTime(warning)}`;
}

function samePlace(report: GuestReport, key: string): boolean {
  const [before] = report.lines(`${key} target place`);
  const [after] = report.lines(`${key} again place`);
  return before === after;
}

/** The first line that is not as it should be, without what differs from boot to boot. */
function differenceIn(lines: readonly string[], wanted: readonly string[]): string | undefined {
  const at = wanted.findIndex((line, i) => lines[i] !== line);
  if (at >= 0) return `not "${steady(wanted[at]!)}"`;
  return lines.length > wanted.length ? `"${steady(lines[wanted.length]!)}" besides` : undefined;
}

/** A text with … for addresses, and for the kernel's own words about itself. */
function steady(text: string): string {
  return text
    .replaceAll(/\b(?:0x)?[0-9a-f]{8,16}\b/g, "…")
    .replaceAll(/(CPU|PID): \d+/g, "$1: …")
    .replaceAll(/Linux version .*/g, "…")
    .replaceAll(/console=.*/g, "…");
}

/** What the kernel says first of why it refuses something. */
function complaintIn(log: readonly string[]): string {
  const isAside =
    /matrix:|loading out-of-tree|module verification|applying patch|enabling patch|tainting|starting (?:un)?patching|reverting patch|patching complete|cut here|spacer/;
  return withoutTime(log.find((line) => !isAside.test(line)) ?? "without a word");
}

function withoutTime(line: string): string {
  return steady(line.replace(/^(?:<\d+>)?(?:\[ *[\d.]+\] ?)?/, "").trim());
}

function crashOf(trial: Trial, run: GuestRun): Outcome {
  const lines = run.console.split("\n");
  const marks = lines.map((line) => line.endsWith(`matrix: ${keyOf(trial)}`));
  const log = lines.slice(marks.lastIndexOf(true) + 1);
  const said =
    /BUG:|Oops:|Unable to handle|Internal error|Kernel panic|exception|illegal|addressing/;
  const line = log.find((each) => said.test(each)) ?? run.fault?.split("\n")[0] ?? "the guest ends";
  return { text: `crash: ${withoutTime(line)}`, log };
}
