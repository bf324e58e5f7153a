// SPDX-License-Identifier: GPL-2.0-only

// Inputs that are nothing, or no files, or have no end, or are only said to be large: every command that
// reads says so at once, whatever the input is for.

import { mkdirSync, truncateSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Folder } from "./command.js";

const LIST = "Symbols.list";
const IN = "x86_64-dup.in.ko";
const QUIET = { status: 0, stderr: "" };

/** Every place of a command line where a file is read whole, `FILE` for its name. */
const READERS: readonly (readonly [string, readonly string[]])[] = [
  ["convert's IN", ["FILE", "out", "-s", LIST]],
  ["convert's LIST", [IN, "out", "-s", "FILE"]],
  ["one of several LISTs", [IN, "out", "-s", LIST, "-s", "FILE"]],
  ["symbols", ["symbols", "-o", "out", "FILE"]],
  ["check's file", ["check", "FILE", "-s", LIST]],
  ["check's LIST", ["check", IN, "-s", "FILE"]],
  ["check's input", ["check", IN, "--input", "FILE"]],
  ["inspect's file", ["inspect", "FILE"]],
  ["inspect's LIST", ["inspect", IN, "-s", "FILE"]],
  ["a manifest", ["batch", "FILE"]],
  ["a report to resume", ["batch", "-o", "out", "-s", LIST, IN, "--resume", "FILE"]],
  ["a report to merge", ["report", "merge", "FILE", "-o", "out"]],
];

/** Those of them that come to a file by ways of their own. */
const BY_WAYS = READERS.filter(([what]) =>
  ["convert's IN", "one of several LISTs", "a manifest", "a report to resume"].includes(what),
);

function argsWith(args: readonly string[], file: string): string[] {
  return args.map((arg) => (arg === "FILE" ? file : arg));
}

/** The errors of a run that has to fail and leave nothing behind. */
function errorsOf(folder: Folder, args: readonly string[]): string[] {
  const before = folder.names();
  const { status, stdout, stderr } = folder.run(args);
  expect(status).toBe(1);
  expect(folder.names()).toEqual(before);
  // What check has to say of a file it says on standard output.
  return `${stderr}${stdout}`.split("\n").filter((line) => /^klp-convert: error: /.test(line));
}

test.each(READERS)("%s is no device without end", (_, args) => {
  expect(errorsOf(new Folder(LIST, IN), argsWith(args, "/dev/zero"))).toEqual([
    "klp-convert: error: /dev/zero: cannot be read: it is a device, not a file",
  ]);
});

// Nothing is mapped at address 0, so root cannot read it either.
test.each(BY_WAYS)("%s is no file that cannot be read", (_, args) => {
  expect(errorsOf(new Folder(LIST, IN), argsWith(args, "/proc/self/mem"))).toEqual([
    "klp-convert: error: /proc/self/mem: cannot be read: i/o error",
  ]);
});

/** inspect tells what to write instead, as usage. */
const NO_INSPECTED = READERS.filter(([what]) => what !== "inspect's file");

test.each(NO_INSPECTED)("%s is no folder without modules", (what, args) => {
  const folder = new Folder(LIST, IN);
  mkdirSync(folder.at("folder"));
  const reason = /LIST|symbols/.test(what)
    ? "has no modules in it: no file *.ko, *.ko.gz, *.ko.xz or *.ko.zst"
    : "cannot be read: illegal operation on a directory";
  expect(errorsOf(folder, argsWith(args, "folder"))).toEqual([
    `klp-convert: error: folder: ${reason}`,
  ]);
});

test.each(BY_WAYS)("%s is no file of a size that is a hole", (_, args) => {
  const folder = new Folder(LIST, IN);
  folder.write("holes", "");
  truncateSync(folder.at("holes"), 2 ** 40);
  expect(errorsOf(folder, argsWith(args, "holes"))).toEqual([
    "klp-convert: error: holes: cannot be read: it has 2 GiB or more",
  ]);
});

describe("a list with a hole of a terabyte is refused", () => {
  test.each<[string, readonly string[]]>([
    ["convert", [IN, "out", "-s", "holes"]],
    ["symbols", ["symbols", "-o", "out", "holes"]],
  ])("by %s", (_, args) => {
    const folder = new Folder(LIST, IN);
    folder.write("holes", folder.read(LIST));
    truncateSync(folder.at("holes"), 2 ** 40);
    expect(errorsOf(folder, args)).toEqual([
      "klp-convert: error: holes: cannot be read: it has 2 GiB or more",
    ]);
  });

  test("by batch, which shares it among threads", () => {
    const folder = new Folder(LIST, IN);
    folder.write("holes", folder.read(LIST));
    truncateSync(folder.at("holes"), 2 ** 40);
    expect(folder.run(["batch", "-o", "out", "-s", "holes", IN])).toMatchObject({
      status: 1,
      stderr:
        "klp-convert: error: holes: cannot be read: it has 2 GiB or more\n" +
        "klp-convert: 1 job is not done:\n" +
        `    ${IN} -> out/${IN}: failed\n` +
        "klp-convert: 1 job: 1 failed\n",
    });
  });
});

describe("an option file is no", () => {
  test("device without end", () => {
    expect(new Folder().refused(["@/dev/zero"], { status: 2 })).toBe(
      "klp-convert: error: @/dev/zero cannot be read: it is a device, not a file\n",
    );
  });

  test("file of a size that is a hole", () => {
    const folder = new Folder();
    folder.write("holes", "");
    truncateSync(folder.at("holes"), 2 ** 40);
    const { status, stderr } = folder.run(["@holes"]);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: "klp-convert: error: @holes cannot be read: it has 2 GiB or more\n",
    });
  });
});

