// SPDX-License-Identifier: GPL-2.0-only

// Files that others write to while they are read. Half of a list looks like a list, in which a symbol
// is unique that is not; so what has changed is refused.

import { describe, expect, test } from "vitest";
import { Folder } from "./command.js";
import { buildModule, fromFile } from "./sources.js";

const LIST = "Symbols.list";
const IN = "x86_64-dup.in.ko";
const PLAIN = "x86_64-plain.in.ko";
const CHANGED = "cannot be read: it was changed meanwhile";

/** Runs with another process at work: it does `script` whenever more than a head was read of file `name`. */
function withOther(folder: Folder, script: string): { readonly env: Record<string, string> } {
  folder.write(
    "other.cjs",
    `const fs = require("node:fs");
    const { openSync, readSync, readFileSync } = fs;
    let reads = 0;
    const opened = new Map();
    const act = (file) => {
      const name = opened.get(file);
      ${script}
    };
    fs.openSync = (name, ...rest) => {
      const file = openSync(name, ...rest);
      opened.set(file, String(name));
      return file;
    };
    fs.readSync = (file, bytes, at, size, from) => {
      const read = readSync(file, bytes, at, size, from);
      if (size > 64) act(file);
      return read;
    };
    fs.readFileSync = (file, ...rest) => { const bytes = readFileSync(file, ...rest); act(file); return bytes; };`,
  );
  return { env: { NODE_OPTIONS: `--require=${folder.at("other.cjs")}` } };
}

/** Makes the list longer than what is read of one at once. */
function makeLong(folder: Folder): void {
  const more = `*m\n${"some_symbol_of_a_module\n".repeat(40_000)}`;
  folder.write(LIST, Buffer.concat([folder.read(LIST), Buffer.from(more)]));
}

/** Appends to the file called `name` once it is read from. */
const grows = (name: string) =>
  `if (name === "${name}" && reads++ === 0) fs.appendFileSync(name, "more");`;

describe("a file that becomes longer while it is read is refused:", () => {
  test.each<[string, readonly string[]]>([
    ["a list", [IN, "out", "-s", LIST]],
    ["one of two", [IN, "out", "-s", LIST, "-s", "m.ko"]],
    ["a source", ["symbols", "-o", "out", LIST]],
  ])("%s", (_, args) => {
    const folder = new Folder(IN, LIST);
    folder.write("m.ko", buildModule("m", { symbols: fromFile("m.c", ["f", ".text", 0]) }));
    const before = folder.names();
    const { status, stderr } = folder.run(args, withOther(folder, grows(LIST)));
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `klp-convert: error: ${LIST}: ${CHANGED}\n`,
    });
    expect(folder.names()).toEqual([...before, "other.cjs"].sort());
  });

  test("an ELF file, of which only parts are read", () => {
    const folder = new Folder();
    folder.write("m.ko", buildModule("m", { symbols: fromFile("m.c", ["f", ".text", 0]) }));
    const { status, stderr } = folder.run(
      ["symbols", "-o", "out", "m.ko"],
      withOther(folder, grows("m.ko")),
    );
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `klp-convert: error: m.ko: ${CHANGED}\n`,
    });
    expect(folder.names()).toEqual(["m.ko", "other.cjs"]);
  });

  test("a batch's list", () => {
    const folder = new Folder(IN, LIST);
    const args = ["batch", "-o", "out", "-s", LIST, IN];
    expect(folder.run(args, withOther(folder, grows(LIST)))).toMatchObject({
      status: 1,
      stderr: `klp-convert: error: ${LIST}: ${CHANGED}\nklp-convert: 1 job is not done:\n    ${IN} -> out/${IN}: failed\nklp-convert: 1 job: 1 failed\n`,
    });
  });

  test("a batch's module, on the second reading", () => {
    const folder = new Folder(IN, LIST);
    const args = ["batch", "-o", "out", "-s", LIST, IN];
    // The first reading's end comes with its second read.
    const script = `if (name === "${IN}" && ++reads === 3) fs.appendFileSync(name, "more");`;
    expect(folder.run(args, withOther(folder, script))).toMatchObject({
      status: 1,
      stderr: `klp-convert: error: ${IN}: ${CHANGED}\nklp-convert: 1 job is not done:\n    ${IN} -> out/${IN}: failed\nklp-convert: 1 job: 1 failed\n`,
    });
  });
});

test("a list that is cut off while it is read is refused", () => {
  const folder = new Folder(IN, LIST);
  const script = `if (name === "${LIST}" && reads++ === 0) fs.truncateSync(name, 40);`;
  for (const args of [
    [IN, "out", "-s", LIST],
    ["batch", "-o", "out", "-s", LIST, IN],
  ]) {
    const list = folder.read(LIST);
    const { status, stderr } = folder.run(args, withOther(folder, script));
    expect(status).toBe(1);
    expect(stderr.split("\n")[0]).toBe(`klp-convert: error: ${LIST}: ${CHANGED}`);
    folder.write(LIST, list);
  }
});

