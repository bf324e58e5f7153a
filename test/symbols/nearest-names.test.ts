// SPDX-License-Identifier: GPL-2.0-only
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Diagnostics } from "../../src/diagnostics.js";
import { LIST_HEADER, type NearName, scanSymbolsList } from "../../src/symbols/index.js";

function listOf(...all: readonly string[]): Uint8Array {
  const text = [LIST_HEADER, ...all].map((line) => `${line}\n`).join("");
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

/** What a scan for these names answers when it is asked for what is near to them. */
function nearestNames(
  bytes: Uint8Array,
  names: readonly string[],
): ReadonlyMap<string, readonly NearName[]> {
  const list = { file: "Symbols.list", bytes };
  return scanSymbolsList(list, names, new Diagnostics(list.file)).nearest(names);
}

/** The near names of one name in a list of vmlinux alone, in their order. */
function near(name: string, ...symbols: readonly string[]): string[] {
  const found = nearestNames(listOf("*vmlinux", ...symbols), [name]).get(name)!;
  expect(found.every(({ object }) => object === "vmlinux")).toBe(true);
  return found.map((each) => each.name);
}

describe("the same function under another suffix of the compiler is near", () => {
  test.each([
    "do_thing.isra.0",
    "do_thing.constprop.12",
    "do_thing.part.3",
    "do_thing.cold",
    "do_thing.cold.7",
    "do_thing.llvm.1234567890123456789",
    "do_thing.0",
    "do_thing.isra.0.cold",
    "do_thing.constprop.0.isra.1.part.2",
  ])("%s", (variant) => {
    expect(near("do_thing", "unrelated_name", variant)).toEqual([variant]);
    expect(near(variant, "unrelated_name", "do_thing")).toEqual(["do_thing"]);
    expect(near("do_thing.isra.99", variant)).toEqual([variant]);
  });

  test.each([
    "do_thing.isra",
    "do_thing.isra.x",
    "do_thing.something.1",
    "do_thing.llvm.",
    "do_thingisra.0",
    "xdo_thing.isra.0",
  ])("but not %s", (other) => {
    expect(near("do_thing", other)).toEqual([]);
  });

  test("before whatever is a few keystrokes away", () => {
    expect(
      near(
        "do_thing",
        "do_thinh",
        "do_thing.isra.1",
        "do_thin",
        "do_thing.constprop.0",
        "no_thing",
      ),
    ).toEqual(["do_thing.isra.1", "do_thing.constprop.0", "do_thinh", "do_thin", "no_thing"]);
  });

  test("however many keystrokes away", () => {
    const variant = "do_thing.constprop.0.isra.1.part.2.llvm.12345678901234567890";
    expect(near("do_thing", "do_thinh", variant)).toEqual([variant, "do_thinh"]);
  });
});

describe("a name a few keystrokes away is near", () => {
  // An edit is one character more, less or other; the longer a name, the more of them.
  test.each([
    ["abc", "abd", "xyz", "one in 3 characters"],
    ["abcdefg", "abcdefx", "abcdexy", "one in 7 characters"],
    ["abcdefgh", "abcdefxy", "abcdexyz", "two in 8 characters"],
    ["abcdefghijkl", "abcdefghixyz", "abcdefghwxyz", "three in 12 characters"],
    ["a".repeat(100), `${"a".repeat(97)}xyz`, `${"a".repeat(96)}wxyz`, "three in 100 characters"],
  ])("%s: %s, but not %s: %4$s", (name, at, beyond) => {
    expect(near(name, beyond, at)).toEqual([at]);
  });

  test("by insertion, deletion and substitution", () => {
    const name = "abcdefghijkl";
    const [inserted, deleted, substituted] = ["abcdefxghijkl", "abcdefhijkl", "abcdefxhijkl"];
    expect(near(name, inserted, deleted, substituted)).toEqual([inserted, deleted, substituted]);
    expect(near(name, "bcdefghijkl", "abcdefghijk")).toEqual(["bcdefghijkl", "abcdefghijk"]);
    // Two characters that changed places are two edits.
    expect(near(name, "abcdefghijlk", "abcdefghijk")).toEqual(["abcdefghijk", "abcdefghijlk"]);
  });

  test("nearest first, and in the list's order at the same distance", () => {
    expect(
      near(
        "abcdefghijkl",
        "abcdefghiXXX",
        "abcdefghijXX",
        "Zbcdefghijkl",
        "abcdefghiYYY",
        "abcdefghijkZ",
        "abcdefghijYY",
      ),
    ).toEqual(["Zbcdefghijkl", "abcdefghijkZ", "abcdefghijXX", "abcdefghijYY", "abcdefghiXXX"]);
  });

  test("of any bytes", () => {
    expect(near("gr\xc3\xb6\xc3\x9fe", "gr\xc3\xa4\xc3\x9fe")).toEqual(["gr\xc3\xa4\xc3\x9fe"]);
  });

  test("whatever was compared before", () => {
    expect(near("abc", "abd")).toEqual(["abd"]);
    expect(near("x", "zw")).toEqual([]);
  });

  test("by Levenshtein's distance, whatever the names", () => {
    const text = fc.stringMatching(/^[abc]{1,16}$/);
    fc.assert(
      fc.property(text, fc.array(text, { maxLength: 5 }), (name, symbols) => {
        const most = Math.max(1, Math.min(3, Math.floor(name.length / 4)));
        const expected = [...new Set(symbols)]
          .map((symbol) => ({ symbol, edits: levenshtein(name, symbol) }))
          .filter(({ edits }) => edits <= most)
          .sort((a, b) => a.edits - b.edits)
          .map(({ symbol }) => symbol);
        expect(near(name, ...symbols)).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });
});

/** The textbook's recursion, remembered. */
function levenshtein(one: string, other: string): number {
  const known = new Map<string, number>();
  const distance = (a: number, b: number): number => {
    if (a === 0 || b === 0) return a + b;
    const key = `${a} ${b}`;
    let edits = known.get(key);
    if (edits === undefined) {
      const same = one[a - 1] === other[b - 1] ? 0 : 1;
      edits = Math.min(
        distance(a - 1, b) + 1,
        distance(a, b - 1) + 1,
        distance(a - 1, b - 1) + same,
      );
      known.set(key, edits);
    }
    return edits;
  };
  return distance(one.length, other.length);
}

describe("of the near names", () => {
  test("each says whose it is, in the kernel's spelling", () => {
    const list = listOf(
      "*vmlinux",
      "do_thing.isra.0",
      "*klp-demo-two",
      "do_thing.isra.0",
      "do_thinx",
    );
    expect(nearestNames(list, ["do_thing"]).get("do_thing")).toEqual([
      { object: "vmlinux", name: "do_thing.isra.0", isVariant: true, count: 1 },
      { object: "klp_demo_two", name: "do_thing.isra.0", isVariant: true, count: 1 },
      { object: "klp_demo_two", name: "do_thinx", isVariant: false, count: 1 },
    ] satisfies NearName[]);
  });

  test("homonyms of one object are one, and counted", () => {
    const list = listOf(
      "*vmlinux",
      ...["do_thinx", "do_thing", "do_thinx", "do_thing.0"],
      "*klp_demo",
      ...["do_thinx", "do_thing.0", "do_thing.0", "do_thinx", "do_thing.0"],
    );
    expect(nearestNames(list, ["do_thing.1"]).get("do_thing.1")).toEqual([
      { object: "vmlinux", name: "do_thing", isVariant: true, count: 1 },
      { object: "vmlinux", name: "do_thing.0", isVariant: true, count: 1 },
      { object: "klp_demo", name: "do_thing.0", isVariant: true, count: 3 },
    ]);
    const [first, second] = nearestNames(list, ["do_thiny"]).get("do_thiny")!;
    expect([first, second]).toEqual([
      { object: "vmlinux", name: "do_thinx", isVariant: false, count: 2 },
      { object: "vmlinux", name: "do_thing", isVariant: false, count: 1 },
    ]);
  });

  test("five are given at most, the nearest", () => {
    const far = Array.from({ length: 10 }, (_, at) => `abcdefgh${at}${at}`);
    const close = Array.from({ length: 7 }, (_, at) => `abcdefghi${at}`);
    expect(near("abcdefghij", ...far, ...close)).toEqual(close.slice(0, 5));
  });

  test("none is an object, the header, or a part of a longer name", () => {
    const list = listOf("*do_thing", "do_thing_more", "not_a_do_thing");
    expect(nearestNames(list, ["do_thing", "*do_thing", LIST_HEADER])).toEqual(
      new Map([
        ["do_thing", []],
        ["*do_thing", []],
        [LIST_HEADER, []],
      ]),
    );
  });
});

describe("the search", () => {
  test("answers every name, up to twenty of them", () => {
    const names = Array.from({ length: 25 }, (_, at) => `name_${String.fromCharCode(97 + at)}`);
    const found = nearestNames(listOf("*vmlinux", ...names.map((name) => `${name}.isra.0`)), names);
    expect([...found.keys()]).toEqual(names.slice(0, 20));
    for (const [name, [first]] of found) expect(first?.name).toBe(`${name}.isra.0`);
  });

  test("answers for a list without symbols, and for no names", () => {
    expect(near("f")).toEqual([]);
    expect(nearestNames(listOf("*vmlinux", "f"), [])).toEqual(new Map());
  });

  test("reads lines that end with CR LF", () => {
    const text = `${LIST_HEADER}\r\n*vm-linux\r\ndo_thing.0\r\ndo_thinx\r\n`;
    expect(nearestNames(Buffer.from(text), ["do_thing"]).get("do_thing")).toEqual([
      { object: "vm_linux", name: "do_thing.0", isVariant: true, count: 1 },
      { object: "vm_linux", name: "do_thinx", isVariant: false, count: 1 },
    ]);
  });

  test("is not slowed down by a name made of suffixes", () => {
    const suffixes = ".cold.1".repeat(70);
    expect(near(`do_thing${suffixes}x`, "do_thing")).toEqual([]);
    expect(near("do_thing", `do_thing${suffixes}x`, `do_thing${suffixes}`)).toEqual([
      `do_thing${suffixes}`,
    ]);
  });

  test("passes by names of any length", () => {
    const long = "n".repeat(5000);
    expect(near("do_thing", long, `do_thing.${long}`, "do_thinx")).toEqual(["do_thinx"]);
    // No name this long is near to anything.
    expect(near(long, "do_thing", `${long}x`, `${long}.isra.0`)).toEqual([]);
    const longest = "n".repeat(1022);
    expect(near(longest, `${longest}x`, `${longest}xx`)).toEqual([`${longest}x`]);
  });

  test("costs no more than the length of a line, whatever suffixes it has", () => {
    const line = `f${".1".repeat(200_000)}x`;
    expect(near("f", line)).toEqual([]);
  });
});
