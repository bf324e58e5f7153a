// SPDX-License-Identifier: GPL-2.0-only

// Parts of a batch, run apart and put together; and a batch that goes on where another has ended.

import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Folder } from "./command.js";

const LIST = "Symbols.list";
const QUIET = "x86_64-dup.in.ko";
const PLAIN = "x86_64-plain.in.ko";

const textOf = (folder: Folder, name: string) => Buffer.from(folder.read(name)).toString();

/** A manifest of `count` jobs in the folder `out`. */
function folderWithJobs(count: number): Folder {
  const folder = new Folder(LIST, QUIET, PLAIN);
  mkdirSync(folder.at("out"));
  const jobs = Array.from({ length: count }, (_, i) => {
    return `${i % 3 === 0 ? PLAIN : QUIET} out/${i}.ko ${LIST}\n`;
  });
  folder.write("jobs", jobs.join(""));
  return folder;
}

describe("shards", () => {
  test("make together what the whole makes, and their reports are its report", () => {
    const folder = folderWithJobs(12);
    for (const shard of ["1/3", "2/3", "3/3"]) {
      const name = shard === "2/3" ? "2.ndjson" : `${shard[0]}.json`;
      const args = ["batch", "jobs", "--shard", shard, "--report", name];
      expect(folder.run(args).status).toBe(0);
    }
    const made = readdirSync(folder.at("out"));
    expect(made).toHaveLength(12);
    const contents = made.map((name) => folder.read(`out/${name}`));
    expect(
      folder.run(["report", "merge", "3.json", "2.ndjson", "1.json", "-o", "m.json"]),
    ).toMatchObject({ status: 0, stdout: "", stderr: "" });
    rmSync(folder.at("out"), { recursive: true });
    mkdirSync(folder.at("out"));
    expect(folder.run(["batch", "jobs", "--report", "all.json"]).status).toBe(0);
    expect(made.map((name) => folder.read(`out/${name}`))).toEqual(contents);
    expect(textOf(folder, "m.json")).toBe(textOf(folder, "all.json"));
    const twice = ["report", "merge", "m.json", "all.json", "-o", "-"];
    expect(folder.run(twice)).toMatchObject({ status: 0, stdout: textOf(folder, "all.json") });
    expect(folder.run(["report", "merge", "1.json", "-o", "part.ndjson"])).toMatchObject({
      status: 0,
      stderr:
        "klp-convert: warning: part.ndjson: the batch is not whole: there is no report of shard 2/3, 3/3\n",
    });
    const last = JSON.parse(textOf(folder, "part.ndjson").trimEnd().split("\n").at(-1)!);
    expect(last).toMatchObject({ record: "summary", shards: ["1/3"] });
  }, 60_000);

  test("need no inputs of other shards, but no two have one output", () => {
    const folder = folderWithJobs(6);
    expect(folder.run(["batch", "jobs", "--shard", "1/2", "--report", "r.json"]).status).toBe(0);
    const own = JSON.parse(textOf(folder, "r.json")).jobs.map(({ job }: { job: number }) => job);
    const lines = textOf(folder, "jobs").split("\n");
    const others = lines.map((line, i) =>
      own.includes(i + 1) ? line : line.replace(/^\S+/, "missing.ko"),
    );
    folder.write("jobs", others.join("\n"));
    expect(folder.run(["batch", "jobs", "--shard", "1/2"]).status).toBe(0);
    folder.write("jobs", `${others.join("\n")}${QUIET} ${lines[0]!.split(" ")[1]} ${LIST}\n`);
    expect(folder.run(["batch", "jobs", "--shard", "1/2"])).toMatchObject({
      status: 1,
      stderr: "klp-convert: error: jobs:7: output out/0.ko is also the output of line 1\n",
    });
  }, 60_000);
});

