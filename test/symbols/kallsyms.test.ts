// SPDX-License-Identifier: GPL-2.0-only

// /proc/kallsyms is in the kernel's order as it is, for vmlinux and for live modules.

import { describe, expect, test } from "vitest";
import { linesOf, linesOf02, listOf, refusalOf } from "./reading.js";

const zeros = (text: string) => text.replace(/^[0-9a-f]{16}/gm, "0000000000000000");
const RETAKE = "take it as it is: cat /proc/kallsyms > kallsyms";

describe("kallsyms", () => {
  const text = linesOf(
    "0000000000000000 A fixed_percpu_data",
    "0000000000000000 A __per_cpu_start",
    "0000000000001000 A cpu_debug_store",
    "ffffffff81000000 T _stext",
    "ffffffff81000000 T _text",
    "ffffffff81000010 t f",
    "ffffffff81000020 W a",
    "ffffffff81000030 t f",
    "ffffffffc0200000 t g\t[klp-demo]",
    "ffffffffc0200010 t f\t[klp-demo]",
    "ffffffffc0100000 d b\t[ext4]",
    "ffffffffc0200008 t g\t[klp-demo]",
    "ffffffffc0300000 t bpf_prog_1\t[bpf]",
    "ffffffffc0300010 t ftrace_trampoline\t[__builtin__ftrace]",
    "ffffffffc0300020 t kprobe_insn_page\t[__builtin__kprobes]",
  );

  test("has vmlinux and the modules, each in the order of its lines", () => {
    expect(linesOf02({ text })).toEqual([
      "*vmlinux",
      "fixed_percpu_data 0000000000000000 A",
      "__per_cpu_start 0000000000000000 A",
      "cpu_debug_store 0000000000001000 A",
      "_stext ffffffff81000000 T",
      "_text ffffffff81000000 T",
      "f ffffffff81000010 t",
      "a ffffffff81000020 W",
      "f ffffffff81000030 t",
      "*ext4",
      "b ffffffffc0100000 d",
      "*klp_demo",
      "g ffffffffc0200000 t",
      "f ffffffffc0200010 t",
      "g ffffffffc0200008 t",
    ]);
  });

  test("keeps its order where all addresses are hidden", () => {
    const open = linesOf02({ text });
    const hidden = linesOf02({ text: zeros(text) });
    expect(hidden).toEqual(open.map((line) => line.replace(/ [0-9a-f]{16} /, " - ")));
    expect(listOf({ text: zeros(text) }).list).toBe(listOf({ text }).list);
  });

  test("says that this is the kernel's order, and the release if that was stated", () => {
    const header = (release?: string) =>
      listOf({ text }, { format: "0.2", ...(release && { release }) }).list!.split("\n")[0];
    expect(header()).toBe("klp-convert-symbol-data.0.2 order=kallsyms");
    expect(header("6.1.0")).toBe("klp-convert-symbol-data.0.2 release=6.1.0 order=kallsyms");
  });

  test("may be of a kernel without modules, percpu variables being absolute", () => {
    const vmlinux = text.replace(/^.*\].*\n/gm, "");
    expect(linesOf02({ text: vmlinux })).toEqual(linesOf02({ text }).slice(0, 9));
    expect(linesOf02({ text: zeros(vmlinux) })).toHaveLength(9);
  });

  test("may have absolute symbols of any name where all addresses are hidden", () => {
    const hidden = linesOf("0000000000000000 A z", "0000000000000000 T b", "0000000000000000 T a");
    expect(linesOf02({ hidden })).toEqual(["*vmlinux", "z - A", "b - T", "a - T"]);
  });

  test("may end its lines with CR LF", () => {
    expect(listOf({ text: text.replaceAll("\n", "\r\n") })).toEqual(listOf({ text }));
  });

  test("may be of a 32-bit machine", () => {
    expect(
      linesOf02({ text: linesOf("c0008000 T _text", "c0008004 t f", "bf000000 t g\t[m]") }),
    ).toEqual(["*vmlinux", "_text c0008000 T", "f c0008004 t", "*m", "g bf000000 t"]);
  });

  test("may have only modules", () => {
    expect(linesOf02({ text: "ffffffffc0200000 t g\t[m]\n" })).toEqual([
      "*m",
      "g ffffffffc0200000 t",
    ]);
  });

  test("may separate a module's name by spaces", () => {
    expect(linesOf02({ text: "ffffffffc0200000 t g  [m-m]\n" })[0]).toBe("*m_m");
  });

  test("keeps what only nm's output is rid of, if it names modules", () => {
    const odd = linesOf(
      "ffffffff81000000 a absolute",
      "ffffffff81000010 t $x",
      "ffffffffc0200000 a m.c\t[m]",
      "ffffffffc0200000 t $x\t[m]",
    );
    expect(linesOf02({ odd })).toHaveLength(6);
  });

  test("has names of every byte above a space, less what would begin an object", () => {
    const odd = linesOf(
      "ffffffff81000000 T f\xff\x7f",
      "ffffffff81000008 T *f",
      "ffffffff81000010 T _RNvCs\u00e9",
      "ffffffff81000018 T a",
    );
    expect(linesOf02({ odd }).slice(1)).toEqual([
      "f\xff\x7f ffffffff81000000 T",
      "_RNvCs\u00e9 ffffffff81000010 T",
      "a ffffffff81000018 T",
    ]);
  });

  test("may have a module's structure where it says which", () => {
    const text = linesOf("ffffffff81000000 T f", "ffffffffc0200000 d __this_module\t[m]");
    expect(linesOf02({ text }).slice(2)).toEqual(["*m", "__this_module ffffffffc0200000 d"]);
  });

  test("has nothing of what is undefined in a livepatch module", () => {
    const text = linesOf(
      "ffffffff81000000 T f",
      "ffffffffc0200000 t g\t[klp]",
      "0000000000000000 U f\t[klp]",
      "0000000000000000 U .klp.sym.m.g,1\t[klp]",
      "ffffffffc0200008 t u\t[klp]",
    );
    expect(linesOf02({ text })).toEqual([
      "*vmlinux",
      "f ffffffff81000000 T",
      "*klp",
      "g ffffffffc0200000 t",
      "u ffffffffc0200008 t",
    ]);
  });

  test("is compared whole: addresses may differ in their highest bits only", () => {
    const far = linesOf(
      "7fffffff81000000 T f",
      "ffffffff00000000 T a",
      "ffffffffc0200000 t g\t[m]",
    );
    expect(linesOf02({ far })).toHaveLength(5);
  });
});

