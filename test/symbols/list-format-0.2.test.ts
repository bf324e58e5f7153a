// SPDX-License-Identifier: GPL-2.0-only

// What a list in format 0.2 may say, and what is wrong with one that says something else.

import { describe, expect, test } from "vitest";
import { Diagnostics, Refusal } from "../../src/diagnostics.js";
import { type ListedSymbol, type SymbolMap, scanSymbolsList } from "../../src/symbols/index.js";
import { bytesOf, linesOf, saidBy } from "./reading.js";

const HEADER = "klp-convert-symbol-data.0.2";
const file = "Symbols.list";

function scan(text: string, ...names: readonly string[]) {
  const diagnostics = new Diagnostics(file);
  let map: SymbolMap | undefined;
  try {
    map = scanSymbolsList({ file, bytes: bytesOf(text) }, names, diagnostics);
  } catch (error) {
    expect(error).toEqual(new Refusal(file));
  }
  expect(map === undefined).toBe(diagnostics.failed);
  return { map, said: saidBy(diagnostics.list()) };
}

function mapOf(text: string, ...names: readonly string[]): SymbolMap {
  const { map, said } = scan(text, ...names);
  expect(said).toEqual([]);
  return map!;
}

function faultsOf(text: string, ...names: readonly string[]) {
  const { map, said } = scan(text, ...names);
  expect(map).toBeUndefined();
  return said.map(({ severity, file: about, ...fault }) => {
    expect({ severity, about }).toEqual({ severity: "error", about: file });
    return fault;
  });
}

describe("the header says of all objects", () => {
  test.each([
    ["nothing", "", { order: "unknown", release: undefined, arch: undefined, names: "all" }],
    ["that only some names are there", " names=some", { order: "unknown", names: "some" }],
    ["that all names are there", " names=all order=symtab", { order: "symtab", names: "all" }],
    [
      "that release and machine are unknown",
      " release=- arch=-",
      { order: "unknown", release: undefined, arch: undefined, names: "all" },
    ],
    [
      "release, machine and order",
      " release=6.1.0-56-amd64 arch=x86_64 order=kallsyms",
      { order: "kallsyms", release: "6.1.0-56-amd64", arch: "x86_64" },
    ],
    [
      "the same in another order",
      " order=symtab arch=s390x release=7.3.4",
      { order: "symtab", release: "7.3.4", arch: "s390x" },
    ],
    [
      "only the machine, of any name",
      " arch=machine-243",
      { order: "unknown", release: undefined, arch: "machine-243" },
    ],
    [
      "values with = in them",
      " release=a=b",
      { order: "unknown", release: "a=b", arch: undefined },
    ],
    [
      "that the order is unknown",
      " order=unknown",
      { order: "unknown", release: undefined, arch: undefined },
    ],
  ])("%s", (_, words, facts) => {
    expect(mapOf(`${HEADER}${words}\n*vmlinux\n`).facts("vmlinux")).toMatchObject(facts);
  });
});

