// SPDX-License-Identifier: GPL-2.0-only

// System.map and nm -n: vmlinux with more than kallsyms has of it, in whatever order.

import { describe, expect, test } from "vitest";
import { linesOf, linesOf02, listOf, refusalOf } from "./reading.js";

/** Makes a text be nm's, and nothing else of it: kallsyms has no such line. */
const SIGN = "0000000000000001 a not_kallsyms";

const names = (lines: readonly string[]) => lines.slice(1).map((line) => line.split(" ")[0]);

describe("nm's output", () => {
  const map = linesOf(
    SIGN,
    "ffffffff81000000 T _stext",
    "ffffffff81000010 t f",
    "ffffffff81000020 t f",
    "ffffffff82000000 D a",
  );

  test("is vmlinux in the order of addresses", () => {
    const expected = [
      "*vmlinux",
      "_stext ffffffff81000000 T",
      "f ffffffff81000010 t",
      "f ffffffff81000020 t",
      "a ffffffff82000000 D",
    ];
    expect(linesOf02({ map })).toEqual(expected);
    const sortedByName = map
      .split("\n")
      .slice(0, -1)
      .sort((a, b) => (a.slice(19) < b.slice(19) ? -1 : 1));
    expect(linesOf02({ sorted: linesOf(...sortedByName) })).toEqual(expected);
    expect(linesOf02({ reversed: linesOf(...map.split("\n").slice(0, -1).reverse()) })).toEqual(
      expected,
    );
  });

  test("is put in order by the whole address", () => {
    const text = linesOf(
      SIGN,
      "ffffffff00000001 T d",
      "fffffffe00000002 T c",
      "7fffffff00000003 T b",
      "00000000ffffffff T a",
    );
    expect(names(linesOf02({ text }))).toEqual(["a", "b", "c", "d"]);
  });

  test("may begin with what is undefined, if the linker was to define nothing of it", () => {
    const text = linesOf(
      "                 U foreign",
      "                 w weak",
      "ffffffff81000000 T f",
    );
    expect(names(linesOf02({ text }))).toEqual(["f"]);
    const small = linesOf("         U foreign", "c0008000 T f");
    expect(linesOf02({ small })).toEqual(["*vmlinux", "f c0008000 T"]);
  });

  test("may have one symbol, at 0: there is nothing to be ordered", () => {
    const text = linesOf("                 U foreign", "0000000000000000 T f");
    expect(linesOf02({ text })).toEqual(["*vmlinux", "f 0000000000000000 T"]);
  });

  test("may be of a kernel whose addresses are low", () => {
    const text = linesOf("0000000000100000 T b", "0000000000000000 T a", SIGN);
    expect(linesOf02({ text }).slice(1)).toEqual(["a 0000000000000000 T", "b 0000000000100000 T"]);
  });
});

describe("of nm's types kallsyms leaves out", () => {
  test.each(["a", "N", "U", "w", "u", "n", "A"])("%s", (type) => {
    const text = linesOf(SIGN, `ffffffff81000000 ${type} f`, "ffffffff81000010 T g");
    expect(linesOf02({ text })).toEqual(["*vmlinux", "g ffffffff81000010 T"]);
  });

  test.each([..."TtDdBbRrVvWCcGgSsiIp?-"])("not %s", (type) => {
    const text = linesOf(SIGN, `ffffffff81000000 ${type} f`);
    expect(linesOf02({ text })).toEqual(["*vmlinux", `f ffffffff81000000 ${type}`]);
  });

  test.each([
    "__kernel_syscall_via_break",
    "__kernel_syscall_via_epc",
    "__kernel_sigtramp",
    "__gp",
  ])("not A or a of %s", (name) => {
    const text = linesOf(SIGN, `00000000a0000000 A ${name}`, `00000000a0000000 a ${name}`);
    expect(linesOf02({ text }).slice(1).sort()).toEqual([
      `${name} 00000000a0000000 A`,
      `${name} 00000000a0000000 a`,
    ]);
    const other = linesOf(SIGN, `00000000a0000000 N ${name}`, "00000000a0000000 T f");
    expect(names(linesOf02({ other }))).toEqual(["f"]);
  });
});

test("percpu variables that are not absolute stay, what else is absolute goes", () => {
  const text = linesOf(
    "0000000000000000 D __per_cpu_start",
    "0000000000000000 D fixed_percpu_data",
    "0000000000000000 A VDSO32_PRELINK",
    "ffffffff81000000 T _text",
  );
  expect(names(linesOf02({ text }))).toEqual(["fixed_percpu_data", "__per_cpu_start", "_text"]);
});

