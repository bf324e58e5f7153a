// SPDX-License-Identifier: GPL-2.0-only

// What makes no sense is told before anything is written, and all of it in one run.

import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, symlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Folder } from "./command.js";

const LIST = "Symbols.list";
const IN = "x86_64-dup.in.ko";

describe("a batch is refused before anything is written:", () => {
  function refusedManifest(
    lines: readonly string[],
    prepare: (folder: Folder) => void = () => {},
    args: readonly string[] = [],
  ): string {
    const folder = new Folder(LIST, IN);
    folder.write("a.ko", folder.read(IN));
    mkdirSync(folder.at("out"));
    folder.write("jobs", `${lines.join("\n")}\n`);
    prepare(folder);
    return folder.refused(["batch", "jobs", ...args]);
  }

  test("all faults in one run, by lines", () => {
    const lines = [
      "missing.ko out/1.ko Symbols.list",
      "a.ko",
      "a.ko out/2.ko missing.list",
      "a.ko out/3.ko Symbols.list",
      "a.ko ./out//3.ko Symbols.list",
      "out out/4.ko Symbols.list",
      "a.ko nowhere/5.ko Symbols.list",
      "a.ko nowhere/6.ko Symbols.list",
      "a.ko out Symbols.list",
      "a.ko out/7/ Symbols.list",
    ];
    expect(refusedManifest(lines)).toBe(
      "klp-convert: error: jobs:1: input missing.ko cannot be read: no such file or directory\n" +
        'klp-convert: error: jobs:2: there is only "a.ko" when there should be IN OUT LIST\n' +
        "    a name with spaces in it stands between quotes\n" +
        "klp-convert: error: jobs:3: symbols missing.list cannot be read: no such file or directory\n" +
        "klp-convert: error: jobs:5: output ./out//3.ko is also the output of line 4\n" +
        "klp-convert: error: jobs:6: input out is no regular file, and a batch reads its inputs twice\n" +
        "klp-convert: error: jobs:7: output nowhere/5.ko cannot be written: no such file or directory\n" +
        "    mkdir -p nowhere\n" +
        "klp-convert: error: jobs:9: output out cannot be written: it is a folder\n" +
        "klp-convert: error: jobs:9: output out is also the input of line 6\n" +
        "klp-convert: error: jobs:10: output out/7/ cannot be written: it is the name of a folder\n",
    );
  });

  test("one output of two, through links", () => {
    const lines = [
      "a.ko out/1.ko Symbols.list",
      "a.ko link/1.ko Symbols.list",
      "a.ko linked.ko Symbols.list",
      "a.ko out/hard.ko Symbols.list",
      "a.ko out/soft.ko Symbols.list",
    ];
    const stderr = refusedManifest(lines, (folder) => {
      symlinkSync("out", folder.at("link"));
      symlinkSync("out/1.ko", folder.at("linked.ko"));
      folder.write("out/hard.ko", "");
      symlinkSync("hard.ko", folder.at("out/soft.ko"));
    });
    expect(stderr).toBe(
      "klp-convert: error: jobs:2: output link/1.ko is also the output of line 1\n" +
        "klp-convert: error: jobs:3: output linked.ko is also the output of line 1\n" +
        "klp-convert: error: jobs:5: output out/soft.ko is also the output of line 4\n",
    );
  });

  test("one output of two that are one file by hard links", () => {
    const stderr = refusedManifest(
      ["a.ko x.ko Symbols.list", "a.ko y.ko Symbols.list"],
      (folder) => {
        folder.write("x.ko", "");
        linkSync(folder.at("x.ko"), folder.at("y.ko"));
      },
    );
    expect(stderr).toBe("klp-convert: error: jobs:2: output y.ko is also the output of line 1\n");
  });

  test("an output that somebody reads", () => {
    const lines = [
      `a.ko ${IN} Symbols.list`,
      `${IN} out/1.ko Symbols.list`,
      "a.ko ./a.ko Symbols.list",
      "a.ko Symbols.list Symbols.list",
      "a.ko jobs Symbols.list",
      "a.ko r.json Symbols.list",
    ];
    expect(refusedManifest(lines, undefined, ["--report", "r.json"])).toBe(
      `klp-convert: error: jobs:1: output ${IN} is also the input of line 2\n` +
        "klp-convert: error: jobs:3: output ./a.ko is its own input\n" +
        "    inputs stay as they are in a batch, so that it can be run again\n" +
        "klp-convert: error: jobs:4: output Symbols.list is also a source of symbols Symbols.list\n" +
        "klp-convert: error: jobs:5: output jobs is also the manifest\n" +
        "klp-convert: error: jobs:6: output r.json is also the report\n",
    );
  });

  test("an output among the modules of a folder with symbols", () => {
    const stderr = refusedManifest(["a.ko modules/b.ko modules"], (folder) => {
      mkdirSync(folder.at("modules"));
      folder.write("modules/b.ko", folder.read(IN));
    });
    expect(stderr).toBe(
      "klp-convert: error: jobs:1: output modules/b.ko is also a source of symbols modules/b.ko in modules\n",
    );
  });

  test("pipes and devices", () => {
    const stderr = refusedManifest(
      ["pipe out/1.ko Symbols.list", "a.ko /dev/null Symbols.list", "a.ko out/2.ko pipe"],
      (folder) => execFileSync("mkfifo", [folder.at("pipe")]),
    );
    expect(stderr).toBe(
      "klp-convert: error: jobs:1: input pipe is no regular file, and a batch reads its inputs twice\n" +
        "klp-convert: error: jobs:2: output /dev/null cannot be written: it is no regular file\n" +
        "klp-convert: error: jobs:3: symbols pipe is no regular file\n",
    );
  });

  test("a report that would replace what is read", () => {
    expect(refusedManifest(["a.ko out/1.ko Symbols.list"], undefined, ["--report", "a.ko"])).toBe(
      "klp-convert: error: a.ko: the report is also the input of line 1\n",
    );
    expect(refusedManifest(["a.ko out/1.ko Symbols.list"], undefined, ["--report", LIST])).toBe(
      "klp-convert: error: Symbols.list: the report is also a source of symbols Symbols.list\n",
    );
  });

  test("a missing folder with any name, and how it is made", () => {
    const name = (folder: string) =>
      JSON.stringify({ in: "a.ko", out: `${folder}/1.ko`, symbols: [LIST] });
    expect(refusedManifest([name("a b"), name("it's"), name("n\nl")])).toBe(
      "klp-convert: error: jobs:1: output a b/1.ko cannot be written: no such file or directory\n" +
        "    mkdir -p 'a b'\n" +
        "klp-convert: error: jobs:2: output it's/1.ko cannot be written: no such file or directory\n" +
        "    mkdir -p 'it'\\''s'\n" +
        "klp-convert: error: jobs:3: output n\\x0al/1.ko cannot be written: no such file or directory\n" +
        "    mkdir -p $'n\\x0al'\n",
    );
  });

  test("modules by their names, without a manifest", () => {
    const folder = new Folder(LIST, IN);
    mkdirSync(folder.at("d"));
    folder.write(`d/${IN}`, folder.read(IN));
    const args = ["batch", "-o", "out", "-s", LIST, "-s", "no.list", IN, `d/${IN}`, "no.ko"];
    expect(folder.refused(args)).toBe(
      "klp-convert: error: no.ko: cannot be read: no such file or directory\n" +
        "klp-convert: error: no.list: cannot be read: no such file or directory\n" +
        `klp-convert: error: d/${IN}: output out/${IN} is also the output of ${IN}\n`,
    );
    expect(folder.refused(["batch", "-o", ".", "-s", LIST, IN])).toBe(
      `klp-convert: error: ${IN}: output ${IN} is its own input\n` +
        "    inputs stay as they are in a batch, so that it can be run again\n",
    );
    expect(folder.refused(["batch", "-o", LIST, "-s", LIST, IN])).toBe(
      `klp-convert: error: ${IN}: output ${LIST}/${IN} cannot be written: not a directory\n`,
    );
  });

  test("a manifest that is not there, or no text", () => {
    const folder = new Folder(LIST, IN);
    expect(folder.refused(["batch", "missing"])).toBe(
      "klp-convert: error: missing: cannot be read: no such file or directory\n",
    );
    expect(folder.refused(["batch", "-"], { input: "" })).toBe(
      "klp-convert: error: /dev/stdin: there is no job in it\n    a job is a line IN OUT LIST\n",
    );
  });

  test("a report to resume that is not there, or is none", () => {
    const folder = new Folder(LIST, IN);
    folder.write("r.json", '{"schema":"klp-convert-report","schemaVersion":1}');
    folder.write("new.json", '{"schema":"klp-convert-batch-report","schemaVersion":2}');
    folder.write(
      "damaged.json",
      '{"schema":"klp-convert-batch-report","schemaVersion":1,"jobs":[3]}',
    );
    const resume = (name: string) =>
      folder.refused(["batch", "-o", "out", "-s", LIST, IN, "--resume", name]);
    expect(resume("missing.json")).toBe(
      "klp-convert: error: missing.json: cannot be read: no such file or directory\n",
    );
    expect(resume("r.json")).toBe(
      "klp-convert: error: r.json: this is no report of a batch: its schema is not klp-convert-batch-report\n",
    );
    expect(resume("new.json")).toBe(
      "klp-convert: error: new.json: the report's schemaVersion is 2 when it should be 1\n" +
        "    it was made by another version of klp-convert\n",
    );
    expect(resume("damaged.json")).toBe(
      "klp-convert: error: damaged.json: the report is damaged: it has jobs without a job's fields\n",
    );
  });
});

