// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { Folder } from "./command.js";

const TRY_HELP = "klp-convert: try klp-convert check --help\n";

describe("check refuses a command line that makes no sense:", () => {
  test.each([
    [["check"], "no FILE is given"],
    [
      ["check", "--target", "a.ko", "b.ko"],
      "no FILE is given: what stands behind --target is taken for targets, so put files before it",
    ],
    [["check", ""], "FILE is an empty name"],
    [["check", "a.ko", "--symbols", ""], "LIST is an empty name"],
    [["check", "a.ko", "--target", ""], "--target has an empty name"],
    [["check", "a.ko", "--input", ""], "IN is an empty name"],
    [
      ["check", "a.ko", "b.ko", "--input", "c.ko"],
      "--input is of one FILE, but there are 2: a.ko b.ko",
    ],
    [
      ["check", "a.ko", "--json", "--sarif"],
      "--json and --sarif are given, but standard output can hold only one",
    ],
    [
      ["check", "a.ko", "--kernel", "newest"],
      '--kernel is "newest" when it should be like 6.1 or 6.1.0-56-amd64',
    ],
    [
      ["check", "-", "--symbols", "/dev/stdin"],
      "- is given twice, but standard input can be read only once",
    ],
    [["check", "--list", "a.ko"], "--list tests nothing, but there is a.ko"],
    [["check", "--explain", "L17", "a.ko"], "--explain tests nothing, but there is a.ko"],
    [["check", "--list", "--explain", "L17"], "--list and --explain exclude each other"],
    [["check", "--explain", "L76"], "--explain: there is no rule L76; --list prints all of them"],
    [["check", "a.ko", "--colour"], "unknown option '--colour'\n    did you mean --color?"],
    [
      ["check", "a.ko", "--color", "blue"],
      '--color is "blue" when it should be auto, always or never',
    ],
  ])("%j", (args, message) => {
    const folder = new Folder();
    const stderr = folder.refused(args, { status: 2 });
    expect(stderr.toLowerCase()).toBe(`klp-convert: error: ${message}\n${TRY_HELP}`.toLowerCase());
  });
});

test("check --help names every option", () => {
  const { status, stdout, stderr } = new Folder().run(["check", "--help"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toBe(`Usage: klp-convert check FILE… [--symbols LIST]

Says what the kernel will say of a livepatch module, before it is loaded.

Arguments:
  FILE                  modules, also compressed ones; - for standard input

What is checked:
  -s, --symbols <LIST>  symbols of the kernel and modules that are patched, as
                        for convert; may be given several times
  --target <MODULE...>  modules that are patched, and those they depend on
  --input <IN>          the module that FILE was converted from, to compare with
  --kernel <RELEASE>    the kernel's release, where it is not the module's own
                        vermagic
  --fatal-warnings      warnings are errors, too

What is printed:
  --json                print one report on standard output
  --sarif               print one report in SARIF 2.1.0, for code review tools
  --list                print what is tested, and test nothing
  --explain <RULE>      print all that is known of a rule, and test nothing
  --color <WHEN>        color messages: always, never, or auto: on a terminal,
                        without NO_COLOR (default: "auto")
  --debug               print the stack trace of an internal error

Other:
  -V, --version         print the version
  -h, --help            print this help

Examples:
  klp-convert check livepatch.klp.ko --symbols Symbols.list --target ext4.ko
  klp-convert check --explain L19

Exit status: 0 nothing is wrong, 1 something is, or a file could not be read, 2 wrong usage.
`);
});
