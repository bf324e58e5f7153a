// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { convert } from "../../src/index.js";
import { Folder } from "./command.js";

/** Converts without a word. */
const IN = "x86_64-dup.in.ko";
const LIST = "Symbols.list";
const COMMAND_FIRST =
  "the command, convert, comes before any option; a file of that name is ./convert";
const TRY_HELP = "klp-convert: try klp-convert --help\n";

describe("a conversion", () => {
  const spellings = [
    [IN, "out.ko", "--symbols", LIST],
    ["convert", IN, "out.ko", "--symbols", LIST],
    [IN, "out.ko", `--symbols=${LIST}`],
    [IN, "out.ko", "-s", LIST],
    [IN, "out.ko", `-s${LIST}`],
    ["-s", LIST, IN, "out.ko"],
    ["convert", "--symbols", LIST, IN, "out.ko"],
    [IN, "-s", LIST, "out.ko"],
    ["-s", LIST, "--", IN, "out.ko"],
    [IN, "out.ko", "-s", LIST, "--color", "auto"],
    [IN, "out.ko", "-s", LIST, "--debug"],
  ];

  test.each(spellings.map((args) => ({ args })))("is silent when done: $args", ({ args }) => {
    const folder = new Folder(IN, LIST);
    const { status, stdout, stderr } = folder.run(args);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
    const symbols = { file: LIST, bytes: folder.read(LIST) };
    expect(folder.read("out.ko")).toEqual(
      new Uint8Array(convert(folder.read(IN), { file: IN, symbols }).output!),
    );
    expect(folder.names()).toEqual([LIST, "out.ko", IN]);
  });

  test("without a list says how many names it took for exports", () => {
    const folder = new Folder("x86_64.in.ko");
    const { status, stdout, stderr } = folder.run(["x86_64.in.ko", "out.ko"]);
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: "",
      stderr:
        "klp-convert: note: x86_64.in.ko: 5 undefined symbols without an annotation are taken for exports and stay, as there is no symbols list\n" +
        "    with --symbols LIST each is looked up\n",
    });
    expect(folder.read("out.ko")).toEqual(
      new Uint8Array(convert(folder.read("x86_64.in.ko")).output!),
    );
  });

  test("of a module with nothing to convert writes it unchanged and says so", () => {
    const folder = new Folder("x86_64-plain.in.ko", LIST);
    const { status, stdout, stderr } = folder.run(["x86_64-plain.in.ko", "out.ko", "-s", LIST]);
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: "",
      stderr:
        "klp-convert: note: x86_64-plain.in.ko: nothing to convert: the module stays as it is\n",
    });
    expect(folder.read("out.ko")).toEqual(folder.read("x86_64-plain.in.ko"));
  });

  test("of a converted module writes it unchanged", () => {
    const folder = new Folder(IN, LIST);
    folder.run([IN, "once.ko", "-s", LIST]);
    const { status, stderr } = folder.run(["once.ko", "twice.ko", "-s", LIST]);
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: "klp-convert: note: once.ko: nothing to convert: the module stays as it is\n",
    });
    expect(folder.read("twice.ko")).toEqual(folder.read("once.ko"));
  });

  test("takes names that begin with a dash after --", () => {
    const folder = new Folder(IN, LIST);
    folder.write("-in.ko", folder.read(IN));
    const { status, stderr } = folder.run(["-s", LIST, "--", "-in.ko", "-out.ko"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(folder.names()).toEqual(["-in.ko", "-out.ko", LIST, IN]);
    expect(folder.refused(["-s", LIST, "-in.ko", "x.ko"], { status: 2 })).toBe(
      `klp-convert: error: unknown option '-in.ko'\n${TRY_HELP}`,
    );
  });

  test("takes a module called convert by its path", () => {
    const folder = new Folder(IN, LIST);
    folder.write("convert", folder.read(IN));
    expect(folder.run(["./convert", "a.ko", "-s", LIST]).status).toBe(0);
    expect(folder.run(["convert", "./convert", "b.ko", "-s", LIST]).status).toBe(0);
    expect(folder.run([IN, "convert", "-s", LIST]).status).toBe(0);
    expect(folder.read("b.ko")).toEqual(folder.read("a.ko"));
    expect(folder.read("convert")).toEqual(folder.read("a.ko"));
  });
});