describe("an object's line says of that object", () => {
  const text = linesOf(
    `${HEADER} release=6.1.0 arch=x86_64 order=kallsyms`,
    "*vmlinux",
    "*ext4 order=symtab",
    "*btrfs release=6.2.0 order=unknown arch=arm64",
    "*xfs",
  );

  test("what is different, and the header the rest", () => {
    const map = mapOf(text);
    const all = ["vmlinux", "ext4", "btrfs", "xfs"].map((object) => map.facts(object));
    expect(all).toMatchObject([
      { order: "kallsyms", release: "6.1.0", arch: "x86_64" },
      { order: "symtab", release: "6.1.0", arch: "x86_64" },
      { order: "unknown", release: "6.2.0", arch: "arm64" },
      { order: "kallsyms", release: "6.1.0", arch: "x86_64" },
    ]);
    expect(map.facts("zfs")).toBeUndefined();
  });

  test("also that of it is not known what the header says", () => {
    const map = mapOf(
      linesOf(
        `${HEADER} release=6.1.0 arch=x86_64 order=symtab names=some`,
        "*a release=-",
        "*b arch=-",
        "*c arch=- release=- order=unknown names=all",
        "*d",
      ),
    );
    expect(["a", "b", "c", "d"].map((object) => map.facts(object))).toEqual([
      { order: "symtab", release: undefined, arch: "x86_64", names: "some" },
      { order: "symtab", release: "6.1.0", arch: undefined, names: "some" },
      { order: "unknown", release: undefined, arch: undefined, names: "all" },
      { order: "symtab", release: "6.1.0", arch: "x86_64", names: "some" },
    ]);
    // Of an object whose symbols are there in part nobody can say that it lacks one.
    expect(["a", "b", "c", "d"].map((object) => map.hasObject(object))).toEqual([
      false,
      false,
      true,
      false,
    ]);
  });

  test("whatever lines end with", () => {
    const map = mapOf(text.replaceAll("\n", "\r\n"));
    expect(map.facts("btrfs")).toMatchObject({ order: "unknown", release: "6.2.0", arch: "arm64" });
    expect(map.facts("xfs")).toMatchObject({ order: "kallsyms", release: "6.1.0", arch: "x86_64" });
  });
});

describe("a symbol's line says beside the name", () => {
  const plain = { address: undefined, type: undefined, kept: "always", file: undefined };

  test.each<[string, Partial<ListedSymbol>]>([
    ["f - -", {}],
    ["f 0 T", { address: "0", type: "T" }],
    ["f ffffffff82e04e18 B", { address: "ffffffff82e04e18", type: "B" }],
    ["f c0008000 t", { address: "c0008000", type: "t" }],
    ["f .text+0x4a30 t", { address: ".text+0x4a30", type: "t" }],
    ["f .text+0x1+0x2 t", { address: ".text+0x1+0x2", type: "t" }],
    ["f x+0x0 t", { address: "x+0x0", type: "t" }],
    ["f - ?", { type: "?" }],
    ["f .init.text+0x10 ti", { address: ".init.text+0x10", type: "t", kept: "init" }],
    ["f - ax", { type: "a", kept: "coming" }],
    ["f ffffffff83000000 tf", { address: "ffffffff83000000", type: "t", kept: "freed" }],
    ["f - ff main.c", { type: "f", kept: "freed", file: "main.c" }],
    ["f - f", { type: "f" }],
    ["f - -f", { kept: "freed" }],
    ["f - -i", { kept: "init" }],
    ["f - -x", { kept: "coming" }],
    ["f - ?x", { type: "?", kept: "coming" }],
    // nm has types that are called i and x.
    ["f - i", { type: "i" }],
    ["f - ii", { type: "i", kept: "init" }],
    ["f - x", { type: "x" }],
    ["f - t version.c", { type: "t", file: "version.c" }],
    ["f - t a file with spaces.c", { type: "t", file: "a file with spaces.c" }],
    ["f - ti gr\xf6\xdfe.c", { type: "t", kept: "init", file: "gr\xf6\xdfe.c" }],
    ["f - t -", { type: "t", file: "-" }],
  ])("%s", (line, said) => {
    const expected = { ...plain, line: 4, ...said };
    for (const end of ["\n", "\r\n"]) {
      const text = [HEADER, "*vmlinux", "g - T", line, "h - T", ""].join(end);
      expect(mapOf(text, "f").owners("f")).toEqual([
        { object: "vmlinux", source: file, symbols: [expected] },
      ]);
    }
  });

  test("of an export its namespace", () => {
    const map = mapOf(
      linesOf(HEADER, "*ext4", "__ksymtab_f - - SOME_NAMESPACE", "__ksymtab_g - -"),
      "f",
      "g",
      "__ksymtab_f",
    );
    expect(map.exporters("f")).toEqual(["ext4"]);
    expect(map.exporters("g")).toEqual(["ext4"]);
    const [owner] = map.owners("__ksymtab_f");
    expect(owner!.symbols).toMatchObject([{ file: "SOME_NAMESPACE" }]);
  });

  test("of each homonym its own, in their order", () => {
    const map = mapOf(
      linesOf(HEADER, "*m", "f .init.text+0x0 ti a.c", "g - T", "f .text+0x8 t b.c", "*n", "f - T"),
      "f",
    );
    const owners = map.owners("f").map(({ object, symbols }) => {
      return [object, symbols.map(({ line, kept, file }) => [line, kept, file])];
    });
    expect(owners).toEqual([
      [
        "m",
        [
          [3, "init", "a.c"],
          [5, "always", "b.c"],
        ],
      ],
      ["n", [[7, "always", undefined]]],
    ]);
  });
});

