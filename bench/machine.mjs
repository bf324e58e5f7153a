// SPDX-License-Identifier: GPL-2.0-only

// What the figures were measured on; without it they mean nothing.

import { availableParallelism, cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds that show what else the machine does: a sample, and not worth waiting longer. */
const SAMPLE = 500;

/** The processor, how many cores of it there are, and a line that says so. */
export function describeMachine() {
  const cores = availableParallelism();
  const processor = cpus()[0]?.model.trim() ?? "unknown processor";
  return { cores, processor, text: `Node ${process.version}, ${cores} cores of ${processor}` };
}

/**
 * How many cores are busy while this process waits. The load average would not tell: it remembers
 * the benchmarks that ran a minute ago.
 */
export async function otherWork() {
  const before = processorTimes();
  await sleep(SAMPLE);
  const after = processorTimes();
  const busy = (after.busy - before.busy) / (after.all - before.all || 1);
  return Math.round(busy * cpus().length * 10) / 10;
}

/** Milliseconds since the machine was started, of all cores together. */
function processorTimes() {
  const times = cpus().map((processor) => processor.times);
  const idle = times.reduce((sum, each) => sum + each.idle, 0);
  const all = times.flatMap((each) => Object.values(each)).reduce((sum, each) => sum + each, 0);
  return { busy: all - idle, all };
}
