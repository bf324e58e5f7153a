// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { type JobOptions, parseManifest } from "../../src/batch/index.js";
import { Diagnostics } from "../../src/diagnostics.js";

const NO_OPTIONS: JobOptions = { sympos: [], lateBind: [], patchedObjects: [], strict: false };

function parse(text: string, defaults = { symbols: [] as string[], options: NO_OPTIONS }) {
  const diagnostics = new Diagnostics("jobs");
  const jobs = parseManifest(text, defaults, diagnostics);
  const faults = diagnostics.list().map(({ line, message, notes }) => ({ line, message, notes }));
  return { jobs, faults };
}

describe("a manifest", () => {
  test("has a job in a line, with names quoted, comments and empty lines between", () => {
    const { jobs, faults } = parse(
      "# all of them\na.ko out/a.ko Symbols.list\n\n'b c.ko' out/b\\ c.ko one two # both\n",
    );
    expect(faults).toEqual([]);
    const options = NO_OPTIONS;
    expect(jobs).toEqual([
      { number: 1, line: 2, input: "a.ko", output: "out/a.ko", symbols: ["Symbols.list"], options },
      {
        number: 2,
        line: 4,
        input: "b c.ko",
        output: "out/b c.ko",
        symbols: ["one", "two"],
        options,
      },
    ]);
  });

  test("has options in lines of JSON", () => {
    const said = {
      symbols: ["l"],
      sympos: ["vmlinux:a=2"],
      lateBind: ["ext4=jbd2"],
      patchedObjects: ["vmlinux"],
      strict: true,
    };
    const { jobs, faults } = parse(`  ${JSON.stringify({ in: "a\n.ko", out: "b", ...said })}\n`);
    expect(faults).toEqual([]);
    const { symbols, ...options } = said;
    expect(jobs).toEqual([{ number: 1, line: 1, input: "a\n.ko", output: "b", symbols, options }]);
  });

  test("takes the rest from the command line, and adds to it", () => {
    const options = { sympos: ["vmlinux:a=1"], lateBind: [], patchedObjects: [], strict: true };
    const { jobs } = parse('a b\n{"in":"c","out":"d","symbols":[],"sympos":["vmlinux:b=2"]}', {
      symbols: ["default"],
      options,
    });
    expect(jobs.map(({ symbols }) => symbols)).toEqual([["default"], []]);
    expect(jobs[0]!.options).toEqual(options);
    expect(jobs[1]!.options).toEqual({ ...options, sympos: ["vmlinux:a=1", "vmlinux:b=2"] });
  });
});

describe("a manifest is refused with all of its faults:", () => {
  test.each<[string, string, readonly string[]]>([
    [
      "a",
      'there is only "a" when there should be IN OUT LIST',
      ["a name with spaces in it stands between quotes"],
    ],
    [
      "a b",
      "there is neither a LIST nor --symbols",
      ['a line is IN OUT LIST, or {"in": IN, "out": OUT, "symbols": [LIST]}'],
    ],
    ["a '' l", "there is an empty name", []],
    [
      "a 'b l",
      "the quote ' is not closed",
      ["a name with a newline in it can be said in JSON only"],
    ],
    ['{"out":"b"}', 'there is no "in"', []],
    ['{"in":"a"}', 'there is no "out"', []],
    ['{"in":"","out":"b"}', '"in" is no name', []],
    ['{"in":"a","out":3}', '"out" is no name', []],
    [
      '{"in":"a","out":"b","symbol":["l"]}',
      '"symbol" is none of in, out, symbols, sympos, lateBind, patchedObjects, strict',
      [],
    ],
    ['{"in":"a","out":"b","symbols":"l"}', '"symbols" is no list of strings', []],
    ['{"in":"a","out":"b","symbols":[""]}', '"symbols": there is an empty name', []],
    ['{"in":"a","out":"b","symbols":["l"],"strict":1}', '"strict" is neither true nor false', []],
  ])("%s", (text, message, notes) => {
    expect(parse(`x y l\n${text}\n`)).toMatchObject({
      jobs: [{ input: "x" }],
      faults: [{ line: 2, message, notes }],
    });
  });

  test.each([
    ["sympos", "probe", /^"sympos": "probe" /],
    ["lateBind", "ext4", /^"lateBind": "ext4" /],
    ["patchedObjects", "a.b", /^"patchedObjects": /],
  ])("%s as the option refuses it", (key, item, message) => {
    const line = JSON.stringify({ in: "a", out: "b", symbols: ["l"], [key]: [item] });
    expect(parse(line).faults).toEqual([
      { line: 1, message: expect.stringMatching(message), notes: [] },
    ]);
  });

  test("what is no JSON", () => {
    expect(parse('{"in":').faults).toEqual([
      {
        line: 1,
        message: expect.stringMatching(/^this is no JSON: /),
        notes: ["an object stands in one line; a name that begins with { stands between quotes"],
      },
    ]);
  });

  test("all lines, and not that there is no job then", () => {
    expect(parse("a\n\nb\n").faults.map(({ line }) => line)).toEqual([1, 3]);
  });

  test("nothing in it", () => {
    expect(parse("# nothing\n").faults).toEqual([
      { line: undefined, message: "there is no job in it", notes: ["a job is a line IN OUT LIST"] },
    ]);
  });
});