describe("a command line that makes no sense is refused with status 2:", () => {
  const HINT = "klp-convert: try klp-convert batch --help\n";
  test.each<[readonly string[], string]>([
    [["batch"], "no MANIFEST is given, and no -o OUTDIR with modules"],
    [["batch", ""], "MANIFEST is an empty name"],
    [
      ["batch", "a", "b"],
      "there are 2 files when there should be one MANIFEST; modules need -o OUTDIR",
    ],
    [["batch", "-o", "out"], "no IN is given"],
    [["batch", "-o", "out", ""], "IN is an empty name"],
    [["batch", "-o", "out", "-"], "IN is -, but it has to be a file in a batch"],
    [["batch", "-o", "", IN], "OUTDIR is an empty name"],
    [["batch", "-o", "-", IN], "OUTDIR is -, but it has to be a folder"],
    [["batch", "jobs", "--report", ""], "the report is an empty name"],
    [["batch", "jobs", "--report", "-"], "the report is -, but it has to be a file"],
    [
      ["batch", "jobs", "--resume", "/dev/stdin"],
      "the report to resume is -, but it has to be a file",
    ],
    [["batch", "jobs", "-s", ""], "LIST is an empty name"],
    [["batch", "jobs", "-s", "-"], "LIST is -, but it has to be a file in a batch"],
    [["batch", "jobs", "-j", "0"], '-j is "0" when it should be a number from 1 on'],
    [["batch", "jobs", "-j", "many"], '-j is "many" when it should be a number from 1 on'],
    [["batch", "jobs", "--shard", "5/4"], '--shard: "5/4" is not I/N, such as 1/4 to 4/4'],
    [["batch", "jobs", "--sympos", "x"], "--sympos: "],
  ])("%j", (args, message) => {
    const stderr = new Folder(IN).refused(args, { status: 2 });
    expect(stderr).toMatch(/\nklp-convert: try klp-convert batch --help\n$/);
    expect(stderr.startsWith(`klp-convert: error: ${message}`)).toBe(true);
    if (!message.endsWith(" ")) expect(stderr).toBe(`klp-convert: error: ${message}\n${HINT}`);
  });
});
