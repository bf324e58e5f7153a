// SPDX-License-Identifier: GPL-2.0-only
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Diagnostic, Diagnostics, Refusal } from "../../src/diagnostics.js";
import {
  LIST_HEADER,
  type Occurrences,
  type SymbolMap,
  scanSymbolsList,
} from "../../src/symbols/index.js";

const file = "Symbols.list";

/** A list in which each character stands for the byte of the same number. */
function listOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

/** A list of these lines behind the header, each with its newline. */
function lines(...all: readonly string[]): Uint8Array {
  return listOf([LIST_HEADER, ...all].map((line) => `${line}\n`).join(""));
}

interface Outcome {
  readonly map: SymbolMap | undefined;
  readonly said: readonly Partial<Diagnostic>[];
}

/** Scans, and tells what was said without what goes for all of it: the file. */
function scan(bytes: Uint8Array, ...names: readonly string[]): Outcome {
  const diagnostics = new Diagnostics(file);
  let map: SymbolMap | undefined;
  try {
    map = scanSymbolsList({ file, bytes }, names, diagnostics);
  } catch (error) {
    expect(error).toEqual(new Refusal(file));
    expect(diagnostics.failed).toBe(true);
  }
  const said = diagnostics.list().map(({ file: about, notes, ...rest }) => {
    expect(about).toBe(file);
    return notes.length === 0 ? rest : { ...rest, notes };
  });
  return { map, said };
}

/** What format 0.1 says of an object's symbols of one name: their lines, and nothing else. */
function listed(object: string, ...all: readonly number[]): Occurrences {
  const unsaid = { address: undefined, type: undefined, kept: "always", file: undefined } as const;
  return { object, source: file, symbols: all.map((line) => ({ line, ...unsaid })) };
}

/** The map of a list that nothing is to be said about. */
function mapOf(bytes: Uint8Array, ...names: readonly string[]): SymbolMap {
  const { map, said } = scan(bytes, ...names);
  expect(said).toEqual([]);
  return map!;
}

describe("a symbols list says", () => {
  const list = lines(
    "*vmlinux", // 2
    "alpha", // 3
    "twin", // 4
    "__ksymtab_alpha", // 5
    "twin", // 6
    "other", // 7
    "*klp_demo", // 8
    "twin", // 9
    "__ksymtab_beta", // 10
    "beta", // 11
    "*empty", // 12
  );

  test("which objects have a symbol, and at which positions", () => {
    const map = mapOf(list, "alpha", "twin", "beta");
    expect(map.file).toBe(file);
    expect(map.owners("alpha")).toEqual([listed("vmlinux", 3)]);
    expect(map.owners("beta")).toEqual([listed("klp_demo", 11)]);
    // Position N is the Nth line within the object, whatever stands between.
    expect(map.owners("twin")).toEqual([listed("vmlinux", 4, 6), listed("klp_demo", 9)]);
  });

  test("who exports a symbol", () => {
    const map = mapOf(list, "alpha", "twin", "beta");
    expect(map.exporters("alpha")).toEqual(["vmlinux"]);
    expect(map.exporters("beta")).toEqual(["klp_demo"]);
    expect(map.exporters("twin")).toEqual([]);
  });

  test("which objects there are, with or without a wanted symbol", () => {
    const map = mapOf(list);
    expect(["vmlinux", "klp_demo", "empty"].map((name) => map.hasObject(name))).toEqual([
      true,
      true,
      true,
    ]);
    expect(
      ["", "klp-demo", "klp_dem", "twin", "*vmlinux"].some((name) => map.hasObject(name)),
    ).toBe(false);
  });

  test("nothing about a name that it does not have, or that was not asked for", () => {
    const map = mapOf(list, "alph", "alphaa", "absent", "", "*vmlinux", LIST_HEADER);
    for (const name of ["alph", "alphaa", "absent", "", "*vmlinux", LIST_HEADER, "other"]) {
      expect(map.owners(name)).toEqual([]);
      expect(map.exporters(name)).toEqual([]);
    }
  });

  test("both of a symbol and of another that is called like its export", () => {
    const map = mapOf(lines("*vmlinux", "__ksymtab_f", "__ksymtab_f"), "f", "__ksymtab_f");
    expect(map.owners("f")).toEqual([]);
    expect(map.exporters("f")).toEqual(["vmlinux"]);
    expect(map.owners("__ksymtab_f")).toEqual([listed("vmlinux", 2 + 1, 2 + 2)]);
  });

  test("the same to a name that is asked for twice", () => {
    const map = mapOf(list, "twin", "twin", "alpha", "twin");
    expect(map.owners("twin")).toHaveLength(2);
    expect(map.owners("alpha")).toEqual([listed("vmlinux", 3)]);
  });

  test("names of any byte above a space, each for itself", () => {
    const names = Array.from({ length: 0xff - 0x20 }, (_, at) => {
      const character = String.fromCharCode(0x21 + at);
      return `x${character}y${character}`;
    });
    const map = mapOf(lines("*vmlinux", ...names), ...names);
    for (const [at, name] of names.entries()) {
      expect(map.owners(name)).toEqual([listed("vmlinux", 3 + at)]);
    }
  });

  test("UTF-8 names as their bytes", () => {
    const name = Buffer.from("größe→").toString("latin1");
    const map = mapOf(lines("*vmlinux", name), name);
    expect(map.owners(name)).toEqual([listed("vmlinux", 3)]);
  });

  test("names with an asterisk that is not the first character", () => {
    const map = mapOf(lines("*vmlinux", "a*b"), "a*b");
    expect(map.owners("a*b")).toEqual([listed("vmlinux", 3)]);
  });

  test("a very long name", () => {
    const name = "n".repeat(100_000);
    const map = mapOf(lines("*vmlinux", `${name}x`, name), name);
    expect(map.owners(name)).toEqual([listed("vmlinux", 4)]);
  });
});

