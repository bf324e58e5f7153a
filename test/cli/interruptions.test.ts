// SPDX-License-Identifier: GPL-2.0-only

// What is left of a run that ends in the middle of its work: nothing, and what was there before.

import { execFileSync } from "node:child_process";
import { open, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { buildIntermediate } from "../livepatch/intermediate.js";
import { COMMAND, Folder, type Running } from "./command.js";

/** Converts without a word. */
const IN = "x86_64-dup.in.ko";
const LIST = "Symbols.list";
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/**
 * Stops a process for good where a finished temporary file is about to get the output's name, and
 * says so on standard output.
 */
const STOP_AT_RENAME = `
// Signals have their turn between the last write and the rename.
globalThis.setImmediate = () => {
  process.stdout.write("renaming\\n");
  setInterval(() => {}, 1000);
};
`;

function startStoppedAtRename(folder: Folder, args: readonly string[]): Running {
  folder.write("stop.cjs", STOP_AT_RENAME);
  // SIGQUIT would leave a core file in the folder where the system is set up that way.
  const command = ["-c", 'ulimit -c 0; exec "$@"', "sh", process.execPath, COMMAND, ...args];
  return folder.startProgram("sh", command, {
    NODE_OPTIONS: `--require=${folder.at("stop.cjs")}`,
  });
}

describe.each(SIGNALS)("killed by %s before the output has its name", (signal) => {
  test("a run leaves neither output nor temporary file", async () => {
    const folder = new Folder(IN, LIST);
    const running = startStoppedAtRename(folder, [IN, "out.ko", "-s", LIST]);
    await running.printed("renaming\n");
    const during = folder.names().filter((name) => ![IN, LIST, "stop.cjs"].includes(name));
    expect(during).toEqual([expect.stringMatching(/^\.klp-convert-/)]);
    running.kill(signal);
    const { status, signal: endedBy, stderr } = await running.ended;
    expect({ status, endedBy, stderr }).toEqual({ status: null, endedBy: signal, stderr: "" });
    expect(folder.names()).toEqual([LIST, "stop.cjs", IN]);
  });

  test("a run leaves an existing output as it was", async () => {
    const folder = new Folder(IN, LIST);
    const before = folder.read(IN);
    const running = startStoppedAtRename(folder, [IN, IN, "-s", LIST]);
    await running.printed("renaming\n");
    running.kill(signal);
    expect((await running.ended).signal).toBe(signal);
    expect(folder.names()).toEqual([LIST, "stop.cjs", IN]);
    expect(folder.read(IN)).toEqual(before);
  });
});

test("killed while it reads, a run leaves nothing", async () => {
  const folder = new Folder(IN);
  execFileSync("mkfifo", [folder.at("list")]);
  const running = folder.start([IN, "out.ko", "-s", "list"]);
  // Opens as soon as the run has opened the other end.
  const list = await open(folder.at("list"), "w");
  running.kill("SIGTERM");
  expect((await running.ended).signal).toBe("SIGTERM");
  await list.close();
  expect(folder.names()).toEqual(["list", IN]);
});

test("killed in the middle of a large output, a run leaves nothing", async () => {
  const folder = new Folder();
  const size = 64 * 1024 * 1024;
  folder.write("in.ko", buildIntermediate({ sections: [{ name: ".large", size }] }));
  // A signal that comes after the last byte hits a run that is done; then it is tried again.
  for (let attempt = 0; attempt < 20; attempt++) {
    const running = folder.start(["in.ko", "out.ko"]);
    while (!running.hasEnded && !folder.names().some((name) => name.startsWith("."))) {
      await sleep(0);
    }
    running.kill(attempt % 2 === 0 ? "SIGTERM" : "SIGINT");
    await running.ended;
    expect(folder.names().filter((name) => name.startsWith("."))).toEqual([]);
    if (!folder.names().includes("out.ko")) return;
    await rm(folder.at("out.ko"));
  }
  throw new Error("no run was killed before it was done");
});

describe("a limit on the size of files ends a write in its middle, and", () => {
  // The unit of ulimit -f is 512 bytes; the output has about 4000. Node ignores SIGXFSZ, so the
  // write fails as it does on a full disk.
  function runLimited(folder: Folder, args: readonly string[]) {
    const limited = 'ulimit -f 7; exec "$@"';
    return folder.runProgram("sh", ["-c", limited, "sh", process.execPath, COMMAND, ...args]);
  }

  test("nothing is left, with the reason said", () => {
    const folder = new Folder(IN, LIST);
    expect(runLimited(folder, [IN, "out.ko", "-s", LIST])).toMatchObject({
      status: 1,
      signal: null,
      stdout: "",
      stderr: "klp-convert: error: out.ko: cannot be written: file too large\n",
    });
    expect(folder.names()).toEqual([LIST, IN]);
  });

  test("an existing output stays as it was", () => {
    const folder = new Folder(IN, LIST);
    const before = folder.read(IN);
    expect(before.length).toBeGreaterThan(7 * 512);
    expect(runLimited(folder, [IN, IN, "-s", LIST])).toMatchObject({
      status: 1,
      stdout: "",
      stderr: `klp-convert: error: ${IN}: cannot be written: file too large\n`,
    });
    expect(folder.names()).toEqual([LIST, IN]);
    expect(folder.read(IN)).toEqual(before);
  });

  test("an output within the limit is written", () => {
    const folder = new Folder("x86_64-plain.in.ko", LIST);
    const { status } = runLimited(folder, ["x86_64-plain.in.ko", "out.ko", "-s", LIST]);
    expect(status).toBe(0);
    expect(folder.read("out.ko")).toEqual(folder.read("x86_64-plain.in.ko"));
  });
});
