// SPDX-License-Identifier: GPL-2.0-only

import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { compareModules, convert, inspect, VERSION } from "../../src/index.js";
import { buildConverted } from "../inspect/converted-module.js";
import { buildIntermediate } from "../livepatch/intermediate.js";
import { Folder } from "./command.js";

const IN = "x86_64.in.ko";
const OTHER = "x86_64-dup.in.ko";
const LIST = "Symbols.list";
const TRY_HELP = "klp-convert: try klp-convert inspect --help\n";

/** A name of 300 characters, with nothing to break it at. */
const LONG = "Q".repeat(300);

describe("inspect", () => {
  test("prints what is in a module, and nothing else", () => {
    const folder = new Folder(IN);
    const { status, stdout, stderr } = folder.run(["inspect", IN]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.split("\n").slice(0, 5)).toEqual([
      "x86_64.in.ko: intermediate livepatch module, to be converted",
      "  name        klp_fixture",
      "  machine     x86_64, 64 bit, little-endian",
      "  kernel      6.1.0-test SMP mod_unload",
      "  marked by   1 annotated name .klp.sym.rela.*, 2 sections .klp.module_relocs.*",
    ]);
    expect(stdout).toContain("  ? with --symbols LIST it is looked up who exports them\n");
    expect(folder.names()).toEqual([IN]);
  });

  test.each([["--symbols"], ["-s"]])("looks symbols up with %s", (option) => {
    const folder = new Folder(OTHER, LIST);
    const { status, stdout, stderr } = folder.run(["inspect", OTHER, option, LIST]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("Livepatch symbols after conversion\n");
    expect(stdout).toContain("  _printk           vmlinux     1  lp_second\n");
  });

  test("reads standard input, and symbols from there", () => {
    const folder = new Folder(OTHER, LIST);
    const one = folder.run(["inspect", "-"], { input: folder.read(OTHER) });
    expect(one.stdout).toMatch(/^\/dev\/stdin: livepatch module/);
    const two = folder.run(["inspect", OTHER, "-s", "-"], { input: folder.read(LIST) });
    expect(two.stdout).toEqual(folder.run(["inspect", OTHER, "-s", LIST]).stdout);
  });

  test("breaks long names, and loses nothing of them", () => {
    const folder = new Folder();
    const name = `.klp.sym.vmlinux.${LONG},0`;
    folder.write("in.ko", buildConverted({ functions: { [LONG]: [name] }, imports: [`r${LONG}`] }));
    const { stdout } = folder.run(["inspect", "in.ko"]);
    expect(stdout.split("\n").filter((line) => line.length > 100)).toEqual([]);
    // The name of the function, which is told twice, of the symbol and of the import.
    expect(stdout.replace(/[^Q]/g, "")).toHaveLength(4 * LONG.length);
  });

  test("counts users beyond a dozen, and says where they all are", () => {
    const functions = Object.fromEntries(
      Array.from({ length: 15 }, (_, i) => [`f${i}`, [".klp.sym.vmlinux.x,0"]]),
    );
    const folder = new Folder();
    folder.write("in.ko", buildConverted({ functions }));
    const { stdout } = folder.run(["inspect", "in.ko"]);
    expect(stdout.replace(/\n {2,}/g, " ")).toContain("f11, and 3 more, which --json lists");
  });

  test("escapes what a terminal would obey", () => {
    const folder = new Folder();
    const evil = "evil\x1b[2J\x9b";
    folder.write(
      "in\x1b[2J.ko",
      buildConverted({
        functions: { [evil]: [`.klp.sym.vm\x1b[1m.${evil},0`] },
        imports: [evil],
        modinfo: `livepatch=Y\0name=${evil}\0vermagic=\x1b]0;title\x07\0`,
      }),
    );
    const { stdout, stderr } = folder.run(["inspect", "in\x1b[2J.ko"]);
    expect(stderr).toBe("");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
    expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    expect(stdout).toContain("in\\x1b[2J.ko: converted livepatch module");
    expect(stdout).toContain("evil\\x1b[2J");
  });

  test("says what is wrong with a file and shows the others", () => {
    const folder = new Folder(IN, OTHER);
    folder.write("text.ko", "text");
    folder.write("packed.ko.gz", gzipSync(folder.read(IN)));
    folder.write("cut.ko", folder.read(IN).subarray(0, 700));
    const files = ["absent.ko", "text.ko", IN, "packed.ko.gz", "cut.ko", OTHER];
    const { status, stdout, stderr } = folder.run(["inspect", ...files]);
    expect(status).toBe(1);
    expect(stderr.split("\n")).toEqual([
      "klp-convert: error: absent.ko: cannot be read: no such file or directory",
      "klp-convert: error: text.ko: not an ELF file: it does not begin with 0x7f ELF",
      "klp-convert: error: packed.ko.gz: the module is compressed with gzip",
      "    decompress it first: gzip -dc < packed.ko.gz > packed.ko",
      expect.stringMatching(/^klp-convert: error: cut\.ko: /),
      "",
    ]);
    const heads = stdout.split("\n").filter((line) => /^\S+\.ko: /.test(line));
    expect(heads.map((line) => line.split(":")[0])).toEqual([IN, OTHER]);
  });

  test("says what is wrong with symbols, once, and shows the modules without them", () => {
    const folder = new Folder(IN, OTHER);
    folder.write("list", "klp-convert-symbol-data.0.1\nstray\n");
    const broken = folder.run(["inspect", IN, OTHER, "-s", "list"]);
    expect(broken.status).toBe(1);
    expect(broken.stderr.match(/error:/g)).toHaveLength(1);
    expect(broken.stderr).toMatch(/^klp-convert: error: list:2: /);
    expect(broken.stdout).toContain(`${OTHER}: livepatch module`);
    const absent = folder.run(["inspect", IN, "-s", "absent"]);
    expect(absent.status).toBe(1);
    expect(absent.stderr).toBe(
      "klp-convert: error: absent: cannot be read: no such file or directory\n",
    );
    expect(absent.stdout).toContain(`${IN}: intermediate`);
  });

  test("shows a refusal of conversion without failing itself", () => {
    const folder = new Folder(LIST);
    folder.write(
      "in.ko",
      buildIntermediate({ undefined: ["probe"], uses: { ".text": ["probe"] } }),
    );
    const { status, stdout, stderr } = folder.run(["inspect", "in.ko", "-s", LIST]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain(
      "Conversion: klp-convert refuses to convert it\n" +
        "  error: .text+0x0: symbol probe is ambiguous: it stands in 3 objects\n" +
        "      used by 1 relocation, first in patched\n",
    );
    expect(stdout).toContain("Undefined symbols\n");
  });
});

describe("inspect --diff", () => {
  test("prints what a conversion changed, and that the rest is the same", () => {
    const folder = new Folder(IN, LIST);
    folder.run([IN, "out.ko", "-s", LIST]);
    const { status, stdout, stderr } = folder.run(["inspect", "--diff", IN, "out.ko"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(
      /^x86_64\.in\.ko -> out\.ko\n\nSymbols that became livepatch symbols: 5\n/,
    );
    expect(stdout).toMatch(
      /\nEverything else is identical: the ELF header, \.modinfo, \d+ sections/,
    );
  });

  test("of the same file says so", () => {
    const folder = new Folder(IN);
    expect(folder.run(["inspect", "--diff", IN, IN]).stdout).toBe(
      `${IN} -> ${IN}\n\nThe files are identical, byte for byte.\n`,
    );
  });

  test("with a file that cannot be read prints nothing but that", () => {
    const folder = new Folder(IN);
    expect(folder.refused(["inspect", "--diff", IN, "absent.ko"])).toBe(
      "klp-convert: error: absent.ko: cannot be read: no such file or directory\n",
    );
  });
});

describe("inspect --json", () => {
  test("prints one document for all files", () => {
    const folder = new Folder(IN, OTHER, LIST);
    const args = ["inspect", IN, OTHER, "absent.ko", "--json", "-s", LIST];
    const { status, stdout } = folder.run(args);
    expect(status).toBe(1);
    const symbols = { file: LIST, bytes: folder.read(LIST) };
    const fault = {
      severity: "error",
      code: "file",
      file: "absent.ko",
      message: "cannot be read: no such file or directory",
      notes: [],
    };
    expect(JSON.parse(stdout)).toEqual({
      schema: "klp-convert-inspection",
      schemaVersion: 1,
      version: VERSION,
      symbolSources: [LIST],
      inspections: [
        inspect(folder.read(IN), { file: IN, symbols }),
        inspect(folder.read(OTHER), { file: OTHER, symbols }),
        { file: "absent.ko", module: null, diagnostics: [fault] },
      ],
      comparison: null,
      diagnostics: [],
    });
  });

  test("has the comparison with --diff", () => {
    const folder = new Folder(IN, LIST);
    const symbols = { file: LIST, bytes: folder.read(LIST) };
    const { output } = convert(folder.read(IN), { symbols });
    folder.write("out.ko", output!);
    const { stdout } = folder.run(["inspect", "--diff", "--json", IN, "out.ko"]);
    const document = JSON.parse(stdout);
    const before = { file: IN, bytes: folder.read(IN) };
    const after = { file: "out.ko", bytes: output! };
    expect(document.comparison).toEqual(compareModules(before, after).comparison);
    expect(document.inspections.map(({ file }: { file: string }) => file)).toEqual([IN, "out.ko"]);
  });
});

describe("inspect --html", () => {
  test("writes a page and prints nothing", () => {
    const folder = new Folder(IN);
    const { status, stdout, stderr } = folder.run(["inspect", IN, "--html", "page.html"]);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
    const page = Buffer.from(folder.read("page.html")).toString();
    expect(page).toMatch(/^<!DOCTYPE html>\n<html lang="en">\n/);
    expect(folder.names()).toEqual(["page.html", IN]);
  });

  test("may go together with --json", () => {
    const folder = new Folder(IN);
    const { stdout } = folder.run(["inspect", IN, "--json", "--html", "page.html"]);
    expect(JSON.parse(stdout).schema).toBe("klp-convert-inspection");
    expect(folder.names()).toEqual(["page.html", IN]);
  });

  test("is written for the files that can be read", () => {
    const folder = new Folder(IN);
    const { status } = folder.run(["inspect", IN, "absent.ko", "--html", "page.html"]);
    expect(status).toBe(1);
    expect(Buffer.from(folder.read("page.html")).toString()).toContain("could not be read");
  });

  test("says why it cannot be written", () => {
    const folder = new Folder(IN);
    expect(folder.refused(["inspect", IN, "--html", "absent/page.html"])).toBe(
      "klp-convert: error: absent/page.html: cannot be written: no such file or directory\n",
    );
  });
});

describe("wrong usage of inspect ends with status 2 and touches nothing", () => {
  const cases: [string, string[], string][] = [
    ["no FILE", [], "no FILE is given"],
    ["no FILE but a list", ["-s", LIST], "no FILE is given"],
    [
      "--diff without a file",
      ["--diff"],
      "--diff compares two files, IN and OUT, and none is given",
    ],
    [
      "--diff of one file",
      ["--diff", IN],
      "--diff compares two files, IN and OUT, and one is given",
    ],
    [
      "--diff of three files",
      ["--diff", IN, IN, IN],
      "--diff compares two files, IN and OUT, and 3 are given",
    ],
    ["an empty FILE", [""], "FILE is an empty name"],
    ["an empty LIST", [IN, "-s", ""], "LIST is an empty name"],
    ["an empty PAGE", [IN, "--html", ""], "PAGE is an empty name"],
    ["a folder", ["."], ". is a folder when FILE should be a module: ./*.ko are those in it"],
    [
      "two modules from standard input",
      ["-", "/dev/stdin"],
      "FILE is - twice, but standard input can be read only once",
    ],
    [
      "two lists from standard input",
      [IN, "-s", "-", "-s", "-"],
      "--symbols is - twice, but standard input can be read only once",
    ],
    [
      "module and list from standard input",
      ["-", "-s", "-"],
      "FILE and LIST are both -, but standard input can be read only once",
    ],
    [
      "a page to standard output",
      [IN, "--html", "-"],
      "--html is -, but a page goes to a file: --html inspection.html",
    ],
    [
      "a page to standard output by its other name",
      [IN, "--html", "/dev/stdout"],
      "--html is -, but a page goes to a file: --html inspection.html",
    ],
    [
      "a page in place of a folder",
      [IN, "--html", "."],
      "--html is ., which is a folder when it should be a file",
    ],
    [
      "a page in place of a module",
      [IN, "--html", `./${IN}`],
      "PAGE is also a FILE, which it would replace",
    ],
    [
      "a page in place of a list",
      [IN, "-s", LIST, "--html", LIST],
      "PAGE is also a LIST, which it would replace",
    ],
    ["--html without a page", [IN, "--html"], "option '--html <PAGE>' argument missing"],
    ["--symbols without a list", [IN, "-s"], "option '-s, --symbols <LIST>' argument missing"],
    ["an unknown option", [IN, "--bogus"], "unknown option '--bogus'"],
    ["a mistyped option", [IN, "--htm", "x"], "unknown option '--htm'\n    did you mean --html?"],
    [
      "a --color of another word",
      [IN, "--color", "maybe"],
      '--color is "maybe" when it should be auto, always or never',
    ],
  ];

  test.each(cases)("%s", (_, args, message) => {
    const folder = new Folder(IN, LIST);
    expect(folder.refused(["inspect", ...args], { status: 2 })).toBe(
      `klp-convert: error: ${message}\n${TRY_HELP}`,
    );
  });

  test("options before the command", () => {
    const folder = new Folder(IN);
    expect(folder.refused(["--json", "inspect", IN], { status: 2 })).toBe(
      "klp-convert: error: the command, inspect, comes before any option; a file of that name is ./inspect\n" +
        "klp-convert: try klp-convert --help\n",
    );
  });
});

test("the help of inspect", () => {
  const { status, stdout } = new Folder().run(["inspect", "--help"]);
  expect(status).toBe(0);
  expect(stdout).toBe(`Usage: klp-convert inspect FILE… [--symbols LIST]

Shows what is in modules: patch, livepatch symbols and sections, imports.

Arguments:
  FILE                  modules, before or after conversion; - for standard
                        input

What is looked at:
  -s, --symbols <LIST>  says who exports what, and what would be converted:
                        whatever convert --symbols takes; may be given several
                        times
  --diff                show what changed between two files, IN and OUT, and
                        that the rest did not

What is printed:
  --html <PAGE>         write one page, with a diagram, that needs nothing else
  --json                print one document on standard output
  --color <WHEN>        color messages: always, never, or auto: on a terminal,
                        without NO_COLOR (default: "auto")
  --debug               print the stack trace of an internal error

Other:
  -V, --version         print the version
  -h, --help            print this help

Examples:
  klp-convert inspect livepatch.klp.ko
  klp-convert inspect livepatch.ko --symbols Symbols.list
  klp-convert inspect --diff livepatch.ko livepatch.klp.ko
  klp-convert inspect --html patches.html *.ko

Exit status: 0 done, 1 a file could not be read, 2 wrong usage.
`);
});

test("what only inspect needs is not loaded by others, nor the page without --html", () => {
  const folder = new Folder(IN);
  folder.write(
    "hook.cjs",
    `const vm = require("node:vm");
    vm.Script = class extends vm.Script {
      constructor(source, options) {
        super(source, options);
        const [name] = /inspect(ion-page)?[.]cjs$/.exec(options.filename) ?? [];
        if (name !== undefined) process.stderr.write(name + " ");
      }
    };`,
  );
  const env = { NODE_OPTIONS: `--require=${folder.at("hook.cjs")}` };
  const loaded = (...args: readonly string[]) => folder.run(args, { env }).stderr;
  expect(loaded("--version")).toBe("");
  expect(loaded("inspect", "--help")).toBe("");
  expect(loaded("inspect", IN)).toBe("inspect.cjs ");
  expect(loaded("inspect", IN, "--html", "page.html")).toBe("inspect.cjs inspection-page.cjs ");
});