describe("names that are alike to a quick look are told apart", () => {
  function expectToldApart(names: readonly string[]): void {
    const [absent, ...present] = names;
    const list = lines("*vmlinux", ...present, ...present);
    const map = mapOf(list, ...names);
    expect(map.owners(absent!)).toEqual([]);
    expect(mapOf(list, absent!).owners("never asked for")).toEqual([]);
    for (const [at, name] of present.entries()) {
      const owners = [listed("vmlinux", 3 + at, 3 + at + present.length)];
      expect(map.owners(name)).toEqual(owners);
      expect(mapOf(list, name, absent!).owners(name)).toEqual(owners);
    }
  }

  // The best known pairs of words with the same 32-bit FNV-1a.
  test.each([
    ["costarring", "liquid"],
    ["declinate", "macallums"],
    ["altarage", "zinke"],
  ])("by one hash: %s and %s", (one, other) => {
    expect(fnv1a("a")).toBe(0xe40c292c); // from the test vectors of its authors
    expect(fnv1a(one)).toBe(fnv1a(other));
    expectToldApart([one, other]);
    expectToldApart([other, one]);
  });

  test("by length, ends and middle", () => {
    const varied = Array.from({ length: 200 }, (_, at) => String(1000 + at));
    expectToldApart(varied.map((digits) => `aa${digits}aaaaaaaaaaaaaa`));
    expectToldApart(varied.map((digits) => `aaaaaaaaaaaa${digits}aaaa`));
    expectToldApart(varied.map((digits) => `${digits}a`));
    expectToldApart(varied.map((digits) => `a${digits}`));
  });

  test("by the characters alone", () => {
    expectToldApart(["abcdef", "abcdfe", "fedcba", "bacdef", "defabc", "efcdab"]);
    expectToldApart(["a", "b", "aa", "ab", "ba", "bb", "aaa", "aba", "aab", "baa", "aaaa"]);
    expectToldApart(Array.from({ length: 60 }, (_, length) => "a".repeat(1 + length)));
  });

  test("by the low bits of a hash", () => {
    for (const low of [0, 1, 0x3ff, 0xfff]) {
      const alike: string[] = [];
      for (let number = 0; alike.length < 20; number++) {
        if ((fnv1a(`name${number}`) & 0xfff) === low) alike.push(`name${number}`);
      }
      expectToldApart(alike);
    }
  });

  test("when there are thousands of them", () => {
    const names = Array.from({ length: 5000 }, (_, at) => `name${at}`);
    const map = mapOf(lines("*vmlinux", ...names), ...names);
    for (const [at, name] of names.entries()) {
      expect(map.owners(name)).toEqual([listed("vmlinux", 3 + at)]);
    }
  });
});

