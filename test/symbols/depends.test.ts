// SPDX-License-Identifier: GPL-2.0-only

// Which modules a module needs: from its .modinfo into lists, and from lists and several sources back.

import { describe, expect, test } from "vitest";
import { Diagnostics, Refusal } from "../../src/diagnostics.js";
import { type SymbolMap, scanSymbolsList } from "../../src/symbols/index.js";
import { pairs } from "../elf/record-fields.js";
import { buildModule, vmlinux } from "./elf-sources.js";
import { bytesOf, type Given, linesOf, linesOf02, listOf, saidBy, sourcesOf } from "./reading.js";

const HEADER = "klp-convert-symbol-data.0.2";
const symbols = [{ name: "f", section: ".text" }];
const ko = (depends: string | undefined, name = "demo") =>
  buildModule({
    modinfo: `name=${name}\0${depends === undefined ? "" : `depends=${depends}\0`}`,
    symbols,
  }).bytes;

/** The line of the one object, and what follows from it for somebody who asks. */
function objectLine(given: Given): string | undefined {
  return linesOf02(given)[0];
}

const mapOf = (given: Given) => sourcesOf(given).map(["f"], new Diagnostics("symbols"));

function scan(text: string): SymbolMap | undefined {
  const diagnostics = new Diagnostics("list");
  try {
    return scanSymbolsList({ file: "list", bytes: bytesOf(text) }, ["f"], diagnostics);
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal);
    expect(diagnostics.failed).toBe(true);
    return undefined;
  }
}

function faultsOf(text: string) {
  const diagnostics = new Diagnostics("list");
  const source = { file: "list", bytes: bytesOf(text) };
  expect(() => scanSymbolsList(source, ["f"], diagnostics)).toThrow(Refusal);
  return saidBy(diagnostics.list()).map(({ code, line, message }) => ({ code, line, message }));
}

describe("what a module says it depends on", () => {
  test.each(pairs)("is in its line of a list, and is read back: $class, $order", (pair) => {
    const { bytes } = buildModule({
      ...pair,
      modinfo: "name=demo\0depends=mbcache,jbd2\0",
      symbols,
    });
    const { list } = listOf({ bytes }, { format: "0.2" });
    expect(list!.split("\n")[1]).toBe("*demo depends=mbcache,jbd2");
    expect(scan(list!)!.facts("demo")!.depends).toBe("mbcache,jbd2");
    expect(mapOf({ list: list! }).facts("demo")!.depends).toBe("mbcache,jbd2");
    expect(mapOf({ bytes }).facts("demo")!.depends).toBe("mbcache,jbd2");
    expect(listOf({ list: list! }, { format: "0.2" }).list).toBe(list);
  });

  test.each([
    ["nothing, which is something else than not to say it", "", "*demo depends=", ""],
    ["nothing where it does not say it", undefined, "*demo", undefined],
    [
      "names as the kernel spells them",
      "snd-hda-core,a_b",
      "*demo depends=snd_hda_core,a_b",
      "snd_hda_core,a_b",
    ],
    ["whatever is one word", "a,,=b", "*demo depends=a,,=b", "a,,=b"],
    [
      "up to 3000 characters",
      "m".repeat(3000),
      `*demo depends=${"m".repeat(3000)}`,
      "m".repeat(3000),
    ],
    ["no more than that", "m".repeat(3001), "*demo", undefined],
    ["nothing with a space", "a b", "*demo", undefined],
    ["nothing with a newline", "a\n*vmlinux", "*demo", undefined],
    ["nothing with a control character", "a\x1b", "*demo", undefined],
    ["nothing that is not ASCII", "gr\xf6\xdfe", "*demo", undefined],
  ])("is %s", (_, depends, line, known) => {
    const bytes = ko(depends);
    expect(objectLine({ bytes })).toBe(line);
    expect(mapOf({ bytes }).facts("demo")!.depends).toBe(known);
    const { list } = listOf({ bytes }, { format: "0.2" });
    expect(scan(list!)!.facts("demo")!.depends).toBe(known);
  });

  test("is what stands first, as the kernel reads .modinfo", () => {
    const modinfo = "name=demo\0xdepends=x\0depends=a\0depends=b\0";
    expect(objectLine({ bytes: buildModule({ modinfo, symbols }).bytes })).toBe("*demo depends=a");
  });

  test("is nothing in format 0.1", () => {
    expect(listOf({ bytes: ko("jbd2") }).list).toBe("klp-convert-symbol-data.0.1\n*demo\nf\n");
    expect(scan("klp-convert-symbol-data.0.1\n*demo\nf\n")!.facts("demo")!.depends).toBeUndefined();
  });

  test("is of each module its own, in a list of several", () => {
    const given = { a: ko("b,c", "a"), b: ko("", "b"), c: ko(undefined, "c"), vmlinux: vmlinux() };
    const list = listOf(given, { format: "0.2" }).list!;
    expect(list.split("\n").filter((line) => /^[*k]/.test(line))).toEqual([
      expect.stringMatching(/^klp-convert-symbol-data\.0\.2(?!.*depends)/),
      "*vmlinux",
      "*a order=symtab depends=b,c",
      "*b order=symtab depends=",
      "*c order=symtab",
    ]);
    const map = scan(list)!;
    expect(["vmlinux", "a", "b", "c"].map((object) => map.facts(object)!.depends)).toEqual([
      undefined,
      "b,c",
      "",
      undefined,
    ]);
  });

  test("stays with a part of its names, and where only some objects are asked for", () => {
    const { list } = listOf(
      { a: ko("b", "a"), b: ko("", "b") },
      { format: "0.2", keep: ["f"], objects: ["a"] },
    );
    expect(list!.split("\n")[1]).toBe("*a depends=b");
    expect(mapOf({ list: list! }).facts("a")).toMatchObject({ depends: "b", names: "some" });
  });
});

