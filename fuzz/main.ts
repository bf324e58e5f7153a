// SPDX-License-Identifier: GPL-2.0-only

// The fuzzer's command: reads the options, has a worker run the cases, and ends those that do not end.

import { randomInt } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { CaseMaker, TARGETS, type Target } from "./cases.js";
import { readCorpus } from "./corpus.js";
import type { FoundFault, Message, Work } from "./worker.js";

const USAGE = `Usage: npm run fuzz -- [--runs N] [--seconds T] [--seed S] [--only ${TARGETS.join(",")}]
       npm run fuzz -- --case SEED/NUMBER [--without EDITS] [--save FOLDER]`;

/** Milliseconds of CPU after which a case is taken for one without an end. */
const HANG = 10_000;

/** How many cases may end their worker, before it is no use to go on. */
const ENDED_MOST = 3;

/** Megabytes of JavaScript objects, after which a case is taken for one that needs all there are. */
const HEAP_MOST = 512;

class UsageError extends Error {}

function whole(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,10}$/.test(text))
    throw new UsageError(`--${name} is "${text}" when it should be a number`);
  return Number(text);
}

function readOptions() {
  const options = {
    runs: { type: "string" },
    seconds: { type: "string" },
    seed: { type: "string" },
    only: { type: "string" },
    case: { type: "string" },
    without: { type: "string" },
    save: { type: "string" },
    help: { type: "boolean", short: "h" },
  } as const;
  let values: ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];
  try {
    ({ values } = parseArgs({ options }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const targets = (values.only?.split(",") ?? [...TARGETS]) as Target[];
  for (const target of targets) {
    if (!TARGETS.includes(target)) throw new UsageError(`there is no target ${target}`);
  }
  const seconds = whole("seconds", values.seconds);
  return {
    seconds,
    runs: whole("runs", values.runs) ?? (seconds === undefined ? 10_000 : Number.POSITIVE_INFINITY),
    seed: whole("seed", values.seed) ?? randomInt(2 ** 31),
    targets,
    only: values.case,
    without: new Set(values.without?.split(",").map(Number)),
    save: values.save,
    isHelp: values.help === true,
  };
}

/** Runs the cases in a worker, and a new one behind each case that had to be ended. */
class Supervisor {
  readonly faults: FoundFault[] = [];
  readonly outcomes = new Map<string, number>();
  runs = 0;
  readonly #work: Omit<Work, "current" | "from">;
  readonly #current = new Int32Array(new SharedArrayBuffer(4));
  readonly #start = performance.now();

  constructor(work: Omit<Work, "current" | "from">) {
    this.#work = work;
  }

  async run(from: number): Promise<void> {
    let next = from;
    for (let count = 0; count < ENDED_MOST; count++) {
      const ended = await this.#runWorker(next);
      if (ended === "done") return;
      const number = this.#current[0]!;
      const story = [`npm run fuzz -- --case ${this.#work.seed}/${number}`];
      this.#tell({ key: `${ended} ${number}`, property: ended, text: ended, number, story });
      next = number + 1;
    }
  }

  #runWorker(from: number): Promise<string> {
    const before = this.runs;
    const { runs, seconds } = this.#work;
    const passed = (performance.now() - this.#start) / 1000;
    const left = { runs: runs - before, seconds: seconds && seconds - passed };
    const workerData: Work = {
      ...this.#work,
      ...left,
      from,
      current: this.#current.buffer as SharedArrayBuffer,
    };
    const worker = new Worker(new URL("worker.mjs", import.meta.url), {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MOST },
    });
    return new Promise((resolve) => {
      const watch = this.#watch(() => end("a case without an end"));
      let isEnded = false;
      const end = (how: string) => {
        if (isEnded) return;
        isEnded = true;
        clearInterval(watch);
        void worker.terminate().then(() => resolve(how));
      };
      worker.on("message", (message: Message) => {
        if (message.kind === "fault") this.#tell(message.fault);
        else if (message.kind === "end") end("done");
        else {
          this.runs = before + message.runs;
          for (const [outcome, count] of Object.entries(message.outcomes)) {
            this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + count);
          }
        }
      });
      worker.on("error", (error) => end(`the worker ended: ${error.message}`));
      worker.on("exit", () => end("the worker ended"));
    });
  }

  /** Calls `hung` once one case has taken too long. */
  #watch(hung: () => void): NodeJS.Timeout {
    let number = -1;
    let since = process.cpuUsage();
    return setInterval(() => {
      const at = this.#current[0]!;
      if (at !== number) {
        number = at;
        since = process.cpuUsage();
        return;
      }
      const { user, system } = process.cpuUsage(since);
      if ((user + system) / 1000 > HANG) hung();
    }, 250);
  }

  #tell(fault: FoundFault): void {
    if (this.faults.some(({ key }) => key === fault.key)) return;
    this.faults.push(fault);
    const { seed } = this.#work;
    const lines = [
      `${fault.property}, case ${seed}/${fault.number}`,
      ...fault.text.split("\n"),
      ...fault.story,
    ];
    console.log(`${lines.join("\n    ")}\n`);
  }
}

/** Writes the files of a case, so that they can be looked at. */
function save(folder: string, seed: number, number: number, without: ReadonlySet<number>): void {
  const { target, module, sources, options } = new CaseMaker(readCorpus()).make(
    seed,
    number,
    without,
  );
  mkdirSync(folder, { recursive: true });
  const files = [
    { ...module, name: "module.ko" },
    ...sources.map((each, i) => ({ ...each, name: `source-${i}` })),
  ];
  for (const { name, bytes, story } of files) {
    writeFileSync(join(folder, name), bytes);
    console.log(`${join(folder, name)}: ${story.join("; ")}`);
  }
  console.log(`${target}, options ${JSON.stringify(options)}`);
}

async function main(): Promise<void> {
  const { seed, runs, seconds, targets, only, without, save: folder, isHelp } = readOptions();
  if (isHelp) return console.log(USAGE);
  if (only !== undefined) {
    const [of, number] = /^(\d+)\/(\d+)$/.exec(only)?.slice(1).map(Number) ?? [];
    if (of === undefined || number === undefined)
      throw new UsageError(`--case is "${only}" when it should be SEED/NUMBER`);
    if (folder !== undefined) save(folder, of, number, without);
    return report(
      new Supervisor({ seed: of, runs: 1, seconds: undefined, targets: TARGETS }),
      of,
      number,
    );
  }
  console.log(`seed ${seed}`);
  return report(new Supervisor({ seed, runs, seconds, targets }), seed, 0);
}

async function report(supervisor: Supervisor, seed: number, from: number): Promise<void> {
  const start = performance.now();
  await supervisor.run(from);
  const took = (performance.now() - start) / 1000;
  const { runs, outcomes, faults } = supervisor;
  for (const [outcome, count] of [...outcomes].sort(([, a], [, b]) => b - a)) {
    console.log(`${String(count).padStart(8)} ${outcome}`);
  }
  console.log(
    `${runs} cases of seed ${seed} in ${took.toFixed(1)} s, ${Math.round(runs / took)} a second; ${faults.length} faults`,
  );
  if (faults.length > 0) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n${USAGE}`);
  process.exitCode = 2;
}