describe("reports that contradict each other are not merged:", () => {
  const SCHEMA = { schema: "klp-convert-batch-report", schemaVersion: 1 };
  const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
  const job = (number: number, output: string, made = "a") => ({
    job: number,
    line: number,
    input: "in",
    output,
    symbols: [],
    sympos: [],
    lateBind: [],
    patchedObjects: [],
    strict: false,
    outcome: "converted",
    upToDate: false,
    key: digest("c"),
    digests: { symbols: digest("d"), input: digest("e"), output: digest(made) },
    diagnostics: [],
  });
  const summary = {
    jobs: 1,
    converted: 1,
    unchanged: 0,
    refused: 0,
    failed: 0,
    upToDate: 0,
    notBegun: 0,
    interrupted: null,
  };
  const report = (jobs: readonly object[], more: object = {}) =>
    JSON.stringify({
      ...SCHEMA,
      version: "0.1.0",
      shards: [],
      symbolSources: [],
      jobs,
      summary,
      ...more,
    });

  function refused(a: string, b: string): string {
    const folder = new Folder();
    folder.write("a", a);
    folder.write("b", b);
    return folder.refused(["report", "merge", "a", "b", "-o", "out"]);
  }

  test.each<[string, string, string, string]>([
    [
      "one output twice",
      report([job(1, "x")]),
      report([job(1, "x", "b")]),
      `x is converted as ${digest("b")}, of ${digest("c")}, in a it is converted as ${digest("a")}, of ${digest("c")}`,
    ],
    [
      "one job with two outputs",
      report([job(1, "x")]),
      report([job(1, "y")]),
      "job 1 makes y, in a job 1 makes x: they are not of one batch",
    ],
    [
      "one output of two jobs",
      report([job(1, "x")]),
      report([job(2, "x")]),
      "job 2 makes x, in a job 1 makes x: they are not of one batch",
    ],
    [
      "two versions",
      report([]),
      report([], { version: "0.2.0" }),
      "it is of version 0.2.0, a of version 0.1.0",
    ],
    [
      "shards of different numbers",
      report([], { shards: ["1/2"] }),
      report([], { shards: ["2/3"] }),
      "it is shard 2/3, a is shard 1/2",
    ],
    [
      "lists that were others",
      report([], { symbolSources: [{ symbols: ["l"], digest: digest("a"), diagnostics: [] }] }),
      report([], { symbolSources: [{ symbols: ["l"], digest: digest("b"), diagnostics: [] }] }),
      "l had other contents than in a",
    ],
  ])("%s", (_, a, b, message) => {
    expect(refused(a, b)).toBe(`klp-convert: error: b: ${message}\n`);
  });

  test.each<[string, object, string]>([
    ["a version that is none", { version: 1 }, "version"],
    ["no shards", { shards: undefined }, "shards"],
    ["shards that are none", { shards: [1] }, "shards"],
    ["more shards than there can be", { shards: ["1/4294967296"] }, "shards"],
    ["sources without names", { symbolSources: [{ digest: null }] }, "symbolSources"],
    ["sources with half a digest", { symbolSources: [{ symbols: ["a"] }] }, "symbolSources"],
    ["half a summary", { summary: { interrupted: null } }, "summary"],
  ])("one with %s", (_, damage, field) => {
    const message = `klp-convert: error: b: the report is damaged: its "${field}" is not as a batch writes it\n`;
    expect(refused(report([]), report([], damage))).toBe(message);
    const { jobs: _jobs, summary, ...frame } = JSON.parse(report([], damage));
    const line = { ...frame, record: "summary", ...summary };
    expect(refused(report([]), `${JSON.stringify(line)}\n`)).toBe(message);
  });

  test("one that is cut off, or none, or not there", () => {
    const line = `${JSON.stringify({ ...SCHEMA, record: "job", ...job(1, "x") })}\n`;
    expect(refused(report([]), `${line}{"schema`)).toBe(
      "klp-convert: error: b: the report is cut off: it has no summary\n" +
        "    run that batch again with --resume, which does only the rest\n",
    );
    expect(refused(report([]), "{}")).toBe(
      "klp-convert: error: b: this is no report of a batch: its schema is not klp-convert-batch-report\n",
    );
    const folder = new Folder();
    expect(folder.refused(["report", "merge", "a", "-o", "out"])).toBe(
      "klp-convert: error: a: cannot be read: no such file or directory\n",
    );
  });

  test.each<[readonly string[], string]>([
    [["report", "-o", "out"], "there is nothing when there should be merge, and the reports"],
    [
      ["report", "join", "a", "-o", "out"],
      'there is "join" when there should be merge, and the reports',
    ],
    [["report", "merge", "-o", "out"], "no REPORT is given"],
    [["report", "merge", "", "-o", "out"], "REPORT is an empty name"],
    [["report", "merge", "a", "-o", ""], "OUT is an empty name"],
    [["report", "merge", "a", "-o", "./a"], "OUT is also a REPORT, which it would replace"],
    [["report", "merge", "a"], "required option '-o, --output <OUT>' not specified"],
  ])("%j", (args, message) => {
    const folder = new Folder();
    folder.write("a", report([]));
    expect(folder.refused(args, { status: 2 })).toBe(
      `klp-convert: error: ${message}\nklp-convert: try klp-convert report --help\n`,
    );
  });

  test("of many shards that are missing the first are named", () => {
    const folder = new Folder();
    folder.write("a", report([], { shards: ["1/999999"] }));
    const named = Array.from({ length: 20 }, (_, i) => `${i + 2}/999999`).join(", ");
    expect(folder.run(["report", "merge", "a", "-o", "out"])).toMatchObject({
      status: 0,
      stderr: `klp-convert: warning: out: the batch is not whole: there is no report of shard ${named} and 999978 more\n`,
    });
  });
});

