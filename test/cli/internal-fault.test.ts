// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { internalFaultText } from "../../src/cli/internal-fault.js";
import { Folder } from "./command.js";

const REMEDY =
  "this is a fault of klp-convert: please report it to its maintainers, with the file and what --debug prints";

describe("an internal fault is told in one line that", () => {
  test("names the file and says how to report it", () => {
    const fault = new RangeError("offset is out of bounds");
    expect(internalFaultText(fault, "in.ko", false)).toBe(
      `klp-convert: internal error: in.ko: offset is out of bounds; ${REMEDY}\n`,
    );
  });

  test.each([false, true])("takes whatever was thrown, debug: %s", (debug) => {
    expect(internalFaultText("a string", "in.ko", debug)).toBe(
      `klp-convert: internal error: in.ko: a string; ${REMEDY}\n`,
    );
    expect(internalFaultText(undefined, "in.ko", debug)).toBe(
      `klp-convert: internal error: in.ko: undefined; ${REMEDY}\n`,
    );
  });

  test("stays one line, and plain, whatever names are in it", () => {
    const hostile = new Error("no symbol \x1b[2J\nnext line");
    expect(internalFaultText(hostile, "\x1b]0;in\x07.ko", false)).toBe(
      `klp-convert: internal error: \\x1b]0;in\\x07.ko: no symbol \\x1b[2J\\x0anext line; ${REMEDY}\n`,
    );
  });
});

describe("with --debug an internal fault has its stack trace,", () => {
  test("line by line", () => {
    const fault = new RangeError("offset is out of bounds");
    expect(internalFaultText(fault, "in.ko", true)).toBe(
      `klp-convert: internal error: in.ko: ${fault.stack}\n`,
    );
  });

  test("plain, whatever names are in it", () => {
    const hostile = new Error("no symbol \x1b[2J");
    hostile.stack = "Error: no symbol \x1b[2J\n    at \x9bsomewhere";
    expect(internalFaultText(hostile, "\x1b]0;in\x07.ko", true)).toBe(
      "klp-convert: internal error: \\x1b]0;in\\x07.ko: Error: no symbol \\x1b[2J\n    at \\x9bsomewhere\n",
    );
  });
});

describe("a run with an internal fault", () => {
  /** Has every read of a 16-bit field throw, as a mistake in a record layout would. */
  const FAULT = 'DataView.prototype.getUint16 = () => { throw new TypeError("boom"); };';

  function folderWithFault(): [Folder, { NODE_OPTIONS: string }] {
    const folder = new Folder("x86_64-dup.in.ko", "Symbols.list");
    folder.write("fault.cjs", FAULT);
    return [folder, { NODE_OPTIONS: `--require=${folder.at("fault.cjs")}` }];
  }

  test("prints that line, fails and leaves nothing", () => {
    const [folder, env] = folderWithFault();
    const args = ["x86_64-dup.in.ko", "out.ko", "-s", "Symbols.list"];
    expect(folder.refused(args, { env })).toBe(
      `klp-convert: internal error: x86_64-dup.in.ko: boom; ${REMEDY}\n`,
    );
  });

  test("names the module wherever it stands among the options", () => {
    const [folder, env] = folderWithFault();
    const args = ["-s", "Symbols.list", "--color", "never", "x86_64-dup.in.ko", "out.ko"];
    expect(folder.refused(args, { env })).toBe(
      `klp-convert: internal error: x86_64-dup.in.ko: boom; ${REMEDY}\n`,
    );
  });

  test("names standard input", () => {
    const [folder, env] = folderWithFault();
    const input = folder.read("x86_64-dup.in.ko");
    expect(folder.refused(["-", "out.ko", "-s", "Symbols.list"], { env, input })).toBe(
      `klp-convert: internal error: /dev/stdin: boom; ${REMEDY}\n`,
    );
  });

  test("names the command line if the fault is there", () => {
    const folder = new Folder("x86_64-dup.in.ko", "Symbols.list");
    folder.write(
      "fault.cjs",
      // What commander does with an option it has found.
      `const { EventEmitter } = require("node:events");
      const { emit } = EventEmitter.prototype;
      EventEmitter.prototype.emit = function (name, ...rest) {
        if (name === "option:symbols") throw new TypeError("boom");
        return emit.call(this, name, ...rest);
      };`,
    );
    const env = { NODE_OPTIONS: `--require=${folder.at("fault.cjs")}` };
    const args = ["x86_64-dup.in.ko", "out.ko", "-s", "Symbols.list"];
    expect(folder.refused(args, { env })).toBe(
      `klp-convert: internal error: the command line: boom; ${REMEDY}\n`,
    );
    expect(folder.refused([...args, "--debug"], { env })).toMatch(
      /^klp-convert: internal error: the command line: TypeError: boom\n {4}at .*\n/,
    );
  });

  test("prints the stack trace with --debug", () => {
    const [folder, env] = folderWithFault();
    const args = ["x86_64-dup.in.ko", "out.ko", "-s", "Symbols.list", "--debug"];
    expect(folder.refused(args, { env })).toMatch(
      /^klp-convert: internal error: x86_64-dup\.in\.ko: TypeError: boom\n {4}at .*\n/,
    );
  });
});
