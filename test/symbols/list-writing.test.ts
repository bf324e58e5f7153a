// SPDX-License-Identifier: GPL-2.0-only

// Lists that are made from lists and other sources: the same sources give the same bytes.

import { describe, expect, test } from "vitest";
import { Diagnostics, Refusal } from "../../src/diagnostics.js";
import { SymbolSources } from "../../src/symbols/index.js";
import { STB, STT } from "../elf-builder.js";
import { moduleOf, TEXT, vmlinux } from "./elf-sources.js";
import { bytesOf, type Given, linesOf, listOf, saidBy, sourcesOf, textOf } from "./reading.js";

const LIST_01 = linesOf(
  "klp-convert-symbol-data.0.1",
  "*vmlinux",
  "f",
  "__ksymtab_f",
  "f",
  "*empty",
  "*ext4",
  "g",
);

const LIST_02 = linesOf(
  "klp-convert-symbol-data.0.2 release=6.1.0 arch=x86_64 order=kallsyms",
  "*vmlinux",
  "f ffffffff81000000 T",
  "f ffffffff81000010 t a file.c",
  "__ksymtab_f ffffffff82000000 r",
  "*btrfs order=symtab names=some",
  "g .text+0x0 t super.c",
  "i .init.text+0x10 ti super.c",
  "a - ax",
  "*empty",
  "*ext4 arch=- order=unknown",
  "h - -",
  "__ksymtab_h - - SOME_NAMESPACE",
  "a - -",
);

const nothing = (file: string) => ({
  severity: "error",
  code: "sources-empty",
  file,
  message: "there are no symbols in any source",
});

function rewritten(text: string, format: "0.1" | "0.2"): string {
  const { list, said } = listOf({ "Symbols.list": text }, { format });
  expect(said).toEqual([]);
  return list!;
}

describe("a list", () => {
  test("in format 0.2 stays the same, byte for byte", () => {
    expect(rewritten(LIST_02, "0.2")).toBe(LIST_02);
  });

  test("in format 0.1 stays the same, byte for byte", () => {
    expect(rewritten(LIST_01, "0.1")).toBe(LIST_01);
  });

  test("from 0.1 to 0.2 has nothing to say of the symbols, and comes back as it was", () => {
    const list = rewritten(LIST_01, "0.2");
    expect(list).toBe(
      linesOf(
        "klp-convert-symbol-data.0.2 order=unknown",
        "*vmlinux",
        "f - -",
        "__ksymtab_f - -",
        "f - -",
        "*empty",
        "*ext4",
        "g - -",
      ),
    );
    expect(rewritten(list, "0.1")).toBe(LIST_01);
  });

  test("from 0.2 to 0.1 loses what is beside the names, and what has left its module", () => {
    const { list, said } = listOf({ "Symbols.list": LIST_02 }, { format: "0.1" });
    expect(said).toEqual([]);
    expect(list).toBe(
      linesOf(
        "klp-convert-symbol-data.0.1",
        "*vmlinux",
        "f",
        "f",
        "__ksymtab_f",
        "*btrfs",
        "g",
        "*empty",
        "*ext4",
        "h",
        "__ksymtab_h",
        "a",
      ),
    );
  });

  test("is in format 0.1 if nothing else is said", () => {
    expect(listOf({ "Symbols.list": LIST_01 }).list).toBe(LIST_01);
  });

  test("with CR LF is written with LF", () => {
    expect(rewritten(LIST_02.replaceAll("\n", "\r\n"), "0.2")).toBe(LIST_02);
    expect(rewritten(LIST_01.replaceAll("\n", "\r\n"), "0.1")).toBe(LIST_01);
    expect(rewritten(LIST_01.replaceAll("\n", "\r\n"), "0.2")).toBe(rewritten(LIST_01, "0.2"));
  });

  test("has vmlinux first, and then the modules by name", () => {
    const list = linesOf("klp-convert-symbol-data.0.1", "*b", "*a_a", "*vmlinux", "*a", "*w");
    expect(rewritten(list, "0.1")).toBe(
      linesOf("klp-convert-symbol-data.0.1", "*vmlinux", "*a", "*a_a", "*b", "*w"),
    );
  });

  test.each([
    ["a list without objects", "klp-convert-symbol-data.0.1\n"],
    ["one in format 0.2", "klp-convert-symbol-data.0.2 order=unknown\n"],
    ["kallsyms of what is no object", "ffffffffc0300000 t bpf_prog_1\t[bpf]\n"],
  ])("is not made of nothing: %s", (_, text) => {
    for (const format of ["0.1", "0.2"] as const) {
      expect(listOf({ "Symbols.list": text }, { format })).toEqual({
        list: undefined,
        said: [nothing("Symbols.list")],
      });
    }
    expect(listOf({ "Symbols.list": text, more: LIST_01 }).list).toBe(LIST_01);
  });

  test("has an object once that stood in it twice, with a warning", () => {
    const text = linesOf("klp-convert-symbol-data.0.1", "*m-m", "f", "*vmlinux", "g", "*m_m", "f");
    const { list, said } = listOf({ "Symbols.list": text });
    expect(said.map(({ severity, code }) => [severity, code])).toEqual([
      ["warning", "list-object-twice"],
      ["warning", "list-object-spelling"],
    ]);
    const once = linesOf("klp-convert-symbol-data.0.1", "*vmlinux", "g", "*m_m", "f", "f");
    expect(list).toBe(once);
  });

  test("says how much is in it", () => {
    const written = sourcesOf({ "Symbols.list": LIST_02 }).list({ format: "0.2" });
    expect(written).toMatchObject({ objects: 4, symbols: 9 });
    expect(written!.pieces.map(textOf).join("")).toBe(LIST_02);
  });

  test("is not made without sources, nor is a map", () => {
    expect(listOf({})).toEqual({ list: undefined, said: [nothing("no source")] });
    const sources = sourcesOf({});
    expect(() => sources.map(["f"], new Diagnostics("symbols"))).toThrow(Refusal);
    expect(saidBy(sources.diagnostics)).toEqual([nothing("no source")]);
  });
});

