// SPDX-License-Identifier: GPL-2.0-only

// A batch that is told to end, or killed, or in trouble: no output is half there, what was done is
// said, make has its slots back, and the next run does the rest.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { COMMAND, Folder } from "./command.js";

const LIST = "Symbols.list";
const QUIET = "x86_64-dup.in.ko";
const PLAIN = "x86_64-plain.in.ko";
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;
/** So many that threads are started. */
const MANY = 200;

const textOf = (folder: Folder, name: string) => Buffer.from(folder.read(name)).toString();

/** A manifest of `count` quiet jobs in the folder `out`. */
function folderWithJobs(count: number): Folder {
  const folder = new Folder(LIST, QUIET, PLAIN);
  mkdirSync(folder.at("out"));
  const jobs = Array.from({ length: count }, (_, i) => {
    return `{"in":"${QUIET}","out":"out/${i}.ko","symbols":["${LIST}"]}\n`;
  });
  folder.write("jobs", jobs.join(""));
  return folder;
}

/** Has a finished temporary file wait before it gets its name, and says so on standard output. */
function hook(folder: Folder, wait: string): Readonly<Record<string, string>> {
  folder.write(
    "hook.cjs",
    `const fs = require("node:fs");
    const { renameSync, writeSync } = fs;
    const wait = (time) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, time);
    fs.renameSync = (from, to) => {
      if (to.includes(".ko")) { writeSync(1, "renaming\\n"); ${wait} }
      renameSync(from, to);
    };`,
  );
  return { NODE_OPTIONS: `--require=${folder.at("hook.cjs")}` };
}

function startWith(folder: Folder, env: Readonly<Record<string, string>>, args: readonly string[]) {
  // SIGQUIT would leave a core file in the folder where the system is set up that way.
  const command = ["-c", 'ulimit -c 0; exec "$@"', "sh", process.execPath, COMMAND, ...args];
  return folder.startProgram("sh", command, env);
}

describe.each([
  ["in one thread", 20, "1", SIGNALS],
  ["in several", MANY, "2", ["SIGTERM"] as const],
] as const)("told to end, %s,", (_, count, jobs, signals) => {
  test.each(
    signals,
  )("a batch finishes what it has begun and says what is done: %s", async (signal) => {
    const folder = folderWithJobs(count);
    const args = ["batch", "jobs", "-j", jobs, "--report", "r.json"];
    const running = startWith(folder, hook(folder, "wait(30);"), args);
    await running.printed("renaming\n");
    running.kill(signal);
    const { status, signal: endedBy, stderr } = await running.ended;
    expect({ status, endedBy }).toEqual({ status: null, endedBy: signal });
    const made = readdirSync(folder.at("out"));
    expect(made.length).toBeGreaterThan(0);
    expect(made.length).toBeLessThan(count);
    expect(made.filter((name) => name.startsWith("."))).toEqual([]);
    expect(stderr).toBe(
      `klp-convert: ${count} jobs: ${made.length} converted, ${count - made.length} not begun; ended by ${signal}\n`,
    );
    const report = JSON.parse(textOf(folder, "r.json"));
    expect(report.jobs.map(({ output }: { output: string }) => output).sort()).toEqual(
      made.map((name) => `out/${name}`).sort(),
    );
    expect(report.summary).toMatchObject({ interrupted: signal, converted: made.length });
    // The rest is done by the next run.
    const rest = folder.run(["batch", "jobs", "--resume", "r.json"]);
    expect(rest.status).toBe(0);
    expect(readdirSync(folder.at("out"))).toHaveLength(count);
  });
});

test("at the second signal a batch gives up what it has begun, and leaves nothing of it", async () => {
  const folder = folderWithJobs(MANY);
  const running = startWith(folder, hook(folder, "wait();"), ["batch", "jobs", "-j", "2"]);
  await running.printed("renaming\nrenaming\n");
  expect(readdirSync(folder.at("out"))).toHaveLength(2);
  running.kill("SIGINT");
  await sleep(200);
  expect(running.hasEnded).toBe(false);
  running.kill("SIGTERM");
  expect((await running.ended).signal).toBe("SIGTERM");
  expect(readdirSync(folder.at("out"))).toEqual([]);
});

