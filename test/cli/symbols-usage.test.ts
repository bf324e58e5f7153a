// SPDX-License-Identifier: GPL-2.0-only

// klp-convert symbols: its help, and command lines that make no sense.

import { symlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Folder } from "./command.js";
import { listOf } from "./sources.js";

const TRY_HELP = "klp-convert: try klp-convert symbols --help\n";
const COLOR_FAULT = '--color is "mauve" when it should be auto, always or never';
const NO_SOURCE = "no SOURCE is given";
const NO_SOURCE_BUT_NAMES =
  "no SOURCE is given: what stands behind --keep is taken for names, so put sources before it";
const REPLACED = "LIST is also a SOURCE, which it would replace";

test.each([
  [["symbols", "--help"]],
  [["symbols", "-h"]],
  [["symbols", "-o", "Symbols.list", "source", "-h"]],
])("the help: %j", (args) => {
  const folder = new Folder();
  const { status, stdout, stderr } = folder.run(args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(folder.names()).toEqual([]);
  expect(stdout).toBe(`Usage: klp-convert symbols -o LIST SOURCE…

Makes a symbols list in the kernel's own order, in which positions are right.

Arguments:
  SOURCE               what the symbols are read from; - for standard input

What is made:
  -o, --output <LIST>  where the list goes; - for standard output
  --format <VERSION>   0.1: names, for every klp-convert; 0.2: addresses, types
                       and source files too (default: "0.1")
  --objects <LIST>     only these objects, separated by commas
  --keep <NAME...>     only symbols of these names, and their exports
  --release <RELEASE>  the kernel's release, uname -r, where a source does not
                       say it

What is printed:
  -v, --verbose        print how much was written
  --color <WHEN>       color messages: always, never, or auto: on a terminal,
                       without NO_COLOR (default: "auto")
  --debug              print the stack trace of an internal error

Other:
  -V, --version        print the version
  -h, --help           print this help

Sources, told by what is in them: vmlinux, modules (.ko, also .gz, .xz, .zst), folders with modules,
/proc/kallsyms, System.map, nm -n or nm -f posix of vmlinux, Module.symvers, symbols lists.

Examples:
  klp-convert symbols -o Symbols.list vmlinux /lib/modules/6.1.0-56-amd64
  klp-convert symbols -o Symbols.list /proc/kallsyms Module.symvers

Exit status: 0 done, 1 refused or failed, 2 wrong usage.
`);
});

describe("wrong usage ends with status 2 and touches nothing", () => {
  const out = ["symbols", "-o", "out.list"];
  const rows: [string, string[], string][] = [
    ["no argument", ["symbols"], "required option '-o, --output <LIST>' not specified"],
    ["no output", ["symbols", "source"], "required option '-o, --output <LIST>' not specified"],
    [
      "an output without a name",
      ["symbols", "source", "-o"],
      "option '-o, --output <LIST>' argument missing",
    ],
    ["no source", out, NO_SOURCE],
    ["an empty output", ["symbols", "-o", "", "source"], "LIST is an empty name"],
    ["an empty output in one word", ["symbols", "--output=", "source"], "LIST is an empty name"],
    ["an empty source", [...out, ""], "SOURCE is an empty name"],
    ["an empty source among others", [...out, "source", ""], "SOURCE is an empty name"],
    [
      "standard input twice",
      [...out, "-", "source", "-"],
      "SOURCE is - twice, but standard input can be read only once",
    ],
    [
      "standard input twice, once by its path",
      [...out, "/dev/stdin", "-"],
      "SOURCE is - twice, but standard input can be read only once",
    ],
    ...["0.3", "2", "", "0.10", "JSON"].map((format): [string, string[], string] => [
      `a --format of "${format}"`,
      [...out, "source", "--format", format],
      `--format is "${format}" when it should be 0.1 or 0.2`,
    ]),
    [
      "--format without a version",
      [...out, "source", "--format"],
      "option '--format <VERSION>' argument missing",
    ],
    ...["", "a,,b", ",a", "a,"].map((objects): [string, string[], string] => [
      `--objects "${objects}"`,
      [...out, "source", "--objects", objects],
      `--objects "${objects}" has an empty name`,
    ]),
    [
      "--objects without a list",
      [...out, "source", "--objects"],
      "option '--objects <LIST>' argument missing",
    ],
    ...["", "6", "v6.1", "amd64", "6.1 0", "6.1.0\n"].map((release): [string, string[], string] => [
      `a --release of ${JSON.stringify(release)}`,
      [...out, "source", "--release", release],
      `--release is "${release.replace("\n", "\\x0a")}" when it should be like 6.1.0-56-amd64`,
    ]),
    [
      "--release without a release",
      [...out, "source", "--release"],
      "option '--release <RELEASE>' argument missing",
    ],
    [
      "--keep without a name",
      [...out, "source", "--keep"],
      "option '--keep <NAME...>' argument missing",
    ],
    [
      "a --keep that takes the sources for names",
      [...out, "--keep", "probe", "source"],
      NO_SOURCE_BUT_NAMES,
    ],
    ["an empty name to keep", [...out, "source", "--keep", ""], "--keep has an empty name"],
    [
      "an empty name to keep among others",
      [...out, "source", "--keep", "probe", "", "alpha"],
      "--keep has an empty name",
    ],
    [
      "an empty name to keep in one word",
      [...out, "source", "--keep="],
      "--keep has an empty name",
    ],
    ["an output that is the source", [...out, "out.list"], REPLACED],
    ["an output that is a source among others", [...out, "source", "-", "out.list"], REPLACED],
    ["an output that is a source in another spelling", [...out, "./out.list"], REPLACED],
    ["an output that is a source behind a link", [...out, "link"], REPLACED],
    ["a --color of mauve", [...out, "source", "--color", "mauve"], COLOR_FAULT],
    ["an unknown option", [...out, "source", "--bogus"], "unknown option '--bogus'"],
    ["an unknown letter", [...out, "source", "-x"], "unknown option '-x'"],
    ["an option of convert, --json", [...out, "source", "--json"], "unknown option '--json'"],
    ["an option of convert, -s", [...out, "-s", "source"], "unknown option '-s'"],
    ...[
      ["--object", "--objects"],
      ["--realease", "--release"],
      ["--outptu", "--output"],
      ["--fromat", "--format"],
    ].map(([mistyped = "", meant = ""]): [string, string[], string] => [
      `a mistyped ${meant}`,
      [...out, "source", mistyped],
      `unknown option '${mistyped}'\n    did you mean ${meant}?`,
    ]),
  ];

  test.each(rows)("%s", (_, args, message) => {
    const folder = new Folder();
    folder.write("source", listOf("*vmlinux", "probe"));
    folder.write("out.list", "precious");
    symlinkSync("out.list", folder.at("link"));
    expect(folder.refused(args, { status: 2 })).toBe(`klp-convert: error: ${message}\n${TRY_HELP}`);
  });

  test.each([
    ["options before the command", ["-v", "symbols", "-o", "out.list", "source"]],
    ["the output before the command", ["-o", "out.list", "symbols", "source"]],
    ["an unknown command", ["symbol", "-o", "out.list", "source"]],
  ])("%s", (_, args) => {
    const folder = new Folder();
    folder.write("source", listOf("*vmlinux", "probe"));
    expect(folder.refused(args, { status: 2 })).toBe(
      "klp-convert: error: unknown option '-o'\nklp-convert: try klp-convert --help\n",
    );
  });

  test("files that look like convert's, with the command behind the options", () => {
    const folder = new Folder();
    folder.write("source", listOf("*vmlinux", "probe"));
    expect(folder.refused(["-v", "symbols", "source"], { status: 2 })).toBe(
      "klp-convert: error: the command, symbols, comes before any option; a file of that name is ./symbols\n" +
        "klp-convert: try klp-convert --help\n",
    );
  });
});
