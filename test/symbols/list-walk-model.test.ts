// SPDX-License-Identifier: GPL-2.0-only

// The walk through a list in format 0.2 against reading it line by line.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Diagnostics, Refusal } from "../../src/diagnostics.js";
import { type ListedSymbol, type SymbolMap, scanSymbolsList } from "../../src/symbols/index.js";
import { bytesOf } from "./reading.js";

const HEADER = "klp-convert-symbol-data.0.2";
const KEYS = new Set(["release", "arch", "order", "names"]);

/** What good words say of an object, in one text; `-` is unknown, as is what nothing says. */
function factsOf(words: readonly string[]): string {
  const said = new Map(words.map((word) => word.split("=", 2) as [string, string]));
  const say = (key: string, otherwise: string) => said.get(key) ?? otherwise;
  const all = [say("release", "-"), say("arch", "-"), say("order", "unknown"), say("names", "all")];
  return all.join(" ");
}

function hasGoodFacts(words: readonly string[]): boolean {
  const seen = new Set<string>();
  return words.every((word) => {
    const equals = word.indexOf("=");
    const key = word.slice(0, Math.max(equals, 0));
    const value = word.slice(equals + 1);
    if (!KEYS.has(key) || seen.has(key) || !/^[!-~]+$/.test(value)) return false;
    seen.add(key);
    if (key === "names") return ["all", "some"].includes(value);
    return key !== "order" || ["kallsyms", "symtab", "unknown"].includes(value);
  });
}

const KEPT: Readonly<Record<string, ListedSymbol["kept"]>> = {
  "": "always",
  i: "init",
  x: "coming",
  f: "freed",
};

interface Model {
  /** Lines with something wrong that is seen whatever names are wanted. */
  readonly faults: readonly number[];
  /** Lines of wanted names whose fields make no sense. */
  readonly fieldFaults: readonly number[];
  /** Wanted symbols as `OBJECT NAME`, in order. */
  readonly found: ReadonlyMap<string, readonly ListedSymbol[]>;
}

function modelOf(text: string, names: readonly string[]): Model {
  const all = text.split("\n");
  const rest = all.pop();
  const faults: number[] = [];
  const fieldFaults: number[] = [];
  const found = new Map<string, ListedSymbol[]>();
  let object: string | undefined;
  let hasComplained = false;
  const factsOfObjects = new Map<string, string>();
  for (const [at, ended] of all.entries()) {
    const line = at + 1;
    const text = ended.endsWith("\r") ? ended.slice(0, -1) : ended;
    if (at === 0) continue;
    const words = text.split(" ");
    if (text === "" || [...text].some((character) => character < " ")) {
      faults.push(line);
    } else if (text.startsWith("*")) {
      object = words[0]!.slice(1).replaceAll("-", "_");
      const isBad = object === "" || object.length > 55 || object.includes(".");
      const isGood = hasGoodFacts(words.slice(1));
      if (!isGood) faults.push(line);
      if (isBad) faults.push(line);
      const facts = factsOf(isGood ? words.slice(1) : []);
      const before = factsOfObjects.get(object);
      if (before === undefined) factsOfObjects.set(object, facts);
      else if (before !== facts) faults.push(line);
    } else if (words.length < 3 || words.slice(0, 3).includes("")) {
      faults.push(line);
    } else if (object === undefined) {
      if (!hasComplained) faults.push(line);
      hasComplained = true;
    } else if (names.includes(words[0]!)) {
      const [name = "", address = "", type = "", ...file] = words;
      const isAddress = /^(-|[0-9a-f]{1,16}|.+\+0x[0-9a-f]+)$/.test(address);
      const isType = /^[-?A-Za-z][ixf]?$/.test(type);
      if (!isAddress || !isType || (file.length > 0 && file.join(" ") === "")) {
        fieldFaults.push(line);
        continue;
      }
      const key = `${object} ${name}`;
      found.set(key, [
        ...(found.get(key) ?? []),
        {
          line,
          address: address === "-" ? undefined : address,
          type: type[0] === "-" ? undefined : type[0],
          kept: KEPT[type[1] ?? ""]!,
          file: file.length === 0 ? undefined : file.join(" "),
        },
      ]);
    }
  }
  if (rest !== "") faults.push(all.length + 1);
  return { faults, fieldFaults, found };
}

function expectLikeModel(text: string, names: readonly string[]): void {
  const expected = modelOf(text, names);
  const diagnostics = new Diagnostics("list");
  let map: SymbolMap | undefined;
  try {
    map = scanSymbolsList({ file: "list", bytes: bytesOf(text) }, names, diagnostics);
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal);
  }
  const lines = diagnostics
    .list()
    .filter(({ severity }) => severity === "error")
    .map(({ line }) => line!);
  expect(lines.sort((a, b) => a - b)).toEqual(
    [...expected.faults, ...expected.fieldFaults].sort((a, b) => a - b),
  );
  if (map === undefined) return;
  const found = new Map<string, readonly ListedSymbol[]>();
  for (const name of names) {
    for (const { object, symbols } of map.owners(name)) found.set(`${object} ${name}`, symbols);
  }
  expect(found).toEqual(new Map([...expected.found].map(([key, value]) => [key, value])));
}

describe("the walk through format 0.2 finds what reading it line by line does", () => {
  const name = fc.stringMatching(/^[fg_]{1,2}$/);
  const wanted = fc.uniqueArray(name, { maxLength: 5 });
  const end = fc.constantFrom("\n", "\n", "\n", "\r\n");
  const address = fc.constantFrom("-", "0", "ffffffff81000000", ".text+0x10", "x+0x0");
  const type = fc.constantFrom("T", "t", "ti", "ax", "-", "?", "?x", "tf", "f");
  const file = fc.constantFrom("", "", " a.c", " a file.c", " NS");
  const symbol = fc
    .tuple(name, address, type, file)
    .map(([name, address, type, file]) => `${name} ${address} ${type}${file}`);
  const object = fc
    .tuple(
      fc.constantFrom("vmlinux", "some-module", "some_module", "m"),
      fc.constantFrom(
        "",
        "",
        "",
        " order=symtab",
        " release=6.1 arch=x",
        " names=some",
        " arch=- order=unknown",
      ),
    )
    .map(([name, facts]) => `*${name}${facts}`);
  const line = fc.oneof({ weight: 6, arbitrary: symbol }, { weight: 1, arbitrary: object });

  test("in any list that is sound", () => {
    const list = fc
      .array(fc.tuple(line, end), { maxLength: 40 })
      .map((all) => `${HEADER}\n*first\n${all.flat().join("")}`);
    fc.assert(fc.property(list, wanted, expectLikeModel), { numRuns: 1500 });
  });

  test("in any list at all", () => {
    const token = fc.constantFrom(
      ..."*-.fg_ \0\x1b\xff?T+=".split(""),
      "\n",
      "\r\n",
      "\r",
      " ",
      " - T",
      "+0x1",
      "order=symtab",
      " names=some",
      " release=-",
    );
    const part = fc.oneof(
      { weight: 4, arbitrary: token },
      { weight: 3, arbitrary: fc.tuple(line, end).map((all) => all.join("")) },
    );
    const list = fc.array(part, { maxLength: 40 }).map((all) => `${HEADER}\n${all.join("")}`);
    fc.assert(fc.property(list, wanted, expectLikeModel), { numRuns: 3000 });
  });
});
