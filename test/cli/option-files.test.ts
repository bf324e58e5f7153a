// SPDX-License-Identifier: GPL-2.0-only

// @FILE in place of arguments, for all commands.

import { mkdirSync, symlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Folder } from "./command.js";

const LIST = "Symbols.list";
const IN = "x86_64-dup.in.ko";

describe("an option file", () => {
  test("stands for its words, quoted as GNU's tools do", () => {
    const folder = new Folder(LIST, IN);
    folder.write("my list", folder.read(LIST));
    folder.write("args", `--symbols 'my list'\n\t"out put.ko"\n`);
    expect(folder.run([IN, "@args"])).toMatchObject({ status: 0, stderr: "" });
    expect(folder.names()).toContain("out put.ko");
  });

  test("may name others, and the command", () => {
    const folder = new Folder(LIST, IN);
    folder.write("outer", `convert @inner\n out.ko`);
    folder.write("inner", `-s ${LIST} ${IN}`);
    expect(folder.run(["@outer"])).toMatchObject({ status: 0, stderr: "" });
    folder.write("batch", `batch -o out @inner`);
    expect(folder.run(["@batch"]).status).toBe(0);
    folder.write("symbols", `symbols -o new.list ${LIST}`);
    expect(folder.run(["@symbols"]).status).toBe(0);
    expect(folder.names()).toEqual(expect.arrayContaining(["new.list", "out", "out.ko"]));
  });

  test("may be empty", () => {
    const folder = new Folder(LIST, IN);
    folder.write("args", "");
    expect(folder.run([IN, "@args", "out.ko", "-s", LIST]).status).toBe(0);
  });

  test.each([
    "@missing",
    "@",
    "@missing/below",
    "@x86_64-dup.in.ko/below",
  ])("that is not there is an argument like others: %s", (argument) => {
    const folder = new Folder(LIST, IN);
    expect(folder.run([argument, "out.ko", "-s", LIST])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(`^klp-convert: error: ${argument}: cannot be read: `),
    });
  });

  test("that leads to itself is refused", () => {
    const folder = new Folder(LIST, IN);
    folder.write("a", "@b");
    folder.write("b", "x @link");
    symlinkSync("a", folder.at("link"));
    expect(folder.refused(["@a"], { status: 2 })).toBe(
      "klp-convert: error: @link includes itself: @a -> @b -> @link\n",
    );
  });

  test("may stand there twice", () => {
    const folder = new Folder(LIST, IN);
    folder.write("a", `-s ${LIST}`);
    folder.write("b", "@a");
    expect(folder.run([IN, "out.ko", "@a", "@b"]).status).toBe(0);
  });

  test("that cannot be read, or ends in a quote, is refused", () => {
    const folder = new Folder(LIST, IN);
    mkdirSync(folder.at("folder"));
    folder.write("open", `-s 'my list`);
    expect(folder.refused([IN, "@folder"], { status: 2 })).toBe(
      "klp-convert: error: @folder cannot be read: illegal operation on a directory\n",
    );
    expect(folder.refused([IN, "@open"], { status: 2 })).toBe(
      "klp-convert: error: @open: the quote ' is not closed\n",
    );
  });
});