describe("wrong usage ends with status 2 and touches nothing", () => {
  const exact: [string, string[], string][] = [
    ["no argument", [], "missing required argument 'IN'"],
    ["no argument of the command", ["convert"], "missing required argument 'IN'"],
    ["no OUT", [IN, "-s", LIST], "missing required argument 'OUT'"],
    ["no OUT of the command", ["convert", IN, "-s", LIST], "missing required argument 'OUT'"],
    ["an unknown option", ["--bogus", IN, "out.ko"], "unknown option '--bogus'"],
    [
      "an unknown option of the command",
      ["convert", IN, "out.ko", "--bogus"],
      "unknown option '--bogus'",
    ],
    ["an unknown letter", [IN, "out.ko", "-x"], "unknown option '-x'"],
    [
      "--symbols without a list",
      [IN, "out.ko", "--symbols"],
      "option '-s, --symbols <LIST>' argument missing",
    ],
    ["-s without a list", [IN, "out.ko", "-s"], "option '-s, --symbols <LIST>' argument missing"],
    [
      "--color without a word",
      [IN, "out.ko", "--color"],
      "option '--color <WHEN>' argument missing",
    ],
    [
      "module and list both from standard input",
      ["-", "out.ko", "--symbols", "-"],
      "IN and LIST are both -, but standard input can be read only once",
    ],
    [
      "module and report both to standard output",
      [IN, "-", "--json"],
      "OUT is - and --json is given, but standard output can hold only one",
    ],
    [
      "a third file",
      [IN, "out.ko", "another.ko", "-s", LIST],
      `there are 3 files when there should be IN and OUT: ${IN} out.ko another.ko`,
    ],
    [
      "a third file of the command",
      ["convert", IN, "out.ko", "another.ko"],
      `there are 3 files when there should be IN and OUT: ${IN} out.ko another.ko`,
    ],
    [
      "an unknown command",
      ["covnert", IN, "out.ko", "-s", LIST],
      `there are 3 files when there should be IN and OUT: covnert ${IN} out.ko`,
    ],
    ["options before the command", ["-s", LIST, "convert", IN, "out.ko"], COMMAND_FIRST],
    ["a module called convert after options", ["-s", LIST, "convert", "out.ko"], COMMAND_FIRST],
    [
      "two lists from standard input",
      [IN, "out.ko", "-s", "-", "-s", LIST, "--symbols", "/dev/stdin"],
      "--symbols is - twice, but standard input can be read only once",
    ],
    [
      "module and the second list from standard input",
      ["-", "out.ko", "-s", LIST, "-s", "-"],
      "IN and LIST are both -, but standard input can be read only once",
    ],
    [
      "a second list that is the output",
      [IN, LIST, "-s", IN, "-s", LIST],
      "OUT is the symbols list",
    ],
    ["a list that is the output", [IN, LIST, "-s", LIST], "OUT is the symbols list"],
    [
      "a list that is the output in another spelling",
      [IN, `./${LIST}`, "-s", LIST],
      "OUT is the symbols list",
    ],
    ["an empty IN", ["", "out.ko", "-s", LIST], "IN is an empty name"],
    ["an empty OUT", [IN, "", "-s", LIST], "OUT is an empty name"],
    ["an empty LIST", [IN, "out.ko", "-s", ""], "LIST is an empty name"],
    ["an empty LIST among others", [IN, "out.ko", "-s", LIST, "-s", ""], "LIST is an empty name"],
    [
      "--sympos without a statement",
      [IN, "out.ko", "--sympos"],
      "option '--sympos <OBJECT:NAME=POS>' argument missing",
    ],
    ...["sometimes", "", "Always"].map((when): [string, string[], string] => [
      `a --color of "${when}"`,
      [IN, "out.ko", "--color", when],
      `--color is "${when}" when it should be auto, always or never`,
    ]),
    ...[
      ["--symbol", "--symbols"],
      ["--verbos", "--verbose"],
      ["--jsn", "--json"],
      ["--colour", "--color"],
      ["--stric", "--strict"],
      ["--sympo", "--sympos"],
    ].map(([mistyped = "", meant = ""]): [string, string[], string] => [
      `a mistyped ${meant}`,
      [IN, "out.ko", mistyped],
      `unknown option '${mistyped}'\n    did you mean ${meant}?`,
    ]),
  ];

  test.each(exact)("%s", (_, args, message) => {
    const folder = new Folder(IN, LIST);
    expect(folder.refused(args, { status: 2 })).toBe(`klp-convert: error: ${message}\n${TRY_HELP}`);
  });
});