describe("--resume", () => {
  const ARGS = ["batch", "jobs", "--report", "r.ndjson", "--resume", "r.ndjson"];

  test("does what is not done, or not as the report says", () => {
    const folder = folderWithJobs(6);
    expect(folder.run(ARGS).stderr).toMatch(/6 jobs: 4 converted, 2 unchanged\n$/);
    const before = folder.read("out/1.ko");
    const resumed = (expected: string) => {
      const { status, stderr } = folder.run(ARGS);
      expect(status).toBe(0);
      expect(stderr.split("\n").at(-2)).toBe(
        `klp-convert: 6 jobs: 4 converted, 2 unchanged${expected}`,
      );
    };
    resumed(", 6 were up to date");
    // An output that is gone, and one that is another.
    rmSync(folder.at("out/0.ko"));
    folder.write("out/1.ko", "half");
    resumed(", 4 were up to date");
    expect(folder.read("out/1.ko")).toEqual(before);
    // Another input: the one module has become the other.
    folder.write("other.ko", folder.read(QUIET));
    folder.write("jobs", textOf(folder, "jobs").replace(`${QUIET} out/1.ko`, "other.ko out/1.ko"));
    resumed(", 6 were up to date");
    // Other options, and another list, make everything another job.
    const strict = folder.run([...ARGS, "--strict"]);
    expect(strict.stderr).not.toMatch(/up to date/);
    folder.write(LIST, `${textOf(folder, LIST)}*another\n`);
    expect(folder.run([...ARGS, "--strict"]).stderr).not.toMatch(/up to date/);
  }, 60_000);

  test("takes a report that is cut off", () => {
    const folder = folderWithJobs(6);
    expect(folder.run(ARGS).status).toBe(0);
    const whole = textOf(folder, "r.ndjson");
    const lines = whole.split("\n");
    folder.write("r.ndjson", `${lines[0]}\n${lines[1]!.slice(0, 40)}`);
    const resumed = folder.run(ARGS);
    // What is the same is the same job: the first module is that of two.
    expect(resumed.stderr).toMatch(/, 2 were up to date\n$/);
    // All of it is there again.
    expect(folder.run(ARGS).stderr).toMatch(/, 6 were up to date\n$/);
    folder.write("r.ndjson", "");
    expect(folder.run(ARGS).stderr).not.toMatch(/up to date/);
  }, 60_000);

  test("does again what was refused", () => {
    const folder = folderWithJobs(2);
    folder.write("bad.ko", "");
    folder.write("jobs", `${textOf(folder, "jobs")}bad.ko out/bad.ko ${LIST}\n`);
    for (const done of ["", ", 2 were up to date"]) {
      const { status, stderr } = folder.run(ARGS);
      expect(status).toBe(1);
      expect(stderr).toContain("klp-convert: error: bad.ko: the file is empty\n");
      expect(stderr.endsWith(`3 jobs: 1 converted, 1 unchanged, 1 refused${done}\n`)).toBe(true);
    }
  });
});
