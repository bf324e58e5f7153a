// SPDX-License-Identifier: GPL-2.0-only

// What is compared is run in turns, not one after the other: a machine that is busy, or warm, for a
// while is so for all of them.

import { setImmediate as pause } from "node:timers/promises";
import { observed, timed } from "./node-process.mjs";
import { median, ratioOf, spreadOf } from "./statistics.mjs";

/** Rounds for memory and CPU time, which vary less than time does. */
const OBSERVED_ROUNDS = 5;

/** What a Node that does nothing takes: what everything else is held against. */
const NODE = { run: "node -e 0", args: ["-e", "0"] };

/**
 * Calls `measure` for each of the things in each round, after one round that does not count.
 * Returns the results of each thing. Each round begins with another thing, so that none is always
 * the one after the longest.
 */
export async function inTurns(things, rounds, measure) {
  const results = things.map(() => []);
  for (const thing of things) measure(thing);
  for (let round = 0; round < rounds; round++) {
    for (const turn of things.keys()) {
      const i = (round + turn) % things.length;
      results[i].push(measure(things[i]));
      // Signals are noticed between runs only, which are waited for.
      await pause();
    }
  }
  return results;
}

/**
 * Observes runs (`run`, a name, and `args`, or what makes new ones each time) in turns: a row of figures
 * for each.
 */
export async function observeRuns(runs, rounds, workspace) {
  const results = await inTurns(runs, rounds, ({ args }) =>
    observed(typeof args === "function" ? args() : args, workspace),
  );
  return runs.map(({ run }, i) => {
    const figure = (key) => spreadOf(results[i].map((each) => each[key]));
    // What is read hardly varies: by what Node's threads tell each other.
    const { bytesRead, reads } = results[i].at(-1);
    return {
      run,
      wall: figure("wall"),
      cpu: figure("cpu"),
      peak: figure("peak"),
      bytesRead,
      reads,
    };
  });
}

/**
 * Compares runs with a Node that does nothing, in turns: a row of figures for each, that Node's
 * first. `ratio` has the ratio of the median times, and the spread of the ratios within a round.
 */
export async function compareWithNode(runs, rounds, workspace) {
  const all = [NODE, ...runs];
  // Times are taken without an observer, who would be in both sides of a ratio.
  const times = await inTurns(all, rounds, ({ args }) => timed(args));
  const observations = await observeRuns(all, Math.min(rounds, OBSERVED_ROUNDS), workspace);
  return observations.map(({ run, cpu, peak }, i) => ({
    run,
    wall: spreadOf(times[i]),
    cpu,
    peak,
    ...(i > 0 && {
      ratio: ratioOf(times[i], times[0]),
      morePeak: median(peak.samples) - median(observations[0].peak.samples),
    }),
  }));
}
