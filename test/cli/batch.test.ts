// SPDX-License-Identifier: GPL-2.0-only

// A batch comes to what its conversions would come to one by one, and says so.

import { chmodSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FIXTURES } from "../fixtures.js";
import { Folder } from "./command.js";

const LIST = "Symbols.list";
/** Fixtures that convert without a word, with a note, and not at all; and one that is no module. */
const QUIET = "x86_64-dup.in.ko";
const PLAIN = "x86_64-plain.in.ko";
const SCHEMA = "klp-convert-batch-report";

const bytesOf = (folder: Folder, name: string) => Buffer.from(folder.read(name)).toString("latin1");

describe("a batch makes what the conversions make one by one:", () => {
  const names = FIXTURES.map((name) => `${name}.in.ko`);

  function expectedIn(folder: Folder): Map<string, string> {
    mkdirSync(folder.at("expected"));
    for (const name of names) {
      expect(folder.run([name, `expected/${name}`, "-s", LIST]).status).toBe(0);
    }
    return contentsOf(folder, "expected");
  }

  function contentsOf(folder: Folder, name: string): Map<string, string> {
    const found = readdirSync(folder.at(name)).sort();
    return new Map(found.map((each) => [each, bytesOf(folder, `${name}/${each}`)]));
  }

  test("all fixtures, into a folder that it makes, or by a manifest, in threads or not", () => {
    const folder = new Folder(LIST, ...names);
    const expected = expectedIn(folder);
    const into = folder.run(["batch", "-s", LIST, "-o", "made/out", ...names]);
    expect(into).toMatchObject({ status: 0, stdout: "" });
    expect(into.stderr).toMatch(/\nklp-convert: 11 jobs: 10 converted, 1 unchanged\n$/);
    expect(contentsOf(folder, "made/out")).toEqual(expected);

    mkdirSync(folder.at("manifest"));
    folder.write("jobs", names.map((name) => `${name} manifest/${name} ${LIST}\n`).join(""));
    expect(folder.run(["batch", "jobs"]).stderr).toBe(into.stderr);
    expect(contentsOf(folder, "manifest")).toEqual(expected);

    // So many that threads are worth their start.
    const copies = Array.from({ length: 24 }, (_, i) => `copy${i}`);
    for (const copy of copies) mkdirSync(folder.at(copy));
    const lines = copies.flatMap((copy) => names.map((name) => `${name} ${copy}/${name}\n`));
    folder.write("many", lines.join(""));
    const many = folder.run(["batch", "many", "-s", LIST, "-j", "2", "--report", "r.json"]);
    expect(many.status).toBe(0);
    expect(many.stderr).toMatch(/\nklp-convert: 264 jobs: 240 converted, 24 unchanged\n$/);
    for (const copy of copies) expect(contentsOf(folder, copy)).toEqual(expected);
    const first = bytesOf(folder, "r.json");
    const alone = folder.run(["batch", "many", "-s", LIST, "-j", "1", "--report", "r.json"]);
    expect(alone.stderr).toBe(many.stderr);
    expect(bytesOf(folder, "r.json")).toBe(first);
  }, 120_000);

  test.each([
    "./new",
    "new/",
    "there/../new",
    "new/deep//er/.",
  ])("into a folder called %s", (out) => {
    const folder = new Folder(LIST, QUIET);
    mkdirSync(folder.at("there"));
    expect(folder.run(["batch", "-s", LIST, "-o", out, QUIET]).status).toBe(0);
    expect(readdirSync(folder.at(join(out)))).toEqual([QUIET]);
  });

  test("with permissions of the inputs, and links that stay", () => {
    const folder = new Folder(LIST, QUIET);
    chmodSync(folder.at(QUIET), 0o640);
    const ended = folder.run(["batch", "-s", LIST, "-o", "out", QUIET]);
    expect(ended.stderr).toBe("klp-convert: 1 job: 1 converted\n");
    expect(statSync(folder.at(`out/${QUIET}`)).mode & 0o777).toBe(0o640);
  });

  test("with several lists, each for its own jobs", () => {
    const folder = new Folder(LIST, QUIET);
    folder.write("empty.list", "klp-convert-symbol-data.0.1\n*vmlinux\nnothing\n");
    folder.write(
      "jobs",
      `${QUIET} a.ko ${LIST}\n${QUIET} b.ko empty.list\n${QUIET} c.ko ./${LIST}\n`,
    );
    const alone = folder.run([QUIET, "b.ko", "-s", "empty.list"]);
    expect(alone.status).toBe(1);
    expect(folder.run(["batch", "jobs"])).toMatchObject({
      status: 1,
      stderr: `${alone.stderr}klp-convert: 1 job is not done:\n    ${QUIET} -> b.ko: refused\nklp-convert: 3 jobs: 2 converted, 1 refused\n`,
    });
    expect(folder.names()).not.toContain("b.ko");
    expect(folder.read("c.ko")).toEqual(folder.read("a.ko"));
  });
});

