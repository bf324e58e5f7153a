// What a kernel makes of a case, read from what the guest's script printed.
import type { GuestRun } from "../guest.js";
import { GuestReport } from "../guest-report.js";
import type { LoadOrder } from "../suite.js";
import type { Shown } from "./bases.js";
import type { Case } from "./case.js";

export interface Answer {
  readonly kind: "loads" | "refused" | "target refused" | "wrong" | "crash";
  /** As it is in the table. */
  readonly text: string;
  /** All that the kernel logged of the case, without times. */
  readonly log: readonly string[];
}

/** A case with the order in which it is loaded. */
export interface Trial {
  readonly case: Case;
  readonly shown: Shown;
  readonly targets: readonly string[];
  readonly order: LoadOrder;
}

/** What a script calls it. */
export function keyOf({ case: { id }, order }: Trial): string {
  return `${id} ${order}`;
}

/** What the kernel says of every module, and of every livepatch. */
const sayings = [
  /: loading out-of-tree module taints kernel/,
  /: tainting kernel with TAINT_LIVEPATCH/,
  /: module license (?:'[^']*' )?taints kernel/,
  /: bad vermagic: kernel tainted/,
  /^Disabling lock debugging due to kernel taint/,
  /^Spectre V2 : /,
  /: loading module not compiled with retpoline compiler/,
  // Of a boot that has just ended.
  /^(?:tsc|clocksource|hrtimer|random|sched_clock|perf): /,
  /module verification failed: signature and\/or required key missing/,
  /^livepatch: (?:enabling|applying|reverting) patch /,
  /^livepatch: '\w+': (?:initializing|starting|completing|patching|unpatching)/,
  /^livepatch: patch '\w+' failed for module '[^']+', refusing to load module/,
  /^livepatch: failed to initialize patch '\w+' for module/,
];

const oops = /\b(?:Oops|BUG|general protection fault)\b|Kernel panic|stack segment:/;
const warning = /\bWARNING\b/;

/** The answer to a case that the script got through; undefined if it did not. */
export function answerOf(trial: Trial, run: GuestRun): Answer | undefined {
  const report = new GuestReport({ console: "", report: run.report });
  const key = keyOf(trial);
  if (!report.has(`${key} left`)) {
    return undefined;
  }
  const log = logOf(key, report.log);
  const answer = (kind: Answer["kind"], detail = ""): Answer => ({
    kind,
    text: detail === "" ? kind : `${kind}${kind.endsWith("refused") ? " " : ": "}${detail}`,
    log,
  });

  const warned = log.find((line) => oops.test(line) || warning.test(line));
  if (warned !== undefined) {
    return answer("wrong", normalized(warned));
  }
  for (const [step, kind] of [
    ["insmod", "refused"],
    ["target", "target refused"],
  ] as const) {
    const returned = report.has(`${key} ${step}`) ? report.lines(`${key} ${step}`)[0]! : "0";
    if (returned !== "0") {
      return answer(kind, `${returned}: ${reasonOf(log)}`);
    }
  }

  const restored = report.lines(`${key} restored`).map(namingParameters);
  const original = trial.shown.original ?? restored;
  const shown = report
    .lines(`${key} patched`)
    .map(namingParameters)
    .map((line) => namingAddress(line, restored));
  const expected = expectedOf(trial);
  const differing = shown.filter((line, i) => line !== expected[i]);
  if (differing.length > 0 || shown.length !== expected.length) {
    return answer("wrong", normalized(differing.join(", ") || "too few lines"));
  }
  for (const step of ["settle", "disable", "unload"]) {
    if (!report.has(`${key} ${step}`) || report.status(`${key} ${step}`) !== 0) {
      return answer("wrong", `${step} failed`);
    }
  }
  if (restored.join("\n") !== original.join("\n")) {
    return answer("wrong", `afterwards ${normalized(restored.join(", "))}`);
  }
  return answer("loads");
}

/** The answer to a case with which the guest ended. */
export function crashOf(trial: Trial, run: GuestRun): Answer {
  const log = logOf(keyOf(trial), run.console.split("\n"));
  const said = [oops, warning].map((kind) => log.find((line) => kind.test(line))).find(Boolean);
  return { kind: "crash", text: `crash: ${normalized(said ?? "the guest ended")}`, log };
}

/** What the kernel logged from the mark of a case to the next mark, without times. */
function logOf(key: string, lines: readonly string[]): string[] {
  const log = lines.map((line) => line.replace(/^(?:<\d+>)?\[ *\d+\.\d+\] ?/, "").trimEnd());
  const start = log.lastIndexOf(`agreement: ${key}`) + 1;
  const end = log.findIndex((line, i) => i >= start && line.startsWith("agreement: "));
  return log.slice(start, end < 0 ? log.length : end).filter((line) => line !== "");
}

function expectedOf({ case: { patched = [] }, shown }: Trial): string[] {
  const instead = new Map(patched);
  return shown.patched.map((line) => instead.get(line) ?? line);
}

function reasonOf(log: readonly string[]): string {
  const reasons = log.filter((line) => !sayings.some((saying) => saying.test(line)));
  return normalized(reasons[0] ?? "(nothing)");
}

/** Without what differs from boot to boot. */
function normalized(text: string): string {
  return text
    .replaceAll(/\+0x[0-9a-f]+\/0x[0-9a-f]+/g, "")
    .replaceAll(/\b(?:0x[0-9a-f]{3,}|[0-9a-f]{16})\b/g, "ADDRESS")
    .replaceAll(/\b(loc|val) [0-9a-f]+\b/g, "$1 ADDRESS")
    .replaceAll(/CPU: \d+ PID: \d+/g, "CPU: N PID: N")
    .replaceAll(/CPU#\d+: ([\w-]+)\/\d+/g, "CPU#N: $1")
    .replaceAll(/\|/g, "/");
}

/** The kernel's parameters are those that its guest has. */
function namingParameters(line: string): string {
  return line.replace(/^console=.*?\s*(?=(?: livepatch=1)?$)/, "PARAMETERS");
}

/** An address alone is named as the target itself calls it, which it does once it is not patched. */
function namingAddress(line: string, restored: readonly string[]): string {
  if (!/^[0-9a-f]{16}$/.test(line)) {
    return line;
  }
  const named = restored.find((each) => each.endsWith(` ${line}`));
  return named?.slice(0, -line.length - 1) ?? line;
}
