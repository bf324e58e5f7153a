// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { convert } from "../../src/index.js";
import { Folder } from "./command.js";

/** Converts without a word. */
const IN = "x86_64-dup.in.ko";
const LIST = "Symbols.list";

/** Makes descriptor 5 of a shell a pipe whose reader has gone. */
const UNREAD = "mkfifo unread; exec 4<>unread 5>unread 4<&-";

function converted(folder: Folder): Uint8Array {
  const symbols = { file: LIST, bytes: folder.read(LIST) };
  return new Uint8Array(convert(folder.read(IN), { symbols }).output!);
}

describe("- is", () => {
  test("standard input for IN", () => {
    const folder = new Folder(IN, LIST);
    const { status, stdout, stderr } = folder.run(["-", "out.ko", "-s", LIST], {
      input: folder.read(IN),
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(folder.read("out.ko")).toEqual(converted(folder));
  });

  test("standard output for OUT", () => {
    const folder = new Folder(IN, LIST);
    const { status, stdoutBytes, stderr } = folder.run([IN, "-", "-s", LIST]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdoutBytes).toEqual(converted(folder));
    expect(folder.names()).toEqual([LIST, IN]);
  });

  test("both at once", () => {
    const folder = new Folder(IN, LIST);
    const { status, stdoutBytes, stderr } = folder.run(["-", "-", "-s", LIST], {
      input: folder.read(IN),
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdoutBytes).toEqual(converted(folder));
    expect(folder.names()).toEqual([LIST, IN]);
  });

  test("standard input for LIST", () => {
    const folder = new Folder(IN, LIST);
    const { status, stdoutBytes, stderr } = folder.run([IN, "-", "-s", "-"], {
      input: folder.read(LIST),
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdoutBytes).toEqual(converted(folder));
  });

  test("a file of that name when written ./-", () => {
    const folder = new Folder(IN, LIST);
    const { status, stdout } = folder.run([IN, "./-", "-s", LIST]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    expect(folder.read("-")).toEqual(converted(folder));
  });
});

describe("messages call it /dev/stdin when", () => {
  test("the module is refused", () => {
    const folder = new Folder(LIST);
    expect(folder.refused(["-", "out.ko", "-s", LIST], { input: "this is no module at all" })).toBe(
      "klp-convert: error: /dev/stdin: not an ELF file: it does not begin with 0x7f ELF\n",
    );
  });

  test("the module is refused and the result was to go to standard output", () => {
    const folder = new Folder(LIST);
    expect(folder.refused(["-", "-", "-s", LIST], { input: "this is no module at all" })).toBe(
      "klp-convert: error: /dev/stdin: not an ELF file: it does not begin with 0x7f ELF\n",
    );
  });

  test("the list is refused", () => {
    const folder = new Folder(IN);
    expect(folder.refused([IN, "out.ko", "-s", "-"], { input: "" })).toBe(
      "klp-convert: error: /dev/stdin: the file is empty\n" +
        "    sources are vmlinux, modules (.ko), /proc/kallsyms, System.map, nm -n or nm -f posix of vmlinux, Module.symvers and symbols lists\n",
    );
  });
});

describe("a standard output that cannot be written fails the run and is called /dev/stdout:", () => {
  const FULL = "klp-convert: error: /dev/stdout: cannot be written: no space left on device\n";

  test.each([
    ["a module to a full device", `klp ${IN} - -s ${LIST} > /dev/full`, FULL],
    ["by its path", `klp ${IN} /dev/stdout -s ${LIST} > /dev/full`, FULL],
    ["a report to a full device", `klp ${IN} ${IN} -s ${LIST} --json > /dev/full`, FULL],
    [
      "the report of a refusal to a full device",
      "klp missing.ko out.ko --json > /dev/full",
      `klp-convert: error: missing.ko: cannot be read: no such file or directory\n${FULL}`,
    ],
    [
      "a module to a pipe that nobody reads",
      `${UNREAD}; klp ${IN} - -s ${LIST} >&5`,
      "klp-convert: error: /dev/stdout: cannot be written: broken pipe\n",
    ],
    [
      "a report to a pipe that nobody reads",
      `${UNREAD}; klp ${IN} ${IN} -s ${LIST} --json >&5`,
      "klp-convert: error: /dev/stdout: cannot be written: broken pipe\n",
    ],
  ])("%s", (_, script, stderr) => {
    const folder = new Folder(IN, LIST);
    expect(folder.runShell(script)).toMatchObject({ status: 1, stdout: "", stderr });
    expect(folder.names().filter((name) => name !== "unread")).toEqual([LIST, IN]);
  });

  test.each([
    ["check", `klp check ${IN} -s ${LIST}`],
    ["check --json", `klp check ${IN} -s ${LIST} --json`],
    ["check --sarif", `klp check ${IN} -s ${LIST} --sarif`],
    ["check --list", "klp check --list"],
    ["inspect", `klp inspect ${IN}`],
    ["inspect --json", `klp inspect ${IN} --json`],
    ["inspect --json beside a page", `klp inspect ${IN} --json --html /dev/null`],
    ["symbols", `klp symbols -o - ${LIST}`],
    ["report merge", "klp report merge r.json -o -"],
    ["convert --dry-run", `klp ${IN} -n -s ${LIST}`],
  ])("what %s prints, to a full device", (_, command) => {
    const folder = new Folder(IN, LIST);
    if (command.includes("r.json")) {
      folder.run(["batch", "-o", "out", "-s", LIST, IN, "--report", "r.json"]);
    }
    const before = folder.names();
    const ended = folder.runShell(`${command} > /dev/full`);
    expect(ended).toMatchObject({ status: 1, stdout: "", stderr: FULL });
    expect(folder.names()).toEqual(before);
  });

  test.each(["--help", "--version"])("%s fails too, without a stack trace", (option) => {
    const ended = new Folder().runShell(`klp ${option} > /dev/full`);
    expect(ended).toMatchObject({ status: 1, stdout: "", stderr: "" });
  });
});

describe("messages that nobody reads", () => {
  test.each([
    ["a pipe", `${UNREAD}; klp x86_64.in.ko out.ko -s ${LIST} 2>&5`],
    ["a full device", `klp x86_64.in.ko out.ko -s ${LIST} 2> /dev/full`],
  ])("do not fail a conversion: %s", (_, script) => {
    const folder = new Folder("x86_64.in.ko", LIST);
    expect(folder.run(["x86_64.in.ko", "other.ko", "-s", LIST]).stderr).not.toBe("");
    expect(folder.runShell(script)).toMatchObject({ status: 0, stdout: "" });
    expect(folder.read("out.ko")).toEqual(folder.read("other.ko"));
  });

  test("do not make a refusal anything else", () => {
    const folder = new Folder();
    expect(folder.runShell(`${UNREAD}; klp missing.ko out.ko 2>&5`).status).toBe(1);
    expect(folder.runShell("klp missing.ko 2> /dev/full").status).toBe(2);
  });
});

test("a module of several megabytes goes through a pipe whole", () => {
  const folder = new Folder(IN, LIST);
  // What lies behind the sections stays in the file; it makes this one larger than any pipe.
  const large = new Uint8Array(5_000_000).fill(0x5a);
  large.set(folder.read("x86_64-dup.in.ko"));
  folder.write("large.ko", large);
  folder.run(["large.ko", "file.ko", "-s", LIST]);
  const { status, stdoutBytes, stderr } = folder.run(["-", "-", "-s", LIST], { input: large });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdoutBytes.length).toBeGreaterThan(5_000_000);
  expect(Buffer.compare(stdoutBytes, folder.read("file.ko"))).toBe(0);
});