describe("nm's output is refused", () => {
  test.each([
    "_text",
    "_stext",
    "_end",
    "__init_begin",
    "__bss_start",
  ])("when %s is undefined, so that it is of vmlinux.o", (name) => {
    const text = linesOf(
      `                 U ${name}`,
      "0000000000000000 T f",
      "0000000000000010 T g",
    );
    expect(refusalOf(text)).toEqual([
      {
        code: "source-relocatable",
        message: `these are symbols of an object that is not linked yet: ${name} is undefined`,
        notes: ["give the linked vmlinux: the last link puts symbols in another order"],
      },
    ]);
  });

  const moduleFault = {
    code: "source-relocatable",
    message: "these are symbols of a module: __this_module is among them",
    notes: [
      "give the module itself, the .ko file: its positions count in the order of its symbol table",
    ],
  };

  test("when it is of a module", () => {
    const text = linesOf(
      "                 U _printk",
      "0000000000000000 D __this_module",
      "0000000000000000 t f",
    );
    expect(refusalOf(text)).toEqual([moduleFault]);
  });

  test("when it is of a module, of which it shows nothing that kallsyms would not", () => {
    const text = linesOf("0000000000000000 D __this_module", "0000000000000010 t f");
    expect(refusalOf(text)).toEqual([moduleFault]);
  });

  test("when all addresses are 0", () => {
    expect(refusalOf(linesOf("0000000000000000 a b", "0000000000000000 T a"))).toEqual([
      {
        code: "source-order",
        message: "all addresses are 0, so there is no order to be had",
        notes: ["make it again with nm -n vmlinux"],
      },
    ]);
  });
});

describe("what a distribution ships in place of System.map", () => {
  test("is refused, and the package named", () => {
    const stub =
      "ffffffffffffffff B The real System.map is in the linux-image-6.1.0-56-amd64-dbg package\n";
    expect(refusalOf(stub)).toEqual([
      {
        code: "source-stub",
        message: "this System.map is a stub without symbols",
        notes: [
          "the real one is in the package it names, linux-image-…-dbg; or take the running kernel's: cat /proc/kallsyms > kallsyms",
        ],
      },
    ]);
  });
});

describe("symbols of one address stand as kallsyms has them", () => {
  const at = (...symbols: readonly string[]) =>
    names(
      linesOf02({ text: linesOf(SIGN, ...symbols.map((symbol) => `ffffffff81000000 ${symbol}`)) }),
    );

  test("weak ones last", () => {
    expect(at("W a", "T b", "w c", "V d", "t e")).toEqual(["b", "d", "e", "a"]);
  });

  test.each([
    "__start_text",
    "__stop_text",
    "__end_text",
    "__text_start",
    "__text_end",
    "___text_end",
    "__start_",
    "__end_xx",
    "__x_endx_end",
  ])("what a linker script may have provided behind the others: %s", (name) => {
    expect(at(`T ${name}`, "T ____f", "W w")).toEqual(["____f", name, "w"]);
  });

  test.each([
    "_start_text",
    "_text_end",
    "__start",
    "__end_x",
    "__startx_y",
    "x__text_end",
    "__text_ends",
  ])("but not %s", (name) => {
    expect(at("T ____f", `T ${name}`)).toEqual([name, "____f"]);
    expect(at("T __start_text", `T ${name}`)).toEqual([name, "__start_text"]);
  });

  test("by their leading underscores", () => {
    expect(at("T ___c", "T __d", "T _e", "T f", "T _____")).toEqual([
      "f",
      "_e",
      "__d",
      "___c",
      "_____",
    ]);
    expect(at("W _a", "W b", "T __start_b", "T ___x_end", "T _c")).toEqual([
      "_c",
      "__start_b",
      "___x_end",
      "b",
      "_a",
    ]);
  });

  test("as nm has them if nothing else tells them apart", () => {
    expect(at("T b", "T a", "T B", "T b")).toEqual(["b", "a", "B", "b"]);
  });

  test("by name if nm's order is lost", () => {
    const text = linesOf(
      "ffffffff81000010 T z",
      "ffffffff81000000 T ba",
      "ffffffff81000000 T b",
      "ffffffff81000000 T a",
      "ffffffff81000000 T B",
      SIGN,
    );
    expect(names(linesOf02({ text }))).toEqual(["B", "a", "b", "ba", "z"]);
  });
});

describe("a text without a sign of nm, in order", () => {
  test("is kallsyms or as good: nothing is sorted", () => {
    const text = linesOf("ffffffff81000000 T ___b", "ffffffff81000000 W a", "ffffffff81000000 T a");
    expect(listOf({ text }).list).toBe(
      linesOf("klp-convert-symbol-data.0.1", "*vmlinux", "___b", "a", "a"),
    );
  });
});
