// SPDX-License-Identifier: GPL-2.0-only

// Runs Node once, and says how long it took and what it used.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Failed } from "./outcomes.mjs";

const HOOK = fileURLToPath(new URL("usage-hook.cjs", import.meta.url));

/** Milliseconds that Node runs with these arguments, or another program. */
export function timed(args, program = process.execPath) {
  return run(args, {}, program);
}

/**
 * Likewise as `wall`, with milliseconds of all cores (`cpu`), bytes of resident memory at its peak
 * (`peak`), bytes and calls of reading (`bytesRead`, `reads`; undefined if no system says them),
 * and the files that `require` loaded. What observes costs about a millisecond.
 */
export function observed(args, { path }) {
  const report = path("usage.json");
  const wall = run(["--require", HOOK, ...args], { KLP_BENCH_USAGE: report });
  return { wall, ...JSON.parse(readFileSync(report, "utf8")) };
}

function run(args, environment, program = process.execPath) {
  const env = { ...process.env, ...environment };
  // Options for all of Node's processes would be measured too.
  delete env.NODE_OPTIONS;
  const started = performance.now();
  const { status, signal, error, stderr } = spawnSync(program, args, {
    env,
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
  });
  const wall = performance.now() - started;
  if (status === 0) return wall;
  // Whoever interrupts these runs means all of them.
  if (signal !== null) process.exit(1);
  if (error !== undefined) throw error;
  throw new Failed(`${program} ${args.join(" ")} has ended with status ${status}:\n${stderr}`);
}