describe("sources in whatever order give the same list", () => {
  const kallsyms = linesOf(
    "ffffffff81000000 T _stext",
    "ffffffff81000010 t f",
    "ffffffff81000020 t f",
    "ffffffff81000030 t a",
    "ffffffffc0000000 t g\t[demo]",
    "ffffffffc0100000 t x\t[other]",
  );
  const local = { bind: STB.LOCAL, section: ".text" };
  const elf = vmlinux(
    { name: "a.c", bind: STB.LOCAL, type: STT.FILE, section: "abs" },
    { name: "a", ...local, value: TEXT + 0x30n },
    { name: "f", ...local, value: TEXT + 0x20n },
    { name: "f", ...local, value: TEXT + 0x10n },
    { name: "_stext", section: ".text", value: TEXT },
  );
  const systemMap = linesOf(
    "0000000000000000 A nothing",
    "ffffffff81000000 T _stext",
    "ffffffff81000010 t f",
    "ffffffff81000020 t f",
    "ffffffff81000030 t a",
  );
  const symvers = linesOf(
    "0x00000001\tf\tvmlinux\tEXPORT_SYMBOL\t",
    "0x00000002\tg\tdrivers/demo\tEXPORT_SYMBOL_GPL\tNS",
    "0x00000002\tz\tdrivers/third\tEXPORT_SYMBOL_GPL\t",
  );
  const more = linesOf(
    "0x00000003\ta\tvmlinux\tEXPORT_SYMBOL\tNS",
    "0x00000003\tf\tvmlinux\tEXPORT_SYMBOL\tOTHER",
    "0x00000004\ty\tdrivers/third\tEXPORT_SYMBOL_GPL\t",
  );
  const module = moduleOf({ name: "g", section: ".text" }, { name: "init", section: ".init.text" });
  const list = linesOf(
    "klp-convert-symbol-data.0.1",
    "*vmlinux",
    "_stext",
    "f",
    "f",
    "a",
    "*last",
    "z",
  );

  test.each<[string, Given]>([
    ["of different objects", { module, list }],
    ["of which each says more than the next", { elf, kallsyms, list, module, symvers }],
    [
      "that say as much",
      { systemMap, kallsyms, hidden: kallsyms.replace(/^[0-9a-f]+/gm, "0000000000000000") },
    ],
    ["of exports only", { symvers, more }],
    ["of exports and others", { more, symvers, kallsyms, module }],
    ["all together", { elf, systemMap, kallsyms, symvers, more, module, list }],
  ])("%s", (_, given) => {
    const files = Object.keys(given);
    for (const format of ["0.1", "0.2"] as const) {
      const orders = files.flatMap((_, at) => {
        const turned = [...files.slice(at), ...files.slice(0, at)];
        return [turned, [...turned].reverse()];
      });
      const lists = orders.map((order) => {
        const { list, said } = listOf(Object.fromEntries(order.map((f) => [f, given[f]!])), {
          format,
        });
        expect(said.filter(({ severity }) => severity === "error")).toEqual([]);
        return list;
      });
      expect(new Set(lists).size).toBe(1);
      const again = listOf({ again: lists[0]! }, { format });
      expect(again.list).toBe(lists[0]);
    }
  });
});