describe("kallsyms is refused", () => {
  test("when the addresses of vmlinux do not ascend and there are modules", () => {
    const text = linesOf(
      "ffffffff81000010 t f",
      "ffffffff81000000 T _text",
      "ffffffffc0200000 t g\t[m]",
    );
    expect(refusalOf(text)).toEqual([
      {
        code: "source-order",
        message: "the addresses of vmlinux do not ascend",
        notes: [
          "the lines are in another order than the kernel's, and of modules it cannot be had back",
          RETAKE,
        ],
      },
    ]);
  });

  const sorted = (message: string) => [{ code: "source-order", message, notes: [RETAKE] }];
  const alphabetical = sorted("the lines are in alphabetical order: the kernel's order is lost");
  const byAddress = sorted(
    "the symbols of modules are in the order of their addresses: the kernel's order is lost",
  );
  const ORDER = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  /** Hidden rows, of types and names in no order. */
  const rows = (count: number) =>
    Array.from({ length: count }, (_, at) => {
      const type = "tTdDbB"[(at * 5) % 6];
      return `0000000000000000 ${type} ${"zAy_Bx"[(at * 7) % 6]}${(at * 37) % 101}`;
    });
  const byName = (all: readonly string[]) =>
    [...all].sort((a, b) => ORDER(a.slice(19), b.slice(19)));

  test("when it is hidden, and its lines are sorted, from 25 of them on", () => {
    // sort(1) compares the types before the names.
    for (const sort of [byName, (all: readonly string[]) => [...all].sort(ORDER)]) {
      expect(refusalOf(linesOf(...sort(rows(40))))).toEqual(alphabetical);
      expect(refusalOf(linesOf(...sort(rows(25))))).toEqual(alphabetical);
      expect(linesOf02({ text: linesOf(...sort(rows(24))) })).toHaveLength(25);
      const inModules = sort(rows(40)).map((row, at) => (at < 8 ? row : `${row}\t[m${at % 3}]`));
      expect(refusalOf(linesOf(...inModules))).toEqual(alphabetical);
    }
  });

  test("but not when it is hidden and one line stands elsewhere", () => {
    expect(linesOf02({ text: linesOf(...rows(40)) })).toHaveLength(41);
    const [first, ...others] = byName(rows(40));
    expect(linesOf02({ text: linesOf(...others, first!) })).toHaveLength(41);
  });

  test("when its modules are sorted by address, from 25 of their lines on", () => {
    const vmlinux = Array.from({ length: 40 }, (_, at) => `ffffffff810000${at + 10} T v${99 - at}`);
    const row = (at: number) => `ffffffffc02000${at + 10} t n${(at * 37) % 101}\t[m${at % 3}]`;
    const modules = (count: number) => Array.from({ length: count }, (_, at) => row(at));
    expect(refusalOf(linesOf(...vmlinux, ...modules(40)))).toEqual(byAddress);
    expect(refusalOf(linesOf(...vmlinux, ...modules(25)))).toEqual(byAddress);
    expect(linesOf02({ text: linesOf(...vmlinux, ...modules(24)) })).toHaveLength(1 + 40 + 3 + 24);
    const [first, ...others] = modules(40);
    const text = linesOf(...vmlinux, ...others, first!);
    expect(linesOf02({ text })).toHaveLength(1 + 40 + 3 + 40);
  });

  test("but vmlinux may have any names in the order of their addresses", () => {
    const rows = Array.from({ length: 60 }, (_, at) => `ffffffff810000${at + 10} T v${at + 10}`);
    expect(linesOf02({ text: linesOf(...rows) })).toHaveLength(61);
  });

  test.each([
    ["as a symbol of vmlinux", "ffffffff81000020 D __this_module"],
    ["undefined", "                 U __this_module"],
  ])("when a module's own structure is among the symbols, %s", (_, line) => {
    const text = linesOf("ffffffff81000000 T f", "ffffffff81000010 t g", line);
    const isOfModule = {
      code: "source-relocatable",
      message: "these are symbols of a module: __this_module is among them",
      notes: [
        "give the module itself, the .ko file: its positions count in the order of its symbol table",
      ],
    };
    expect(refusalOf(text)).toEqual([isOfModule]);
  });

  test.each([
    ["no name", "ffffffff81000000 T"],
    ["no name, and a space", "ffffffff81000000 T "],
    ["a type of two letters", "ffffffff81000000 TT f"],
    ["a type that is a digit", "ffffffff81000000 1 f"],
    ["no type", "ffffffff81000000 func"],
    ["an address with other characters", "ffffffff8100000g T f"],
    ["an address with 0x", "0xffffffff81000000 T f"],
    ["an address of 17 digits", "0ffffffff81000000 T f"],
    ["more behind the name", "ffffffff81000000 T f g"],
    ["a module that is not closed", "ffffffff81000000 T f\t[m"],
    ["a module that is not opened", "ffffffff81000000 T f\tm]"],
    ["something behind the module", "ffffffff81000000 T f\t[m] g"],
    ["nothing", ""],
    ["blanks", " \t"],
    ["a line of a list", "*vmlinux"],
  ])("for a line with %s", (_, line) => {
    const fault = {
      code: "source-line",
      line: 2,
      message: `"${line}" is not ADDRESS TYPE NAME`,
    };
    const text = linesOf("ffffffff81000000 T _text", line, "ffffffff81000010 T f");
    expect(refusalOf(text)).toEqual([fault]);
    expect(refusalOf(text.replaceAll("\n", "\r\n"))).toEqual([fault]);
  });

  test("with all its faults in one run, long lines shortened", () => {
    const text = linesOf("ffffffff81000000 T _text", "x".repeat(100), "y").slice(0, -1);
    expect(refusalOf(text)).toEqual([
      { code: "source-line", line: 2, message: `"${"x".repeat(80)}" is not ADDRESS TYPE NAME` },
      {
        code: "source-truncated",
        line: 3,
        message: "the last line has no newline: the file is cut off",
        notes: ["make the file again; its maker or a copy of it was interrupted"],
      },
    ]);
  });

  test.each([
    ["no name", "[]", "the object has no name"],
    [
      "a dot in its name",
      "[m.ko]",
      '"m.ko" is no object: a name has at most 55 characters and no dot',
    ],
    [
      "56 characters",
      `[${"m".repeat(56)}]`,
      `"${"m".repeat(56)}" is no object: a name has at most 55 characters and no dot`,
    ],
  ])("for a module with %s", (_, module, message) => {
    const text = linesOf("ffffffff81000000 T _text", `ffffffffc0200000 t f\t${module}`);
    expect(refusalOf(text)).toEqual([{ code: "source-object", message }]);
  });

  test.each([
    "a b",
    "a\tb",
    "a\x07b",
    "a\0b",
  ])("for a module that a list cannot name: %j", (module) => {
    const text = linesOf("ffffffff81000000 T _text", `ffffffffc0200000 t f\t[${module}]`);
    const message = `"${module}" is no object: a name has neither white space nor control characters`;
    expect(refusalOf(text)).toEqual([{ code: "source-object", message }]);
  });
});