test("a thread that dies costs its job and no other", () => {
  const folder = folderWithJobs(MANY);
  folder.write(
    "hook.cjs",
    `const fs = require("node:fs");
    const { renameSync } = fs;
    fs.renameSync = (from, to) => {
      if (to.endsWith("/7.ko")) process.exit(3);
      renameSync(from, to);
    };`,
  );
  const env = { NODE_OPTIONS: `--require=${folder.at("hook.cjs")}` };
  const { status, stderr } = folder.run(["batch", "jobs", "-j", "2"], { env });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^klp-convert: internal error: x86_64-dup\.in\.ko: a thread has ended; /);
  expect(stderr).toMatch(
    /-> out\/7\.ko: failed\nklp-convert: 200 jobs: 199 converted, 1 failed\n$/,
  );
  const made = readdirSync(folder.at("out"));
  expect(made).toHaveLength(MANY - 1);
  expect(made.filter((name) => name.startsWith("."))).toEqual([]);
});

describe("killed at any moment, a batch", () => {
  /** How often; each takes some seconds. */
  const ROUNDS = Number(process.env.KLP_KILL_ROUNDS ?? 4);
  const SEED = 20;
  const JOBS = 200;

  test(
    `leaves no output half there, and the next run completes it (seed ${SEED})`,
    async () => {
      const folder = folderWithJobs(JOBS);
      // Writes in two halves, so that there is a moment between them.
      folder.write(
        "hook.cjs",
        `const fs = require("node:fs");
      const { writeFileSync, writeSync } = fs;
      fs.writeFileSync = (file, bytes) => {
        const half = bytes.length >> 1;
        writeSync(file, bytes.subarray(0, half));
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
        writeFileSync(file, bytes.subarray(half));
      };`,
      );
      const env = { NODE_OPTIONS: `--require=${folder.at("hook.cjs")}` };
      const args = ["batch", "jobs", "-j", "2", "--report", "r.ndjson", "--resume", "r.ndjson"];
      const started = performance.now();
      expect(folder.run(args, { env }).status).toBe(0);
      const duration = performance.now() - started;
      const expected = new Map(
        readdirSync(folder.at("out")).map((name) => [name, folder.read(`out/${name}`)]),
      );
      expect(expected.size).toBe(JOBS);

      let state = SEED;
      /** A linear congruential generator: the same moments in each run. */
      const random = () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state / 2 ** 32;
      };
      let killed = 0;
      for (let round = 0; round < ROUNDS; round++) {
        rmSync(folder.at("out"), { recursive: true });
        rmSync(folder.at("r.ndjson"), { force: true });
        mkdirSync(folder.at("out"));
        // Twice, so that a run that resumes is killed, too.
        for (const _ of [1, 2]) {
          const running = folder.start(args, env);
          await sleep(random() * duration);
          running.kill("SIGKILL");
          if ((await running.ended).signal === "SIGKILL") killed++;
          for (const name of readdirSync(folder.at("out"))) {
            if (name.startsWith(".klp-convert-")) continue;
            expect(folder.read(`out/${name}`), name).toEqual(expected.get(name));
          }
        }
        const { status, stderr } = folder.run(args);
        expect(status, stderr).toBe(0);
        const made = readdirSync(folder.at("out")).filter((name) => !name.startsWith("."));
        expect(made.sort()).toEqual([...expected.keys()].sort());
        for (const name of made) expect(folder.read(`out/${name}`)).toEqual(expected.get(name));
      }
      expect(killed).toBeGreaterThan(0);
    },
    60_000 + 30_000 * ROUNDS,
  );
});

const hasMake = spawnSync("make", ["--version"]).status === 0;
const isLinux = process.platform === "linux";

