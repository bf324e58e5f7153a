// SPDX-License-Identifier: GPL-2.0-only

// Runs one case after the other, and tells of those at fault. In a thread of its own, so that a case
// without an end can be ended.

import { openSync, writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { type Case, CaseMaker, type LeftOut, sizeOf, type Target, targetOf } from "./cases.js";
import { readCorpus } from "./corpus.js";
import { Fault, type FaultReport, reportOf } from "./fault.js";
import { memoryMeter, memoryMost } from "./limits.js";
import { tryBatch } from "./targets/batch.js";
import { tryCheck } from "./targets/check.js";
import { tryConvert } from "./targets/convert.js";
import { tryInspect } from "./targets/inspect.js";
import { trySymbols } from "./targets/symbols.js";
import { tryUnpack } from "./targets/unpack.js";

export interface Work {
  readonly seed: number;
  readonly from: number;
  /** How many cases; those of targets left out do not count. */
  readonly runs: number;
  readonly seconds: number | undefined;
  readonly targets: readonly Target[];
  /** Where the number of the case at work is told. */
  readonly current: SharedArrayBuffer;
}

export interface FoundFault extends FaultReport {
  readonly number: number;
  /** The case with as few edits as the fault needs. */
  readonly story: readonly string[];
}

export type Message =
  | { readonly kind: "fault"; readonly fault: FoundFault }
  | { readonly kind: "progress"; readonly runs: number; readonly outcomes: Record<string, number> }
  | { readonly kind: "end" };

const TRY: Readonly<Record<Target, (tried: Case) => string | Promise<string>>> = {
  convert: tryConvert,
  symbols: trySymbols,
  check: tryCheck,
  inspect: tryInspect,
  batch: tryBatch,
  unpack: tryUnpack,
};

/** Cases that are measured together: collecting garbage takes longer than a case. */
const BATCH = 256;

/** Batches whose cases are measured one by one; what is wrong in all of them was told by then. */
const SUSPECTED_MOST = 8;

const work = workerData as Work;
const current = new Int32Array(work.current);
const maker = new CaseMaker(readCorpus());
const meter = memoryMeter();
const told = new Set<string>();
let runs = 0;
let suspected = 0;
let outcomes: Record<string, number> = {};

/** The case at work, for who finds that the whole process has died of it. */
const lastCase = openSync(new URL("last-case", import.meta.url), "w");

function begin(number: number): void {
  current[0] = number;
  writeSync(lastCase, String(number).padStart(10), 0);
}

const post = (message: Message) => parentPort!.postMessage(message);

async function faultOf(number: number, leftOut?: LeftOut): Promise<FaultReport | undefined> {
  const tried = maker.make(work.seed, number, leftOut);
  try {
    const outcome = `${tried.target}: ${await TRY[tried.target](tried)}`;
    if (leftOut === undefined) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    return undefined;
  } catch (error) {
    return error instanceof Fault ? reportOf(error) : await traced(tried);
  }
}

/** Refusals are exceptions, and to note where each came from takes longer than most cases. */
Error.stackTraceLimit = 0;

/** What is thrown again, with where it came from. */
async function traced(tried: Case): Promise<FaultReport> {
  Error.stackTraceLimit = 30;
  try {
    await TRY[tried.target](tried);
  } catch (error) {
    return reportOf(error);
  } finally {
    Error.stackTraceLimit = 0;
  }
  return reportOf(new Fault("the same result again", "an exception is thrown once, and not again"));
}

/** Leaves out edits as long as the fault stays. */
async function smallest(number: number, { key }: FaultReport): Promise<LeftOut> {
  let leftOut: ReadonlySet<number> = new Set();
  const count = maker.edits;
  for (let changed = true; changed; ) {
    changed = false;
    for (let edit = 0; edit < count; edit++) {
      if (leftOut.has(edit)) continue;
      const tried = new Set(leftOut).add(edit);
      if ((await faultOf(number, tried))?.key !== key) continue;
      leftOut = tried;
      changed = true;
    }
  }
  return leftOut;
}

async function tell(number: number, found: FaultReport): Promise<void> {
  if (told.has(found.key)) return;
  told.add(found.key);
  const leftOut =
    found.property === "time" || found.property === "memory"
      ? new Set<number>()
      : await smallest(number, found);
  const { module, sources, options } = maker.make(work.seed, number, leftOut);
  const story = [
    `${module.bytes.length} bytes: ${module.story.join("; ")}`,
    ...sources.map(({ file, story }) => `${file}: ${story.join("; ")}`),
    `options ${JSON.stringify(options)}`,
    ...(leftOut.size > 0 ? [`without edits ${[...leftOut].join(",")}`] : []),
  ];
  post({ kind: "fault", fault: { ...found, number, story } });
}

/** Has each case of a batch measured by itself. */
async function measureEach(numbers: readonly number[]): Promise<void> {
  for (const number of numbers) {
    begin(number);
    const tried = maker.make(work.seed, number);
    meter!.start();
    try {
      await TRY[tried.target](tried);
    } catch {
      // It was told before.
    }
    const growth = meter!.growth();
    const most = memoryMost(sizeOf(tried));
    if (growth <= most) continue;
    const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
    const text = `${tried.target} grows by ${megabytes(growth)} MB for ${sizeOf(tried)} bytes`;
    await tell(number, reportOf(new Fault("memory", text)));
  }
}

const start = performance.now();
const isOver = () =>
  runs >= work.runs ||
  (work.seconds !== undefined && performance.now() - start > 1000 * work.seconds);

for (let number = work.from; !isOver(); ) {
  const batch: number[] = [];
  let most = Number.POSITIVE_INFINITY;
  meter?.start();
  for (; batch.length < BATCH && !isOver(); number++) {
    const target = targetOf(number);
    if (!work.targets.includes(target)) continue;
    begin(number);
    batch.push(number);
    runs++;
    const found = await faultOf(number);
    if (found !== undefined) await tell(number, found);
    most = Math.min(most, memoryMost(0));
  }
  if (meter !== undefined && meter.growth() > most && suspected++ < SUSPECTED_MOST) {
    await measureEach(batch);
  }
  post({ kind: "progress", runs, outcomes });
  outcomes = {};
}
post({ kind: "end" });
