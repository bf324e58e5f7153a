// SPDX-License-Identifier: GPL-2.0-only

// Outputs that are no plain files: descriptors, pipes, devices and links under the names of reports; and
// outputs of which one cannot be written.

import { execFileSync } from "node:child_process";
import { linkSync, lstatSync, mkdirSync, readlinkSync, symlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Folder } from "./command.js";

const LIST = "Symbols.list";
const IN = "x86_64-dup.in.ko";
const DONE = "klp-convert: 1 job: 1 converted\n";

const textOf = (folder: Folder, name: string) => Buffer.from(folder.read(name)).toString();

describe("an open descriptor is written to, after and before others that do:", () => {
  test.each(["/dev/fd/7", "/proc/self/fd/7", "link"])("%s", (name) => {
    const folder = new Folder(IN, LIST);
    symlinkSync("/dev/fd/7", folder.at("link"));
    folder.run([IN, "expected", "-s", LIST]);
    const script = `{ echo head >&7; klp ${IN} ${name} -s ${LIST}; echo tail >&7; } 7> all`;
    expect(folder.runShell(script)).toMatchObject({ status: 0, stdout: "", stderr: "" });
    const module = Buffer.from(folder.read("expected"));
    const expected = Buffer.concat([Buffer.from("head\n"), module, Buffer.from("tail\n")]);
    expect(expected.equals(folder.read("all"))).toBe(true);
    expect(folder.names()).toEqual([LIST, "all", "expected", "link", IN].sort());
  });

  test("one that is open for reading refuses, and the file stays", () => {
    const folder = new Folder(IN, LIST);
    folder.write("precious", "precious");
    expect(folder.runShell(`klp ${IN} /dev/fd/7 -s ${LIST} 7< precious`)).toMatchObject({
      status: 1,
      stderr: "klp-convert: error: /dev/fd/7: cannot be written: bad file descriptor\n",
    });
    expect(textOf(folder, "precious")).toBe("precious");
  });

  test("a file that has no name any more gets none", () => {
    const folder = new Folder(IN, LIST);
    const script = `exec 7> gone; rm gone; klp ${IN} /dev/fd/7 -s ${LIST}; wc -c < /dev/fd/7`;
    const ended = folder.runShell(script);
    expect(ended).toMatchObject({ status: 0, stderr: "" });
    expect(Number(ended.stdout)).toBeGreaterThan(folder.read(IN).length);
    expect(folder.names()).toEqual([LIST, IN]);
  });

  test.each(["r.json", "r.ndjson"])("also by a report, in the form of its name: %s", (name) => {
    const folder = new Folder(IN, LIST);
    symlinkSync("/dev/fd/7", folder.at(name));
    const script = `{ echo head >&7; klp batch -o out -s ${LIST} ${IN} --report ${name}; echo tail >&7; } 7> all`;
    expect(folder.runShell(script)).toMatchObject({ status: 0, stderr: DONE });
    expect(textOf(folder, "all")).toMatch(/^head\n\{"schema":.*\}\ntail\n$/s);
    expect(readlinkSync(folder.at(name))).toBe("/dev/fd/7");
  });
});