describe.skipIf(!isLinux)("make's jobserver", () => {
  /** Notes each thread that is started. */
  const COUNT_THREADS = `
    if (!require("node:worker_threads").isMainThread) {
      require("node:fs").appendFileSync(process.env.THREADS, "x");
    }`;

  function runWithTokens(
    folder: Folder,
    tokens: string,
    auth: string,
    args: readonly string[],
    before = "",
  ) {
    folder.write("count.cjs", COUNT_THREADS);
    folder.write("threads", "");
    const env = {
      NODE_OPTIONS: `--require=${folder.at("count.cjs")}`,
      THREADS: folder.at("threads"),
      TOKENS: tokens,
      AUTH: auth,
    };
    execFileSync("mkfifo", [folder.at("fifo")]);
    const ended = folder.runShell(
      `exec 7<>fifo; ${before}
      printf %s "$TOKENS" >&7
      MAKEFLAGS="-k -j $AUTH -- X=--jobserver-auth=99,99" klp ${args.join(" ")}; status=$?
      printf . >&7; IFS= read -r -d . left <&7; printf %s "$left"; exit $status`,
      { env },
    );
    return { ...ended, threads: folder.read("threads").length };
  }

  test.each([
    "--jobserver-auth=7,7",
    "--jobserver-fds=7,7",
    "--jobserver-auth=fifo:fifo",
  ])("grants slots, and has all of them back: %s", (auth) => {
    const folder = folderWithJobs(MANY);
    const args = ["batch", "jobs", "-j", "3"];
    const { status, stdout, stderr, threads } = runWithTokens(folder, "abcd", auth, args);
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: `klp-convert: ${MANY} jobs: ${MANY} converted\n`,
    });
    expect([...stdout].sort().join("")).toBe("abcd");
    expect(threads).toBeGreaterThan(0);
    expect(threads).toBeLessThanOrEqual(3);
  });

  test("has no slot to grant: one job at a time", () => {
    const folder = folderWithJobs(MANY);
    const args = ["batch", "jobs", "-j", "3"];
    const ended = runWithTokens(folder, "", "--jobserver-auth=7,7", args);
    expect(ended).toMatchObject({ status: 0, stdout: "", threads: 1 });
  });

  test("has its slots back after a signal", async () => {
    const folder = folderWithJobs(MANY);
    const env = hook(folder, "wait(30);");
    execFileSync("mkfifo", [folder.at("fifo")]);
    const script = `exec 7<>fifo; printf abc >&7
      MAKEFLAGS="--jobserver-auth=fifo:fifo" "$@" & child=$!
      trap 'kill -TERM $child' USR1
      while kill -0 $child 2>/dev/null; do wait $child; done
      printf . >&7; IFS= read -r -d . left <&7; printf 'left %s' "$left"`;
    const command = ["-c", script, "bash", process.execPath, COMMAND, "batch", "jobs", "-j", "3"];
    const running = folder.startProgram("bash", command, env);
    await running.printed("renaming\nrenaming\nrenaming\n");
    running.kill("SIGUSR1");
    const { stdout, stderr } = await running.ended;
    expect(stderr).toContain("ended by SIGTERM\n");
    expect(/left (.*)$/.exec(stdout)![1]!.split("").sort().join("")).toBe("abc");
  });

  test.each([
    ["--jobserver-auth=98,99", "98,99", "is not open"],
    ["--jobserver-auth=-2,-2", "-2,-2", "is not open"],
    [
      "--jobserver-auth=fifo:missing",
      "fifo:missing",
      "cannot be opened: no such file or directory",
    ],
    ["--jobserver-auth=fifo:jobs", "fifo:jobs", "is no pipe"],
  ])("that cannot be used is told, and one job done at a time: %s", (auth, name, reason) => {
    const folder = folderWithJobs(MANY);
    const ended = runWithTokens(folder, "", auth, ["batch", "jobs"]);
    expect(ended).toMatchObject({
      status: 0,
      threads: 0,
      stderr:
        `klp-convert: warning: MAKEFLAGS: make's jobserver ${name} ${reason}; one job is done at a time\n` +
        "    put + in front of the recipe's line, so that make hands its jobserver down\n" +
        `klp-convert: ${MANY} jobs: ${MANY} converted\n`,
    });
  });

  test("that make has not handed down is not mistaken for pipes of Node's own", () => {
    const folder = folderWithJobs(2);
    for (let first = 3; first < 20; first++) {
      const env = { MAKEFLAGS: `--jobserver-auth=${first},${first + 1}` };
      const { status, stderr } = folder.run(["batch", "jobs"], { env });
      expect({ status, stderr }).toMatchObject({
        status: 0,
        stderr: expect.stringMatching(/^klp-convert: warning: MAKEFLAGS: .* is not open; one job/),
      });
    }
  }, 60_000);

  test.skipIf(!hasMake)("of a real make is joined with +, and warned of without", () => {
    const folder = folderWithJobs(MANY);
    folder.write(
      "Makefile",
      'with: ; +"$$node" "$$command" batch jobs\nwithout: ; "$$node" "$$command" batch jobs\n',
    );
    const env = { node: process.execPath, command: COMMAND };
    expect(folder.runProgram("make", ["-s", "-j3", "with"], { env })).toMatchObject({
      status: 0,
      stderr: `klp-convert: ${MANY} jobs: ${MANY} converted\n`,
    });
    expect(folder.runProgram("make", ["-s", "-j3", "without"], { env })).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/^klp-convert: warning: MAKEFLAGS: make's jobserver /),
    });
  });
});
