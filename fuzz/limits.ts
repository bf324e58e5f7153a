// SPDX-License-Identifier: GPL-2.0-only

// What a call may cost.

import { readFileSync, writeFileSync } from "node:fs";
import { Fault } from "./fault.js";

/** Milliseconds of CPU that a call may take. */
const TIME_MOST = 1000;

/** Runs one call of the library. Throws Fault if it takes too long, and does so again. */
export function timed<Result>(what: string, call: () => Result): Result {
  // To ask for the time of CPU takes longer than many a call; it is at most what passes.
  const start = performance.now();
  const result = call();
  if (performance.now() - start <= TIME_MOST) return result;
  // The first run of anything is slow, and so is one that the garbage of others falls to.
  const again = process.cpuUsage();
  call();
  const time = millisecondsSince(again);
  if (time > TIME_MOST) throw new Fault("time", `${what} takes ${Math.round(time)} ms of CPU`);
  return result;
}

/** Likewise one that ends later, and is alone until then. */
export async function timedLater<Result>(
  what: string,
  call: () => Promise<Result>,
): Promise<Result> {
  const start = process.cpuUsage();
  try {
    return await call();
  } finally {
    const time = millisecondsSince(start);
    if (time > TIME_MOST) await claimFast(what, call);
  }
}

async function claimFast(what: string, call: () => Promise<unknown>): Promise<void> {
  const again = process.cpuUsage();
  await call().catch(() => {});
  const time = millisecondsSince(again);
  if (time > TIME_MOST) throw new Fault("time", `${what} takes ${Math.round(time)} ms of CPU`);
}

function millisecondsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** Bytes that an input may have the process grow by. */
export function memoryMost(inputSize: number): number {
  return 3 * inputSize + 64 * 2 ** 20;
}

/** Watches how much more memory the process has than it had; undefined where nothing tells. */
export function memoryMeter(): { start(): void; growth(): number } | undefined {
  const collect = globalThis.gc;
  if (process.platform !== "linux" || collect === undefined) return undefined;
  let before = 0;
  return {
    start() {
      collect();
      // Lets VmHWM, the most there was, begin anew (proc(5), clear_refs).
      writeFileSync("/proc/self/clear_refs", "5");
      before = statusOf("VmHWM");
    },
    growth: () => statusOf("VmHWM") - before,
  };
}

function statusOf(field: string): number {
  const text = readFileSync("/proc/self/status", "latin1");
  return 1024 * Number(new RegExp(`^${field}:\\s*(\\d+)`, "m").exec(text)?.[1]);
}