describe("a list is refused", () => {
  const note =
    "a symbols list begins with the line klp-convert-symbol-data.0.1; klp-convert symbols makes one";
  const tail = "; this tool reads 0.1 and 0.2";
  const each = "is none of release=, arch=, order=, names= and depends=, once each";

  test.each([
    ["an unknown key", `${HEADER} made=today`, `"made=today" ${each}`],
    ["a key in another case", `${HEADER} Release=6.1`, `"Release=6.1" ${each}`],
    ["a key without value", `${HEADER} release=`, `"release=" ${each}`],
    ["a key alone", `${HEADER} release`, `"release" ${each}`],
    ["a key twice", `${HEADER} arch=a order=symtab arch=b`, `"arch=b" ${each}`],
    ["a space too many", `${HEADER}  arch=a`, `"" ${each}`],
    ["a space at its end", `${HEADER} `, `"" ${each}`],
    [
      "an order that there is not",
      `${HEADER} order=sorted`,
      "order is sorted when it should be kallsyms, symtab, unknown",
    ],
    [
      "an amount of names that there is not",
      `${HEADER} names=few`,
      "names is few when it should be all or some",
    ],
    ["a value that is not ASCII", `${HEADER} release=\xe4`, `"release=\xe4" ${each}`],
    ["a control character in a value", `${HEADER} arch=a\x7f`, `"arch=a\x7f" ${each}`],
    [
      "more than 400 bytes",
      `${HEADER} release=${"6".repeat(365)}`,
      `the first line begins with "${HEADER} release=${"6".repeat(44)}" and is too long`,
    ],
    ["an inherited property", `${HEADER} constructor=x`, `"constructor=x" ${each}`],
    ["keys in format 0.1", "klp-convert-symbol-data.0.1 arch=a", "the list has version 0.1 arch=a"],
    [
      "another version with keys",
      "klp-convert-symbol-data.0.3 a=b",
      "the list has version 0.3 a=b",
    ],
    ["a tab", `${HEADER}\torder=symtab`, "the list has version 0.2\torder=symtab"],
  ])("for %s in its header", (_, header, message) => {
    expect(faultsOf(linesOf(header, "*vmlinux", "f - T"), "f")).toEqual([
      { code: "list-header", line: 1, message: `${message}${tail}`, notes: [note] },
    ]);
  });

  test.each([
    ["an unknown key", "*m size=3", `"size=3" ${each}`],
    ["a key twice", "*m order=symtab order=symtab", `"order=symtab" ${each}`],
    ["two spaces", "*m  order=symtab", `"" ${each}`],
    ["a space behind it", "*m ", `"" ${each}`],
    ["an order that there is not", "*m order=", `"order=" ${each}`],
    [
      "another order",
      "*m order=SYMTAB",
      "order is SYMTAB when it should be kallsyms, symtab, unknown",
    ],
    ["a tab", "*m\torder=symtab", "the line holds the control character 0x09"],
    ["a value that is not ASCII", "*m arch=\xe4", `"arch=\xe4" ${each}`],
    ["names that there are not", "*m names=-", "names is - when it should be all or some"],
    ["more than 4096 bytes", `*m release=${"6".repeat(4087)}`, "the line of m is too long"],
    [
      "more than 4096 bytes of another release",
      `*m release=${"6".repeat(4000)} arch=${"x".repeat(85)}`,
      "the line of m is too long",
    ],
  ])("for %s in an object's line", (_, line, message) => {
    expect(faultsOf(linesOf(HEADER, "*vmlinux", line, "f - T"), "f")).toEqual([
      { code: "list-line", line: 3, message },
    ]);
  });

  test("for an object that has facts and no name", () => {
    expect(faultsOf(linesOf(HEADER, "* order=symtab"))).toEqual([
      { code: "list-object", line: 2, message: "the object has no name" },
    ]);
  });

  test("for an object that stands in it twice, with other facts", () => {
    const text = linesOf(
      `${HEADER} release=6.1.0`,
      "*m-m order=symtab",
      "f - T",
      "*n",
      "*m_m names=some",
      "*n release=6.1.0 order=unknown",
    );
    const { map, said } = scan(text, "f");
    expect(map).toBeUndefined();
    expect(said.filter(({ severity }) => severity === "error")).toEqual([
      {
        severity: "error",
        code: "list-object-twice",
        file,
        line: 5,
        message:
          "object m_m stands in the list before, at line 2, and there it is order=symtab names=all",
        notes: ["these are two lists in one file; give them as two sources"],
      },
    ]);
    // What is of no harm is said all the same.
    const warnings = said.filter(({ severity }) => severity === "warning");
    expect(warnings.map(({ code, line }) => [code, line])).toEqual([
      ["list-object-twice", 6],
      ["list-object-spelling", 2],
    ]);
  });

  test.each([
    ["its first words", HEADER, `"${HEADER}" is not NAME ADDRESS TYPE [FILE]`],
    ["one key", `${HEADER} order=a`, `"${HEADER} order=a" is not NAME ADDRESS TYPE [FILE]`],
    [
      "several keys",
      `${HEADER} release=6.1 arch=x86_64 order=kallsyms`,
      '"release=6.1 arch=x86_64 order=kallsyms" is not ADDRESS TYPE [FILE]',
    ],
  ])("for another header in the middle, %s", (_, header, message) => {
    const text = linesOf(HEADER, "*vmlinux", "f - T", header, "*m", "g - T");
    expect(faultsOf(text, "other")).toEqual([{ code: "list-line", line: 4, message }]);
  });

  test.each([
    ["a name alone", "f", '"f" is not NAME ADDRESS TYPE [FILE]'],
    ["no type", "f -", '"f -" is not NAME ADDRESS TYPE [FILE]'],
    ["an empty type", "f - ", '"f - " is not NAME ADDRESS TYPE [FILE]'],
    ["two spaces before the address", "f  - T", '"f  - T" is not NAME ADDRESS TYPE [FILE]'],
    ["two spaces before the type", "f -  T", '"f -  T" is not NAME ADDRESS TYPE [FILE]'],
    ["a space at its start", " f - T", '" f - T" is not NAME ADDRESS TYPE [FILE]'],
    ["spaces alone", "  ", '"  " is not NAME ADDRESS TYPE [FILE]'],
    ["nothing", "", "the line is empty"],
    ["a tab", "f\t- T", "the line holds the control character 0x09"],
    ["a tab in the file's name", "f - T a\tb", "the line holds the control character 0x09"],
    ["a NUL byte", "f - T a\0b", "the line holds a NUL byte"],
    ["an escape", "f - T \x1b[2J", "the line holds the control character 0x1b"],
    ["a lone CR", "f -\rT T", "the line holds the control character 0x0d"],
    ["two CRs", "f - T\r\r", "the line holds the control character 0x0d"],
  ])("for a line with %s", (_, line, message) => {
    const fault = { code: "list-line", line: 4, message };
    expect(faultsOf(linesOf(HEADER, "*vmlinux", "g - T", line, "h - T"))).toEqual([fault]);
    const withReturns = [HEADER, "*vmlinux", "g - T", line, "h - T", ""].join("\r\n");
    expect(faultsOf(withReturns)).toEqual([fault]);
  });

  test.each([
    ["- T ", "FILE that is empty"],
    ["-- T", "address"],
    ["FFFF T", "address in capitals"],
    ["0x10 T", "address with 0x"],
    ["00000000000000000 T", "address of 17 digits"],
    [".text+0x T", "offset without digits"],
    [".text+0xG T", "offset of other digits"],
    ["+0x1 T", "offset without section"],
    ["- 1", "type"],
    ["- TT", "second letter"],
    ["- tix", "third letter"],
    ["- tI", "second letter in capitals"],
    ["- tF", "second letter in capitals"],
    ["- tif", "third letter"],
  ])("where a wanted symbol has %j, another %s", (fields) => {
    const text = linesOf(HEADER, "*vmlinux", "g - T", `f ${fields}`);
    expect(faultsOf(text, "f")).toEqual([
      { code: "list-line", line: 4, message: `"${fields}" is not ADDRESS TYPE [FILE]` },
    ]);
  });

  test.each([
    ["in the header", HEADER, 1],
    ["in a header with keys", `${HEADER} release=6.1`, 1],
    ["in an object", `${HEADER}\n*vmli`, 2],
    ["in a name", `${HEADER}\n*vmlinux\nf - T\ng`, 4],
    ["in a type", `${HEADER}\n*vmlinux\nf - T\ng - t`, 4],
    ["between CR and LF", `${HEADER}\r\n*vmlinux\r\nf - T\r`, 3],
  ])("when its last line is cut off %s", (_, text, line) => {
    expect(faultsOf(text)).toEqual([
      {
        code: "list-truncated",
        line,
        message: "the last line has no newline: the list is cut off",
        notes: ["make the list again; its maker or a copy of it was interrupted"],
      },
    ]);
  });

  test("with all its faults in one run", () => {
    const said = faultsOf(
      linesOf(HEADER, "early - T", "late", "*m x=y", "f", "* order=symtab", "g - T\0").slice(0, -1),
    );
    expect(said.map(({ code, line }) => [code, line])).toEqual([
      ["list-order", 2],
      ["list-line", 3],
      ["list-line", 4],
      ["list-line", 5],
      ["list-object", 6],
      ["list-truncated", 7],
    ]);
  });
});

