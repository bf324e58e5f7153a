// SPDX-License-Identifier: GPL-2.0-only

// The line on a terminal that tells how far a long run is. Clocks are not waited for.

import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Progress } from "../../src/cli/progress.js";
import { COMMAND, Folder } from "./command.js";
import { buildModule, fromFile, listOf } from "./sources.js";

const ERASE = "\r\x1b[K";

describe("progress", () => {
  const stderr = process.stderr as { isTTY: boolean | undefined };
  const isTTY = stderr.isTTY;
  let now = 0;
  let written = "";

  beforeEach(() => {
    now = 5000;
    written = "";
    stderr.isTTY = true;
    vi.spyOn(performance, "now").mockImplementation(() => now);
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      written += text;
      return true;
    });
  });

  afterEach(() => {
    vi.restoreAllMocks();
    stderr.isTTY = isTTY;
  });

  test("is silent for a second, then shows what is said in place of what was", () => {
    const progress = new Progress();
    progress.show("1 of 9");
    now += 999;
    progress.show("2 of 9");
    expect(written).toBe("");
    now += 1;
    progress.show("3 of 9");
    expect(written).toBe(`${ERASE}klp-convert: 3 of 9`);
    now += 100;
    progress.show("4 of 9");
    expect(written).toBe(`${ERASE}klp-convert: 3 of 9${ERASE}klp-convert: 4 of 9`);
  });

  test("changes no more than ten times a second", () => {
    const progress = new Progress();
    now += 2000;
    progress.show("1 of 9");
    now += 99;
    progress.show("2 of 9");
    expect(written).toBe(`${ERASE}klp-convert: 1 of 9`);
    now += 1;
    progress.show("3 of 9");
    expect(written).toBe(`${ERASE}klp-convert: 1 of 9${ERASE}klp-convert: 3 of 9`);
  });

  test("takes its line away at the end, if there is one", () => {
    const short = new Progress();
    short.show("1 of 9");
    short.end();
    expect(written).toBe("");
    const long = new Progress();
    now += 1000;
    long.show("1 of 9");
    long.end();
    expect(written).toBe(`${ERASE}klp-convert: 1 of 9${ERASE}`);
  });

  test.each([false, undefined])("is nothing where no terminal reads it: isTTY %s", (terminal) => {
    stderr.isTTY = terminal;
    const progress = new Progress();
    now += 60_000;
    progress.show("1 of 9");
    progress.end();
    expect(written).toBe("");
  });
});

describe("a run that takes long", () => {
  /** Has every look at the clock find that most of a second went by. */
  const SLOW = "let now = 0; performance.now = () => (now += 600);";

  function folderOfModules(): Folder {
    const folder = new Folder();
    folder.write("slow.cjs", SLOW);
    for (const name of ["a", "b", "c", "d"]) {
      const symbols = fromFile(`${name}.c`, [name, ".text", 0]);
      folder.write(`${name}.ko`, buildModule(name, { symbols }));
    }
    return folder;
  }

  const ARGS = ["symbols", "-o", "out", "a.ko", "b.ko", "c.ko", "d.ko"];
  const hasTerminal = spawnSync("script", ["-qec", "true", "/dev/null"]).status === 0;

  test("prints nothing of its progress into a file or a pipe", () => {
    const folder = folderOfModules();
    const env = { NODE_OPTIONS: `--require=${folder.at("slow.cjs")}` };
    expect(folder.run(ARGS, { env })).toMatchObject({ status: 0, stdout: "", stderr: "" });
  });

  test.skipIf(!hasTerminal)("tells a terminal how many sources are read, and clears it", () => {
    const folder = folderOfModules();
    const env = { NODE_OPTIONS: `--require=${folder.at("slow.cjs")}` };
    // util-linux's script runs a shell command on a terminal of its own.
    const command = [process.execPath, COMMAND, ...ARGS].map((each) => `'${each}'`).join(" ");
    const ended = folder.runProgram("script", ["-qec", command, "/dev/null"], { env });
    expect(ended.status).toBe(0);
    expect(ended.stdout).toBe(
      `${[1, 2, 3].map((i) => `${ERASE}klp-convert: ${i} of 4 sources read`).join("")}${ERASE}`,
    );
    const list = listOf("*a", "a", "*b", "b", "*c", "c", "*d", "d");
    expect(Buffer.from(folder.read("out")).toString()).toBe(list);
  });

  test.skipIf(!hasTerminal)("says what is wrong behind the line it has cleared", () => {
    const folder = folderOfModules();
    folder.write("c.ko", "");
    const env = { NODE_OPTIONS: `--require=${folder.at("slow.cjs")}` };
    const command = [process.execPath, COMMAND, ...ARGS].map((each) => `'${each}'`).join(" ");
    const ended = folder.runProgram("script", ["-qec", `${command} --color never`, "/dev/null"], {
      env,
    });
    expect(ended.status).toBe(1);
    expect(ended.stdout).toContain(
      `of 4 sources read${ERASE}klp-convert: error: c.ko: the file is empty\r\n`,
    );
  });

  test.skipIf(!hasTerminal)(
    "tells how many modules of a batch are done, beside their messages",
    () => {
      const folder = new Folder("x86_64-dup.in.ko", "x86_64-plain.in.ko", "Symbols.list");
      folder.write("slow.cjs", SLOW);
      const env = { NODE_OPTIONS: `--require=${folder.at("slow.cjs")}` };
      const files = ["x86_64-dup.in.ko", "x86_64-plain.in.ko"];
      const args = ["batch", "-s", "Symbols.list", "-o", "out", "--color", "never", ...files];
      expect(folder.run(args, { env }).stderr).not.toContain(ERASE);
      const command = [process.execPath, COMMAND, ...args].map((each) => `'${each}'`).join(" ");
      const { status, stdout } = folder.runProgram("script", ["-qec", command, "/dev/null"], {
        env,
      });
      expect(status).toBe(0);
      expect(stdout).toContain(`${ERASE}klp-convert: 2 of 2 modules looked at${ERASE}`);
      expect(stdout).toContain(
        `${ERASE}klp-convert: 1 of 2 modules done${ERASE}klp-convert: note: x86_64-plain.in.ko: nothing to convert`,
      );
      expect(
        stdout.endsWith(
          `of 2 modules done${ERASE}klp-convert: 2 jobs: 1 converted, 1 unchanged\r\n`,
        ),
      ).toBe(true);
    },
  );
});