describe("a report goes", () => {
  const args = ["batch", "-o", "out", "-s", LIST, IN, "--report"];

  test("to a pipe of the shell's", () => {
    const folder = new Folder(IN, LIST);
    const script = `klp batch -o out -s ${LIST} ${IN} --report >(cat > read) && wait $!`;
    expect(folder.runShell(script)).toMatchObject({ status: 0, stderr: DONE });
    expect(JSON.parse(textOf(folder, "read")).summary).toMatchObject({ converted: 1 });
    expect(folder.names()).toEqual([LIST, "out", "read", IN].sort());
  });

  test.each(["pipe.json", "pipe.ndjson"])("to a named pipe, which stays one: %s", async (name) => {
    const folder = new Folder(IN, LIST);
    execFileSync("mkfifo", [folder.at(name)]);
    const reader = folder.startProgram("cat", [name]);
    expect(await folder.start([...args, name]).ended).toMatchObject({ status: 0, stderr: DONE });
    expect((await reader.ended).stdout).toMatch(/^\{"schema":.*\}\n$/s);
    expect(lstatSync(folder.at(name)).isFIFO()).toBe(true);
  });

  test("to a device, beside which nobody but root may make files", () => {
    const folder = new Folder(IN, LIST);
    folder.write(
      "beside.cjs",
      `const fs = require("node:fs");
      const { openSync } = fs;
      fs.openSync = (name, ...rest) => {
        if (String(name).startsWith("/dev/.")) throw new Error(name);
        return openSync(name, ...rest);
      };`,
    );
    const env = { NODE_OPTIONS: `--require=${folder.at("beside.cjs")}` };
    expect(folder.run([...args, "/dev/null"], { env })).toMatchObject({ status: 0, stderr: DONE });
    expect(lstatSync("/dev/null").isCharacterDevice()).toBe(true);
  });

  test.each(["r.json", "r.ndjson"])("to the file that a link names, there or not: %s", (name) => {
    const folder = new Folder(IN, LIST);
    mkdirSync(folder.at("elsewhere"));
    symlinkSync(`elsewhere/${name}`, folder.at(name));
    for (let run = 0; run < 2; run++) {
      expect(folder.run([...args, name])).toMatchObject({ status: 0, stderr: DONE });
      expect(readlinkSync(folder.at(name))).toBe(`elsewhere/${name}`);
      expect(textOf(folder, `elsewhere/${name}`)).toMatch(/^\{"schema":/);
    }
    expect(folder.names()).toEqual([LIST, "elsewhere", "out", name, IN].sort());
  });

  test("under one of two names of a file, of which the other keeps the old contents", () => {
    const folder = new Folder(IN, LIST);
    folder.write("r.json", "old");
    linkSync(folder.at("r.json"), folder.at("other.json"));
    expect(folder.run([...args, "r.json"])).toMatchObject({ status: 0, stderr: DONE });
    expect(textOf(folder, "other.json")).toBe("old");
  });

  test.each([
    ["loop.json", "too many symbolic links encountered"],
    ["loop.ndjson", "too many symbolic links encountered"],
    ["folder.json", "illegal operation on a directory"],
    ["folder.ndjson", "illegal operation on a directory"],
    [`${IN}/r.json`, "not a directory"],
  ])("nowhere that it cannot, told before anything is done: %s", (name, reason) => {
    const folder = new Folder(IN, LIST);
    if (name.startsWith("loop")) symlinkSync(name, folder.at(name));
    if (name.startsWith("folder")) mkdirSync(folder.at(name));
    expect(folder.refused([...args, name])).toBe(
      `klp-convert: error: ${name}: cannot be written: ${reason}\n`,
    );
  });
});

test("a refused report takes the folders along that were made for outputs, and no other", () => {
  const folder = new Folder(IN, LIST);
  mkdirSync(folder.at("there"));
  const stderr =
    "klp-convert: error: missing/r.json: cannot be written: no such file or directory\n";
  for (const out of ["new", "there/a/b", "there/../new/a"]) {
    const args = ["batch", "-o", out, "-s", LIST, IN, "--report", "missing/r.json"];
    expect(folder.refused(args)).toBe(stderr);
    expect(lstatSync(folder.at("there")).nlink).toBe(2);
  }
});

describe("a depfile that cannot be written leaves no output:", () => {
  test.each<[string, string, string]>([
    ["in a missing folder", "missing/d", "no such file or directory"],
    ["a folder", "folder", "illegal operation on a directory"],
    ["a link to itself", "loop", "too many symbolic links encountered"],
    ["a full device", "/dev/full", "no space left on device"],
  ])("%s", (_, depfile, reason) => {
    const folder = new Folder(IN, LIST);
    mkdirSync(folder.at("folder"));
    symlinkSync("loop", folder.at("loop"));
    const args = [IN, "out.ko", "-s", LIST, "--depfile", depfile];
    const stderr = `klp-convert: error: ${depfile}: cannot be written: ${reason}\n`;
    expect(folder.refused(args)).toBe(stderr);
    folder.write("out.ko", "precious");
    expect(folder.refused(args)).toBe(stderr);
  });

  test("of a name that make cannot spell", () => {
    const folder = new Folder(IN, LIST);
    folder.write("a\nb.ko", folder.read(IN));
    for (const [input, output] of [
      ["a\nb.ko", "out.ko"],
      [IN, "a\rb.ko"],
    ] as const) {
      const name = JSON.stringify(input === IN ? output : input);
      expect(folder.refused([input, output, "-s", LIST, "--depfile", "d"])).toBe(
        `klp-convert: error: d: cannot be written: make has no way to spell ${name}\n`,
      );
    }
  });

  test("that is a source in a folder of them", () => {
    const folder = new Folder(IN, LIST);
    mkdirSync(folder.at("modules"));
    folder.write("modules/a.ko", folder.read(IN));
    const args = [IN, "out.ko", "-s", LIST, "-s", "modules", "--depfile", "modules/a.ko"];
    expect(folder.refused(args)).toBe(
      "klp-convert: error: modules/a.ko: is not written: it is also a source of symbols, which it would replace\n",
    );
  });

  test("and an output that cannot be written leaves no depfile", () => {
    const folder = new Folder(IN, LIST);
    for (const [output, reason] of [
      ["missing/out", "no such file or directory"],
      ["/dev/full", "no space left on device"],
    ] as const) {
      expect(folder.refused([IN, output, "-s", LIST, "--depfile", "d"])).toBe(
        `klp-convert: error: ${output}: cannot be written: ${reason}\n`,
      );
    }
  });
});