/** 32-bit FNV-1a. */
function fnv1a(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

describe("the lines of a list end", () => {
  const text = `${LIST_HEADER}\n*vmlinux\nf\n__ksymtab_f\n*klp_demo\nf\n`;
  const owners = [listed("vmlinux", 3), listed("klp_demo", 6)];

  test.each([
    ["LF", text],
    ["CR LF", text.replaceAll("\n", "\r\n")],
    ["CR LF in the header only", text.replace("\n", "\r\n")],
    ["CR LF in all but the header", text.replaceAll("\n", "\r\n").replace("\r\n", "\n")],
    ["LF and CR LF by turns", text.replace("vmlinux\n", "vmlinux\r\n").replace(/f\n$/, "f\r\n")],
  ])("with %s", (_, spelled) => {
    const map = mapOf(listOf(spelled), "f");
    expect(map.owners("f")).toEqual(owners);
    expect(map.exporters("f")).toEqual(["vmlinux"]);
    expect(map.hasObject("vmlinux")).toBe(true);
  });
});

describe("an object", () => {
  test("that is named twice is merged, with a warning, and positions count on", () => {
    const { map, said } = scan(
      lines("*vmlinux", "f", "*klp_demo", "f", "*vmlinux", "f", "g", "*vmlinux", "f"),
      "f",
      "g",
    );
    const notes = [
      "positions count on from the first; check the list if it was not put together on purpose",
    ];
    const about = { severity: "warning", code: "list-object-twice", notes };
    const message = "object vmlinux stands in the list before, at line 2; the two are merged";
    expect(said).toEqual([
      { ...about, line: 6, message },
      { ...about, line: 9, message },
    ]);
    expect(map?.owners("f")).toEqual([listed("vmlinux", 3, 7, 10), listed("klp_demo", 5)]);
    expect(map?.owners("g")).toEqual([listed("vmlinux", 8)]);
  });

  test("that is spelled like its file is taken for the module, with a warning", () => {
    const { map, said } = scan(lines("*klp-demo-two", "f"), "f");
    expect(said).toEqual([
      {
        severity: "warning",
        code: "list-object-spelling",
        line: 2,
        message: "object klp-demo-two is taken for klp_demo_two",
        notes: ["the kernel spells module names with _ where the file name has -"],
      },
    ]);
    expect(map?.owners("f")).toEqual([listed("klp_demo_two", 3)]);
    expect(map?.hasObject("klp_demo_two")).toBe(true);
    expect(map?.hasObject("klp-demo-two")).toBe(false);
  });

  test("is not alone in that: they share the warning, and none of them hides an error", () => {
    const objects = Array.from({ length: 150 }, (_, at) => [`*mod-${at}`, "f"]).flat();
    const about = (line: number, others: string) => ({
      severity: "warning",
      code: "list-object-spelling",
      line,
      message: `object mod-0 is taken for mod_0, and ${others} likewise`,
      notes: ["the kernel spells module names with _ where the file name has -"],
    });
    expect(scan(lines("*vmlinux", ...objects.slice(0, 4)), "f").said).toEqual([
      about(3, "1 other"),
    ]);
    const { map, said } = scan(lines(...objects), "f");
    expect(said).toEqual([about(2, "149 others")]);
    expect(map?.owners("f")).toHaveLength(150);
    expect(scan(lines(...objects, "two words"), "f").said).toEqual([
      expect.objectContaining({ severity: "error", code: "list-line", line: 302 }),
      about(2, "149 others"),
    ]);
  });

  test("that comes again behind others has what it had before", () => {
    const { map } = scan(
      lines("*vmlinux", "g", "*klp_demo", "f", "*vmlinux", "f", "*klp_demo", "f", "*vmlinux", "f"),
      "f",
    );
    const linesOf = map
      ?.owners("f")
      .map(({ object, symbols }) => [object, symbols.map(({ line }) => line)]);
    expect(linesOf).toEqual([
      ["klp_demo", [5, 9]],
      ["vmlinux", [7, 11]],
    ]);
  });

  test("that is spelled both ways is one", () => {
    const { map, said } = scan(lines("*klp_demo", "f", "*klp-demo", "f"), "f");
    expect(said.map(({ code, line }) => [code, line])).toEqual([
      ["list-object-twice", 4],
      ["list-object-spelling", 4],
    ]);
    expect(map?.owners("f")).toEqual([listed("klp_demo", 3, 5)]);
  });

  test("may have a name of 55 characters, and as many symbols as it likes, or none", () => {
    const name = "m".repeat(55);
    expect(mapOf(lines(`*${name}`)).hasObject(name)).toBe(true);
  });

  test("may have a byte above 0x7f in its name", () => {
    expect(mapOf(lines("*\xe4\xff", "f"), "f").owners("f")).toEqual([listed("\xe4\xff", 3)]);
  });
});

describe("a list without symbols is taken", () => {
  test.each([
    ["the header alone", `${LIST_HEADER}\n`],
    ["the header alone, with CR LF", `${LIST_HEADER}\r\n`],
    ["objects alone", `${LIST_HEADER}\n*vmlinux\n*klp_demo\n`],
  ])("%s", (_, text) => {
    const map = mapOf(listOf(text), "f");
    expect(map.owners("f")).toEqual([]);
    expect(map.hasObject("vmlinux")).toBe(text.includes("vmlinux"));
  });
});

const headerNote = `a symbols list begins with the line ${LIST_HEADER}; klp-convert symbols makes one`;
const orderNote = "a line *OBJECT, for example *vmlinux, has to come before an object's symbols";
const truncatedNote = "make the list again; its maker or a copy of it was interrupted";

describe("a list is refused", () => {
  function refusal(text: string) {
    const { map, said } = scan(listOf(text), "f");
    expect(map).toBeUndefined();
    return said.map(({ severity, ...fault }) => {
      expect(severity).toBe("error");
      return fault;
    });
  }

  test.each([
    ["empty", "", 'the first line is ""; this tool reads 0.1 and 0.2'],
    [
      "another version",
      "klp-convert-symbol-data.0.3\n*vmlinux\nf\n",
      "the list has version 0.3; this tool reads 0.1 and 0.2",
    ],
    [
      "a longer version",
      `${LIST_HEADER}.1\n`,
      "the list has version 0.1.1; this tool reads 0.1 and 0.2",
    ],
    [
      "another version that is cut off",
      "klp-convert-symbol-data.1.0",
      "the list has version 1.0; this tool reads 0.1 and 0.2",
    ],
    ["no header", "*vmlinux\nf\n", 'the first line is "*vmlinux"; this tool reads 0.1 and 0.2'],
    [
      "a blank first line",
      `\n${LIST_HEADER}\n`,
      'the first line is ""; this tool reads 0.1 and 0.2',
    ],
    [
      "a header in another case",
      "KLP-CONVERT-SYMBOL-DATA.0.1\n",
      'the first line is "KLP-CONVERT-SYMBOL-DATA.0.1"; this tool reads 0.1 and 0.2',
    ],
    [
      "a space before the header",
      ` ${LIST_HEADER}\n`,
      `the first line is " ${LIST_HEADER}"; this tool reads 0.1 and 0.2`,
    ],
    [
      "one line without end",
      "x".repeat(1000),
      `the first line begins with "${"x".repeat(80)}" and is too long; this tool reads 0.1 and 0.2`,
    ],
    [
      "a line of 401 bytes",
      `${"x".repeat(401)}\n*vmlinux\n`,
      `the first line begins with "${"x".repeat(80)}" and is too long; this tool reads 0.1 and 0.2`,
    ],
    [
      "a line of 400 bytes",
      `${"x".repeat(400)}\n*vmlinux\n`,
      `the first line is "${"x".repeat(400)}"; this tool reads 0.1 and 0.2`,
    ],
  ])("for its header: %s", (_, text, message) => {
    expect(refusal(text)).toEqual([{ code: "list-header", line: 1, message, notes: [headerNote] }]);
  });

  test.each([
    ["in the header", LIST_HEADER, 1],
    ["in the header, after CR", `${LIST_HEADER}\r`, 1],
    ["in an object", `${LIST_HEADER}\n*vmli`, 2],
    ["in a symbol", `${LIST_HEADER}\n*vmlinux\nf\ng`, 4],
    ["between CR and LF", `${LIST_HEADER}\r\n*vmlinux\r\nf\r`, 3],
  ])("when its last line is cut off %s", (_, text, line) => {
    expect(refusal(text)).toEqual([
      {
        code: "list-truncated",
        line,
        message: "the last line has no newline: the list is cut off",
        notes: [truncatedNote],
      },
    ]);
  });

  test.each([
    ["a NUL byte", "f\0g", "the line holds a NUL byte"],
    ["a NUL byte and nothing else", "\0", "the line holds a NUL byte"],
    ["a space", "f g", "the line holds white space; a line is one name"],
    ["a space at its end", "f ", "the line holds white space; a line is one name"],
    ["a tab", "\tf", "the line holds white space; a line is one name"],
    ["nm's output", "ffffffff81000000 T f", "the line holds white space; a line is one name"],
    ["a control character", "f\x1b[2J", "the line holds the control character 0x1b"],
    ["a lone CR", "f\rg", "the line holds the control character 0x0d"],
    ["two CRs", "f\r\r", "the line holds the control character 0x0d"],
    ["nothing", "", "the line is empty"],
  ])("for a line with %s", (_, line, message) => {
    const fault = { code: "list-line", line: 4, message };
    expect(refusal(`${LIST_HEADER}\n*vmlinux\ng\n${line}\nh\n`)).toEqual([fault]);
    expect(refusal(`${LIST_HEADER}\r\n*vmlinux\r\ng\r\n${line}\r\nh\r\n`)).toEqual([fault]);
  });

  test("for a line with nothing but its end", () => {
    const fault = { code: "list-line", line: 3, message: "the line is empty" };
    expect(refusal(`${LIST_HEADER}\n*vmlinux\n\r\nf\n`)).toEqual([fault]);
    expect(refusal(`${LIST_HEADER}\r\n*vmlinux\r\n\nf\r\n`)).toEqual([fault]);
  });

  test("for symbols before the first object, once", () => {
    expect(refusal(`${LIST_HEADER}\nfirst\nsecond\n*vmlinux\nf\n`)).toEqual([
      {
        code: "list-order",
        line: 2,
        message: 'the symbol "first" stands before the first object',
        notes: [orderNote],
      },
    ]);
  });

  const limit = "a name has at most 55 characters and no dot";

  test.each([
    ["no name", "", "the object has no name"],
    ["56 characters", "m".repeat(56), `"${"m".repeat(56)}" is no object: ${limit}`],
    ["far too many", "m".repeat(500), `"${"m".repeat(80)}" is no object: ${limit}`],
    ["the name of a file", "klp_demo.ko", `"klp_demo.ko" is no object: ${limit}`],
  ])("for an object with %s", (_, name, message) => {
    expect(refusal(`${LIST_HEADER}\n*vmlinux\n*${name}\nf\n`)).toEqual([
      { code: "list-object", line: 3, message },
    ]);
  });

  test("with all its faults in one run, in the order of its lines, and then its warning", () => {
    const { map, said } = scan(
      lines(
        "early", // 2
        "", // 3
        "two words", // 4
        "late", // 5
        "*vmlinux", // 6
        "f\0", // 7
        "*", // 8
        "*vm-linux", // 9
        "g", // 10
        "*vmlinux", // 11
      ).slice(0, -1),
      "f",
      "g",
    );
    expect(map).toBeUndefined();
    expect(said.map(({ severity, code, line }) => [severity, code, line])).toEqual([
      ["error", "list-order", 2],
      ["error", "list-line", 3],
      ["error", "list-line", 4],
      ["error", "list-line", 7],
      ["error", "list-object", 8],
      ["error", "list-truncated", 11],
      ["warning", "list-object-spelling", 9],
    ]);
  });

  test("with its faults counted beyond the first hundred", () => {
    const said = refusal(`${LIST_HEADER}\n${"\n".repeat(1000)}`);
    expect(said).toHaveLength(101);
    expect(said[99]).toEqual({ code: "list-line", line: 101, message: "the line is empty" });
    expect(said[100]).toEqual({ code: "too-many", message: "900 more errors not shown" });
  });
});

/** What a list says and where it is wrong, found by splitting it into strings. */
function naive(text: string, names: readonly string[]) {
  const all = text.split("\n");
  const rest = all.pop()!;
  const faults: number[] = [];
  const owners = new Map(names.map((name) => [name, new Map<string, number[]>()]));
  let object: string | undefined;
  let complained = false;
  for (const [at, ended] of all.entries()) {
    if (at === 0) continue;
    const line = ended.replace(/\r$/, "");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to find
    if (line === "" || /[\x00-\x20]/.test(line)) {
      faults.push(at + 1);
    } else if (line.startsWith("*")) {
      object = line.slice(1).replaceAll("-", "_");
      if (object === "" || object.length > 55 || object.includes(".")) faults.push(at + 1);
    } else if (object === undefined) {
      if (!complained) faults.push(at + 1);
      complained = true;
    } else {
      const found = owners.get(line);
      found?.set(object, [...(found.get(object) ?? []), at + 1]);
    }
  }
  if (rest !== "") faults.push(all.length + 1);
  return { faults, owners };
}

function expectLikeNaive(text: string, names: readonly string[]): void {
  const { map, said } = scan(listOf(text), ...names);
  const expected = naive(text, names);
  const errors = said.filter(({ severity }) => severity === "error");
  expect(errors.map(({ line }) => line)).toEqual(expected.faults);
  expect(map === undefined).toBe(expected.faults.length > 0);
  for (const name of map === undefined ? [] : names) {
    const owners = [...expected.owners.get(name)!].map(([object, all]) => listed(object, ...all));
    expect(map!.owners(name)).toEqual(owners);
  }
}

describe("the scan finds what splitting the list into strings does", () => {
  const name = fc.stringMatching(/^[ab_]{1,3}$/);
  const wanted = fc.uniqueArray(name, { maxLength: 6 });
  const end = fc.constantFrom("\n", "\n", "\n", "\r\n");

  test("in any list that is sound", () => {
    const object = fc.constantFrom("*vmlinux", "*klp_demo", "*klp-demo", "*m");
    const line = fc.oneof({ weight: 6, arbitrary: name }, { weight: 1, arbitrary: object });
    const list = fc
      .array(fc.tuple(line, end), { maxLength: 60 })
      .map((all) => `${LIST_HEADER}\n*first\n${all.flat().join("")}`);
    fc.assert(fc.property(list, wanted, expectLikeNaive), { numRuns: 1000 });
  });

  test("in any list at all", () => {
    const token = fc.constantFrom(
      "*",
      "-",
      ".",
      "a",
      "b",
      "\n",
      "\n",
      "\r\n",
      "\r",
      " ",
      "\0",
      "\xff",
    );
    const list = fc
      .array(fc.oneof({ weight: 9, arbitrary: token }, { weight: 1, arbitrary: name }), {
        maxLength: 60,
      })
      .map((all) => `${LIST_HEADER}\n${all.join("")}`);
    fc.assert(fc.property(list, wanted, expectLikeNaive), { numRuns: 3000 });
  });

  test("in a list of 700,000 lines", () => {
    const all = [LIST_HEADER];
    for (let object = 0; object < 700; object++) {
      all.push(object === 0 ? "*vmlinux" : `*module_${object}`);
      // Each third name stands in many objects, each seventh twice in its own.
      for (let symbol = 0; symbol < 999; symbol++) {
        const number = symbol % 7 === 0 ? symbol - 6 : symbol;
        all.push(number % 3 === 0 ? `common_name_${number}` : `name_${object}_${number}`);
      }
    }
    const text = `${all.join("\n")}\n`;
    expect(text.split("\n")).toHaveLength(700_002);
    expectLikeNaive(text, [
      "common_name_3",
      "common_name_990",
      "name_0_1",
      "name_699_998",
      "name_350_8",
      "name_350_",
      "name_700_1",
    ]);
  });
});

test("whatever bytes a list has, it is scanned or refused", () => {
  const start = fc.constantFrom("", LIST_HEADER, `${LIST_HEADER}\n`, `${LIST_HEADER}\n*vmlinux\n`);
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 200 }), (text, bytes) => {
      scan(Uint8Array.from([...listOf(text), ...bytes]), "f");
    }),
    { numRuns: 3000 },
  );
});