test("sources that say as much give the same list whatever their names are", () => {
  const texts = [
    linesOf("ffffffff81000000 T f", "ffffffff81000010 T g", "ffffffff81000020 T a"),
    linesOf("ffffffff81000000 T f", "ffffffff81000010 T h", "ffffffff81000020 T a"),
    linesOf("ffffffff81000000 T f", "ffffffff81000010 T g", "ffffffff81000020 t a"),
    linesOf("ffffffff81000000 T f", "ffffffff81000010 T g"),
  ] as const;
  for (const one of texts) {
    for (const two of texts) {
      for (const format of ["0.1", "0.2"] as const) {
        const { list } = listOf({ one, two }, { format });
        expect(listOf({ one: two, two: one }, { format }).list).toBe(list);
        expect(list).toBeDefined();
      }
    }
  }
});

describe("what was made", () => {
  test("does not change when it is made again", () => {
    const sources = sourcesOf({ "Symbols.list": LIST_02 });
    const one = sources.list({ format: "0.2" })!.pieces.map(textOf).join("");
    expect(sources.list({ format: "0.2" })!.pieces.map(textOf).join("")).toBe(one);
    expect(sources.list({ format: "0.1" })!.pieces.map(textOf).join("")).toContain("0.1");
    expect(sources.list({ format: "0.2" })!.pieces.map(textOf).join("")).toBe(one);
  });

  test("has what was added since", () => {
    const sources = sourcesOf({ "Symbols.list": LIST_01 });
    sources.list();
    sources.add({
      file: "more",
      bytes: bytesOf(linesOf("klp-convert-symbol-data.0.1", "*more", "m")),
    });
    expect(sources.list()!.pieces.map(textOf).join("")).toBe(`${LIST_01}*more\nm\n`);
  });
});

describe("a release", () => {
  test("that is stated is that of sources which do not say theirs", () => {
    const given = { kallsyms: linesOf("ffffffff81000000 T f") };
    expect(listOf(given, { format: "0.2", release: "6.1.0" }).list).toBe(
      linesOf(
        "klp-convert-symbol-data.0.2 release=6.1.0 order=kallsyms",
        "*vmlinux",
        "f ffffffff81000000 T",
      ),
    );
  });

  test("that is stated is that of a list which does not say it", () => {
    expect(listOf({ list: LIST_01 }, { format: "0.2", release: "6.1.0" }).list).toMatch(
      /^klp-convert-symbol-data\.0\.2 release=6\.1\.0 /,
    );
  });

  test("that is stated gives way to what a source says", () => {
    const { list } = listOf({ list: LIST_02 }, { format: "0.2", release: "5.5.5" });
    expect(list).toBe(LIST_02);
  });

  test.each([
    "6.1 x",
    "",
    "6.1\n*evil",
    "a\tb",
    "6.1\x7f",
    "gr\xf6\xdfe",
    "-",
    "6".repeat(65),
  ])("that is no word is an error of whoever states it: %j", (release) => {
    expect(() => new SymbolSources({ release })).toThrow(
      new RangeError(`"${release}" is no kernel's release`),
    );
  });

  test("may have 64 characters", () => {
    const release = `6.1-${"~".repeat(60)}`;
    expect(listOf({ list: LIST_01 }, { format: "0.2", release }).list).toContain(
      ` release=${release} `,
    );
  });
});