describe("jobs are independent:", () => {
  function folderWithBad(): Folder {
    const folder = new Folder(LIST, QUIET, PLAIN);
    folder.write("bad.ko", "");
    return folder;
  }

  test("one that is refused stops no other", () => {
    const folder = folderWithBad();
    expect(folder.run(["batch", "-s", LIST, "-o", "out", "bad.ko", QUIET])).toMatchObject({
      status: 1,
      stdout: "",
      stderr:
        "klp-convert: error: bad.ko: the file is empty\n" +
        "klp-convert: 1 job is not done:\n    bad.ko -> out/bad.ko: refused\n" +
        "klp-convert: 2 jobs: 1 converted, 1 refused\n",
    });
    expect(readdirSync(folder.at("out"))).toEqual([QUIET]);
  });

  test("--fail-fast begins no more", () => {
    const folder = folderWithBad();
    const args = ["batch", "-s", LIST, "-o", "out", "--fail-fast", "bad.ko", QUIET, PLAIN];
    expect(folder.run(args)).toMatchObject({
      status: 1,
      stderr:
        "klp-convert: error: bad.ko: the file is empty\n" +
        "klp-convert: 1 job is not done:\n    bad.ko -> out/bad.ko: refused\n" +
        "klp-convert: 3 jobs: 1 refused, 2 not begun\n",
    });
    expect(readdirSync(folder.at("out"))).toEqual([]);
  });

  test("a list that is refused is told once, and its jobs are refused", () => {
    const folder = new Folder(LIST, QUIET);
    folder.write("bad.list", "klp-convert-symbol-data.0.9\n");
    folder.write("jobs", `${QUIET} a.ko bad.list\n${QUIET} b.ko bad.list\n${QUIET} c.ko ${LIST}\n`);
    const { status, stderr } = folder.run(["batch", "jobs", "--report", "r.json"]);
    expect(status).toBe(1);
    expect(stderr).toBe(
      "klp-convert: error: bad.list:1: the list has version 0.9; this tool reads 0.1 and 0.2\n" +
        "    a symbols list begins with the line klp-convert-symbol-data.0.1; klp-convert symbols makes one\n" +
        `klp-convert: 2 jobs are not done:\n    ${QUIET} -> a.ko: refused\n    ${QUIET} -> b.ko: refused\n` +
        "klp-convert: 3 jobs: 1 converted, 2 refused\n",
    );
    const report = JSON.parse(bytesOf(folder, "r.json"));
    expect(report.symbolSources).toMatchObject([
      { symbols: [LIST], diagnostics: [] },
      { symbols: ["bad.list"], diagnostics: [{ code: "list-header" }] },
    ]);
  });

  test("a line of a list that makes no sense refuses the modules whose names lead to it", () => {
    const folder = new Folder(QUIET, PLAIN);
    const { stderr } = new Folder(QUIET, LIST).run([QUIET, "x.ko", "-v", "-s", LIST]);
    const name = /x86_64-dup\.in\.ko: (\w+): vmlinux/.exec(stderr)![1]!;
    folder.write(
      "l",
      `klp-convert-symbol-data.0.2\n*vmlinux\n${name} here there everywhere\nother - - x\n`,
    );
    const alone = folder.run([QUIET, "x.ko", "-s", "l"]);
    expect(alone).toMatchObject({
      status: 1,
      stderr: 'klp-convert: error: l:3: "here there everywhere" is not ADDRESS TYPE [FILE]\n',
    });
    const { status, stderr: said } = folder.run(["batch", "-s", "l", "-o", "out", QUIET, PLAIN]);
    expect(status).toBe(1);
    expect(said.startsWith(alone.stderr)).toBe(true);
    expect(said.match(/here there everywhere/g)).toHaveLength(1);
    expect(said).toMatch(/error: x86_64-plain\.in\.ko: .* is in no object of l\n/);
    expect(said).toMatch(/2 jobs: 2 refused\n$/);
  });

  test("a fault of the program is told, and the others go on", () => {
    const folder = new Folder(LIST, QUIET, PLAIN);
    folder.write(
      "fault.cjs",
      `const fs = require("node:fs"); const { readSync } = fs;
      fs.readSync = (...args) => {
        const read = readSync(...args);
        if (read === ${statSync(folder.at(QUIET)).size}) throw new TypeError("boom");
        return read;
      };`,
    );
    const env = { NODE_OPTIONS: `--require=${folder.at("fault.cjs")}` };
    const { status, stderr } = folder.run(["batch", "-s", LIST, "-o", "out", QUIET, PLAIN], {
      env,
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^klp-convert: internal error: x86_64-dup\.in\.ko: boom; this is a fault of klp-convert: /,
    );
    expect(stderr).toMatch(/2 jobs: 1 unchanged, 1 failed\n$/);
    expect(readdirSync(folder.at("out"))).toEqual([PLAIN]);
  });
});

describe("the report", () => {
  test("is one document, jobs in their order", () => {
    const folder = new Folder(LIST, QUIET, PLAIN);
    folder.write("bad.ko", "");
    const args = ["batch", "-s", LIST, "-o", "out", QUIET, "bad.ko", PLAIN, "--report", "r.json"];
    expect(folder.run(args).status).toBe(1);
    const digest = expect.stringMatching(/^sha256:[0-9a-f]{64}$/);
    const report = JSON.parse(bytesOf(folder, "r.json"));
    expect(report).toMatchObject({
      schema: SCHEMA,
      schemaVersion: 1,
      shards: [],
      symbolSources: [{ symbols: [LIST], digest, diagnostics: [] }],
      summary: {
        jobs: 3,
        converted: 1,
        unchanged: 1,
        refused: 1,
        failed: 0,
        upToDate: 0,
        notBegun: 0,
        interrupted: null,
      },
    });
    expect(report.jobs).toHaveLength(3);
    expect(report.jobs[0]).toEqual({
      job: 1,
      line: null,
      input: QUIET,
      output: `out/${QUIET}`,
      symbols: [LIST],
      sympos: [],
      lateBind: [],
      patchedObjects: [],
      strict: false,
      outcome: "converted",
      upToDate: false,
      key: digest,
      digests: { symbols: digest, input: digest, output: digest },
      diagnostics: [],
    });
    expect(report.jobs[1]).toMatchObject({
      outcome: "refused",
      digests: { output: null },
      diagnostics: [{ severity: "error", file: "bad.ko", message: "the file is empty" }],
    });
  });

  test("is a line for each job, and one for the summary, with a name in .ndjson", () => {
    const folder = new Folder(LIST, QUIET, PLAIN);
    const args = ["batch", "-s", LIST, "-o", "out", QUIET, PLAIN, "--report", "r.ndjson"];
    expect(folder.run(args).status).toBe(0);
    const lines = bytesOf(folder, "r.ndjson")
      .trimEnd()
      .split("\n")
      .map((each) => JSON.parse(each));
    expect(lines).toMatchObject([
      { schema: SCHEMA, schemaVersion: 1, record: "job", job: 1, outcome: "converted" },
      { schema: SCHEMA, schemaVersion: 1, record: "job", job: 2, outcome: "unchanged" },
      { schema: SCHEMA, schemaVersion: 1, record: "summary", jobs: 2, converted: 1, unchanged: 1 },
    ]);
    expect(folder.names().filter((name) => name.startsWith("."))).toEqual([]);
  });

  test("that cannot be written is told before anything is done", () => {
    const folder = new Folder(LIST, QUIET);
    mkdirSync(folder.at("out"));
    for (const name of ["missing/r.json", "missing/r.ndjson"]) {
      expect(folder.refused(["batch", "-s", LIST, "-o", "out", QUIET, "--report", name])).toBe(
        `klp-convert: error: ${name}: cannot be written: no such file or directory\n`,
      );
    }
  });

  test("that cannot be completed is told, with status 1", () => {
    const folder = new Folder(LIST, QUIET);
    const args = ["batch", "-s", LIST, "-o", "out", QUIET, "--report", "/dev/full"];
    expect(folder.run(args)).toMatchObject({
      status: 1,
      stderr:
        "klp-convert: 1 job: 1 converted\n" +
        "klp-convert: error: /dev/full: cannot be written: no space left on device\n",
    });
  });
});