describe("of several sources", () => {
  const kallsyms = linesOf("ffffffff81000000 T g", "ffffffffc0000000 T f\t[demo]");
  const list = (line: string) => linesOf(HEADER, line, "f - T");
  const symvers = "0x00000001\tf\tdrivers/demo\tEXPORT_SYMBOL\t\n";

  test.each<[string, Given, string | undefined]>([
    ["the module says it, and kallsyms does not", { ko: ko("jbd2"), kallsyms }, "jbd2"],
    [
      "a list says it that knows less of the symbols",
      { list: list("*demo depends=jbd2"), kallsyms },
      "jbd2",
    ],
    ["a list that says nothing leaves it to the module", { list: list("*demo"), ko: ko("") }, ""],
    ["the best that says it is taken", { list: list("*demo depends=a"), ko: ko("jbd2") }, "jbd2"],
    [
      "the module says nothing, and a list does",
      { list: list("*demo depends=a"), ko: ko(undefined), kallsyms },
      "a",
    ],
    ["nobody says it", { list: list("*demo"), kallsyms }, undefined],
    ["Module.symvers has nothing to do with it", { ko: ko("jbd2"), symvers }, "jbd2"],
    ["nor does it say it alone", { symvers }, undefined],
  ])("%s", (_, given, depends) => {
    for (const order of [Object.entries(given), Object.entries(given).reverse()]) {
      const sources = Object.fromEntries(order);
      expect(mapOf(sources).facts("demo")!.depends).toBe(depends);
      const line = listOf(sources, { format: "0.2" })
        .list!.split("\n")
        .find((each) => each.startsWith("*demo"));
      expect(/ depends=(\S*)/.exec(line!)?.[1]).toBe(depends);
    }
  });
});

describe("a list", () => {
  const each = "is none of release=, arch=, order=, names= and depends=, once each";

  test("cannot say it of all objects", () => {
    for (const value of ["jbd2", ""]) {
      expect(
        faultsOf(linesOf(`${HEADER} order=symtab depends=${value}`, "*demo", "f - T")),
      ).toEqual([
        {
          code: "list-header",
          line: 1,
          message:
            "depends= is of one module, and stands in the line of all; this tool reads 0.1 and 0.2",
        },
      ]);
    }
  });

  test.each([
    ["twice", "depends=a depends=a", "depends=a"],
    ["twice, once empty", "depends= depends=b", "depends=b"],
    ["without =", "depends", "depends"],
    ["with a space in it", "depends=a, b", "b"],
    ["with a byte that is not ASCII", "depends=\xe4", "depends=\xe4"],
    ["in capitals", "Depends=a", "Depends=a"],
  ])("cannot say it %s", (_, words, fault) => {
    expect(faultsOf(linesOf(HEADER, `*demo ${words}`, "f - T"))).toEqual([
      { code: "list-line", line: 2, message: `"${fault}" ${each}` },
    ]);
  });

  test.each([
    ["release=6.1 depends=a order=symtab", "a"],
    ["depends= order=symtab", ""],
    ["order=symtab", undefined],
    ["depends=a=b", "a=b"],
    [`depends=${"m".repeat(4000)}`, "m".repeat(4000)],
  ])("can say it anywhere in the object's line: %s", (words, depends) => {
    expect(scan(linesOf(HEADER, `*demo ${words}`, "f - T"))!.facts("demo")!.depends).toBe(depends);
  });

  test("says it of one object, not of those behind it", () => {
    const map = scan(linesOf(HEADER, "*a depends=b", "f - T", "*b", "f - T"))!;
    expect(map.facts("b")!.depends).toBeUndefined();
  });

  test("that has an object twice has to say it twice, or not at all", () => {
    const twice = (one: string, two: string) =>
      linesOf(HEADER, `*demo${one}`, "f - T", `*demo${two}`, "g - T");
    expect(scan(twice(" depends=a", " depends=a"))!.facts("demo")!.depends).toBe("a");
    expect(faultsOf(twice(" depends=a", " depends=b"))).toEqual([
      {
        code: "list-object-twice",
        line: 4,
        message: "object demo stands in the list before, at line 2, and there it is depends=a",
      },
    ]);
    expect(faultsOf(twice(" depends=a", ""))).toMatchObject([{ code: "list-object-twice" }]);
    expect(faultsOf(twice("", " depends="))).toMatchObject([{ code: "list-object-twice" }]);
  });
});