test.each([
  ["grows", "fs.appendFileSync(name, 'more\\n')", CHANGED],
  ["is cut off", "fs.truncateSync(name, 300_000)", "cannot be read: it became shorter meanwhile"],
])("a list that %s while it is looked through, piece by piece, is refused", (_, does, fault) => {
  const folder = new Folder(IN, LIST);
  makeLong(folder);
  const before = folder.names();
  // Its beginning and its end are read before its pieces.
  const script = `if (name === "${LIST}" && ++reads === 4) ${does};`;
  const { status, stderr } = folder.run([IN, "out", "-s", LIST], withOther(folder, script));
  const message = `klp-convert: error: ${LIST}: ${fault}\n`;
  expect({ status, stderr }).toEqual({ status: 1, stderr: message });
  expect(folder.names()).toEqual([...before, "other.cjs"].sort());
});

test.each([
  ["grows", "fs.appendFileSync(name, 'more\\n')", CHANGED],
  ["is cut off", "fs.truncateSync(name, 40)", "cannot be read: it became shorter meanwhile"],
])("a list that %s is told of beside a module that cannot be read", (_, does, fault) => {
  const folder = new Folder(LIST);
  makeLong(folder);
  const script = `if (name === "${LIST}" && ++reads === 1) ${does};`;
  const { status, stderr } = folder.run(["no.ko", "out", "-s", LIST], withOther(folder, script));
  expect(status).toBe(1);
  expect(stderr.split("\n").filter((line) => line.startsWith("klp-convert: error:"))).toEqual([
    "klp-convert: error: no.ko: cannot be read: no such file or directory",
    `klp-convert: error: ${LIST}: ${fault}`,
  ]);
});

describe("between the two readings of a batch", () => {
  test("a module that becomes another one fails, and costs no other", () => {
    const folder = new Folder(IN, LIST, PLAIN);
    folder.write("a.ko", folder.read(PLAIN));
    const script = `if (name === "${LIST}" && reads++ === 0) fs.copyFileSync("${IN}", "a.ko");`;
    const args = ["batch", "-o", "out", "-s", LIST, "a.ko", PLAIN];
    expect(folder.run(args, withOther(folder, script))).toMatchObject({
      status: 1,
      stderr:
        "klp-convert: error: a.ko: cannot be converted: it was changed meanwhile\n" +
        `klp-convert: note: ${PLAIN}: nothing to convert: the module stays as it is\n` +
        "klp-convert: 1 job is not done:\n" +
        "    a.ko -> out/a.ko: failed\n" +
        "klp-convert: 2 jobs: 1 unchanged, 1 failed\n",
    });
  });

  test("a module that goes fails with the reason", () => {
    const folder = new Folder(IN, LIST);
    const script = `if (name === "${LIST}" && reads++ === 0) fs.rmSync("${IN}");`;
    const args = ["batch", "-o", "out", "-s", LIST, IN];
    expect(folder.run(args, withOther(folder, script)).stderr).toBe(
      `klp-convert: error: ${IN}: cannot be read: no such file or directory\nklp-convert: 1 job is not done:\n    ${IN} -> out/${IN}: failed\nklp-convert: 1 job: 1 failed\n`,
    );
  });

  test.each<[string, string, string]>([
    ["becomes another one", `fs.writeFileSync("${LIST}", text)`, LIST],
    ["goes, with its folder", 'fs.rmSync("lists", { recursive: true })', "lists"],
  ])("a source that %s refuses the jobs whose report would name the old one", (_, act, named) => {
    const folder = new Folder(IN, LIST);
    const source = named === LIST ? LIST : "lists";
    if (source !== LIST) {
      folder.runShell("mkdir lists");
      const symbols = fromFile("m.c", ["f", ".text", 0]);
      folder.write("lists/m.ko", buildModule("m", { symbols }));
    }
    // The digest is made first, and the modules are read before the list is.
    const script = `if (name === "${IN}" && reads++ === 0) { const text = String(readFileSync("${LIST}")) + "*more\\n"; ${act}; }`;
    const args = ["batch", "-o", "out", "-s", source, IN, "--report", "r.json"];
    const { status, stderr } = folder.run(args, withOther(folder, script));
    expect(status).toBe(1);
    const reason =
      named === LIST
        ? "cannot be used: it was changed meanwhile"
        : "cannot be read: no such file or directory";
    expect(stderr).toMatch(`klp-convert: error: ${named}: ${reason}\n`);
    expect(folder.names()).toContain("r.json");
    expect(JSON.parse(Buffer.from(folder.read("r.json")).toString()).summary).toMatchObject({
      failed: 1,
    });
  });
});