describe("the version", () => {
  test.each([
    [["-V"]],
    [["--version"]],
    [["convert", "-V"]],
    [[IN, "out.ko", "-V"]],
  ])("%j", (args) => {
    const manifest: unknown = JSON.parse(
      readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
    );
    const { version } = manifest as { version: string };
    const { status, stdout, stderr } = new Folder().run(args);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
  });
});

test.each([
  [["--help"]],
  [["-h"]],
  [["convert", "--help"]],
  [["convert", "-h"]],
  [[IN, "out.ko", "-h"]],
])("the help: %j", (args) => {
  const folder = new Folder(IN);
  const { status, stdout, stderr } = folder.run(args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(folder.names()).toEqual([IN]);
  expect(stdout).toBe(`Usage: klp-convert [convert] IN OUT --symbols LIST

Turns an intermediate Linux livepatch module into one the kernel loads.

Arguments:
  IN                           intermediate module, a .ko file; - for standard
                               input
  OUT                          where the result goes, may be IN; - for standard
                               output

What is converted:
  -s, --symbols <LIST>         symbols of the kernel and modules that are
                               patched: a symbols list, vmlinux, a module, a
                               folder of modules, kallsyms, System.map,
                               Module.symvers; may be given several times
  --sympos <OBJECT:NAME=POS>   which of several homonyms NAME is; or
                               OBJECT:NAME@FILE, the one from a source file; may
                               be given several times
  --late-bind <OWNER=PATCHED>  symbols of module OWNER are bound when PATCHED is
                               loaded, which is patched and depends on OWNER;
                               may be given several times
  --patched-object <OBJ>       vmlinux or a module that the patch patches, where
                               that cannot be read from the module; may be given
                               several times
  --strict                     refuse symbols of another kernel release than the
                               module's
  --depfile <FILE>             write what OUT was made from, as a rule of make
  -n, --dry-run                print what would be done, and write nothing; OUT
                               may be left out

What is printed:
  -v, --verbose                print each decision: symbol, object, position,
                               sections, why
  --json                       print one report on standard output
  --color <WHEN>               color messages: always, never, or auto: on a
                               terminal, without NO_COLOR (default: "auto")
  --debug                      print the stack trace of an internal error

Other:
  -V, --version                print the version
  -h, --help                   print this help

Examples:
  klp-convert livepatch.ko livepatch.klp.ko --symbols Symbols.list
  klp-convert livepatch.ko livepatch.klp.ko --symbols vmlinux --symbols ext4.ko

Other commands:
  klp-convert symbols   makes a symbols list; see klp-convert symbols --help
  klp-convert batch     converts many modules; see klp-convert batch --help
  klp-convert check     says what the kernel will say of a module; see klp-convert check --help
  klp-convert inspect   shows what is in modules; see klp-convert inspect --help

@FILE stands for the words in FILE, in all commands.
Exit status: 0 done, 1 refused or failed, 2 wrong usage.
`);
});