describe("of what a list says too much of", () => {
  test("a message has no more than a line's beginning", () => {
    const long = "x".repeat(10_000);
    const texts = [
      linesOf(`${HEADER} ${long}`),
      linesOf(`${HEADER} order=${long}`),
      linesOf(HEADER, `*m ${long}`),
      linesOf(HEADER, "*m", long),
      linesOf(HEADER, "*m", `f ${long} T`),
      linesOf(HEADER, "*m", `f - T${long}`),
    ];
    for (const text of texts) {
      for (const { message } of faultsOf(text, "f")) expect(message.length).toBeLessThan(600);
    }
  });

  test("facts are whole up to 400 bytes of a line", () => {
    const release = "6".repeat(400 - `${HEADER} release=`.length);
    const arch = "x".repeat(400 - "*m arch=".length);
    const map = mapOf(linesOf(`${HEADER} release=${release}`, `*m arch=${arch}`));
    expect(map.facts("m")).toMatchObject({ release, arch });
  });

  test("a wanted symbol's line is shown in part", () => {
    const text = linesOf(HEADER, "*m", `f - T${"x".repeat(500)}`);
    expect(faultsOf(text, "f")).toEqual([
      {
        code: "list-line",
        line: 3,
        message: `"- T${"x".repeat(77)}" is not ADDRESS TYPE [FILE]`,
      },
    ]);
  });

  test("and an object's name too", () => {
    const fault = (line: number, shown: string) => ({
      code: "list-object",
      line,
      message: `"${shown}" is no object: a name has at most 55 characters and no dot`,
    });
    const text = linesOf(HEADER, `*${"m".repeat(300)}`, `*${"n".repeat(56)} order=symtab`);
    expect(faultsOf(text)).toEqual([fault(2, "m".repeat(80)), fault(3, "n".repeat(56))]);
  });

  test("control characters in the header are refused", () => {
    for (const bad of ["\0", "\x1b", "\t", "\x07"]) {
      expect(faultsOf(linesOf(`${HEADER} release=6.1${bad}x`, "*vmlinux"))).toMatchObject([
        { code: "list-header", line: 1 },
      ]);
    }
  });
});