describe("standard input is no", () => {
  test("device without end", () => {
    const folder = new Folder(LIST);
    expect(folder.runShell(`klp - out -s ${LIST} < /dev/zero`)).toMatchObject({
      status: 1,
      stderr: "klp-convert: error: /dev/stdin: cannot be read: it is a device, not a file\n",
    });
    expect(folder.names()).toEqual([LIST]);
  });

  test("pipe without end, nor is any other", () => {
    const folder = new Folder(LIST);
    const { status, stderr } = folder.runShell(
      `cat /dev/zero | klp - out -s <(cat /dev/zero); exit \${PIPESTATUS[1]}`,
    );
    const message = "cannot be read: it is no file, and 1 GiB or more comes out of it";
    expect(stderr.replace(/\/dev\/fd\/\d+/, "FD")).toBe(
      `klp-convert: error: /dev/stdin: ${message}\nklp-convert: error: FD: ${message}\n`,
    );
    expect(status).toBe(1);
    expect(folder.names()).toEqual([LIST]);
  });
});

describe("nothing at all is told apart from what should be there:", () => {
  const SOURCES =
    "sources are vmlinux, modules (.ko), /proc/kallsyms, System.map, nm -n or nm -f posix of vmlinux, Module.symvers and symbols lists";

  test.each<[string, readonly string[], string]>([
    ["IN", ["FILE", "out", "-s", LIST], "the file is empty\n"],
    ["LIST", [IN, "out", "-s", "FILE"], `the file is empty\n    ${SOURCES}\n`],
    ["a source", ["symbols", "-o", "out", "FILE"], `the file is empty\n    ${SOURCES}\n`],
    ["a manifest", ["batch", "FILE"], "there is no job in it\n    a job is a line IN OUT LIST\n"],
    ["an inspected file", ["inspect", "FILE"], "the file is empty\n"],
    ["one of two that are compared", ["inspect", "--diff", "FILE", IN], "the file is empty\n"],
    [
      "a report",
      ["report", "merge", "FILE", "-o", "out"],
      "the report is cut off: it has no summary\n    run that batch again with --resume, which does only the rest\n",
    ],
  ])("%s", (_, args, message) => {
    const folder = new Folder(LIST, IN);
    folder.write("empty", "");
    for (const file of ["empty", "/dev/null"]) {
      const stderr = folder.refused(argsWith(args, file));
      expect(stderr).toBe(`klp-convert: error: ${file}: ${message}`);
    }
  });

  test("a checked file is judged as the kernel would", () => {
    const folder = new Folder();
    folder.write("empty", "");
    const { status, stdout, stderr } = folder.run(["check", "empty"]);
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    expect(stdout).toMatch(/^empty: refused: Invalid ELF header len 0\n/);
  });

  test("a report to resume has nothing to skip", () => {
    const folder = new Folder(LIST, IN);
    folder.write("empty", "");
    const args = ["batch", "-o", "out", "-s", LIST, IN, "--resume", "empty"];
    expect(folder.run(args)).toMatchObject({
      status: 0,
      stderr: "klp-convert: 1 job: 1 converted\n",
    });
  });
});

describe("what comes out of a pipe of the shell's is read", () => {
  const MADE = "klp-convert: 1 job: 1 converted\n";

  test.each<[string, string, string]>([
    ["as options", `klp @<(echo ${IN} out -s ${LIST})`, ""],
    ["as options within others", `echo @/dev/fd/9 > o; klp @o 9< <(echo ${IN} out -s ${LIST})`, ""],
    ["as IN and LIST", `klp <(cat ${IN}) out -s <(cat ${LIST})`, ""],
    ["as a manifest", `klp batch <(echo ${IN} out ${LIST})`, MADE],
    [
      "as a report to resume",
      `klp batch -o d -s ${LIST} ${IN} --report r.json 2> first && cp d/${IN} out &&
        klp batch -o d -s ${LIST} ${IN} --resume <(cat r.json)`,
      "klp-convert: 1 job: 1 converted, 1 were up to date\n",
    ],
  ])("%s", (_, script, stderr) => {
    const folder = new Folder(LIST, IN);
    const args = [IN, "expected", "-s", LIST];
    expect(folder.run(args)).toMatchObject(QUIET);
    expect(folder.runShell(script)).toMatchObject({ status: 0, stdout: "", stderr });
    expect(folder.read("out")).toEqual(folder.read("expected"));
  });

  test("by check, inspect, symbols and report merge", () => {
    const folder = new Folder(LIST, IN);
    const same = (piped: string, plain: string) => {
      const [one, other] = [folder.runShell(piped), folder.runShell(plain)];
      const names = [IN, LIST];
      const named = one.stdout.replaceAll(/\/dev\/fd\/(\d+)/g, (_, fd) => names[63 - Number(fd)]!);
      expect(named).toBe(other.stdout);
      expect(one.stdout.length).toBeGreaterThan(10);
      expect(one.status).toBe(0);
    };
    same(`klp check <(cat ${IN}) -s <(cat ${LIST})`, `klp check ${IN} -s ${LIST}`);
    same(`klp inspect <(cat ${IN})`, `klp inspect ${IN}`);
    same(`klp symbols -o - <(cat ${LIST})`, `klp symbols -o - ${LIST}`);
    folder.run(["batch", "-o", "out", "-s", LIST, IN, "--report", "r.json"]);
    same("klp report merge <(cat r.json) -o -", "klp report merge r.json -o -");
  });
});
