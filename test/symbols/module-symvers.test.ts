// SPDX-License-Identifier: GPL-2.0-only

// Module.symvers says who exports what, and of other symbols nothing.

import { describe, expect, test } from "vitest";
import { Diagnostics } from "../../src/diagnostics.js";
import { linesOf, linesOf02, refusalOf, sourcesOf } from "./reading.js";

const NEW = linesOf(
  "0x12345678\tprintk\tvmlinux\tEXPORT_SYMBOL\t",
  "0x00000000\text4_f\tfs/ext4/ext4\tEXPORT_SYMBOL_GPL\tEXT4",
  "0xabcdef01\tg\tdrivers/a-b/klp-demo-two\tEXPORT_SYMBOL_GPL\t",
);

const OLD = linesOf(
  "0x12345678\tprintk\t\tvmlinux\tEXPORT_SYMBOL",
  "0x00000000\text4_f\tEXT4\tfs/ext4/ext4\tEXPORT_SYMBOL_GPL",
  "0xabcdef01\tg\t\tdrivers/a-b/klp-demo-two\tEXPORT_SYMBOL_GPL",
);

const LINES = [
  "*vmlinux",
  "__ksymtab_printk - -",
  "*ext4",
  "__ksymtab_ext4_f - - EXT4",
  "*klp_demo_two",
  "__ksymtab_g - -",
];

describe("Module.symvers", () => {
  test.each([
    ["as today", NEW],
    ["as before namespaces, in four columns", NEW.replace("EXT4", "").replaceAll("\t\n", "\n")],
    ["as from 5.4 to 5.7, the namespace third", OLD],
    ["with CR LF", NEW.replaceAll("\n", "\r\n")],
  ])("names the exports of every object: %s", (_, symvers) => {
    const expected = symvers.includes("EXT4")
      ? LINES
      : LINES.map((line) => line.replace(/ EXT4$/, ""));
    expect(linesOf02({ symvers })).toEqual(expected);
  });

  test("does not make an object known, but its exports", () => {
    const faults = new Diagnostics("symbols");
    const map = sourcesOf({ NEW }).map(["printk", "ext4_f", "other"], faults);
    expect(faults.list()).toEqual([]);
    expect(map.exporters("printk")).toEqual(["vmlinux"]);
    expect(map.exporters("ext4_f")).toEqual(["ext4"]);
    expect(map.exporters("other")).toEqual([]);
    expect(map.owners("printk")).toEqual([]);
    expect(["vmlinux", "ext4", "klp_demo_two"].map((object) => map.hasObject(object))).toEqual([
      false,
      false,
      false,
    ]);
    expect(map.facts("vmlinux")).toMatchObject({ order: "unknown", release: undefined });
  });

  test("leaves out a name that would be an object in a list", () => {
    const symvers = `${NEW}0x00000001\t*a\tvmlinux\tEXPORT_SYMBOL\t\n`;
    expect(linesOf02({ symvers })).toEqual(LINES);
  });

  test("may name a namespace of any form that a line can hold", () => {
    const symvers = linesOf("0x00000001\tf\tvmlinux\tEXPORT_SYMBOL_GPL\tmodule:kvm,kvm-intel*");
    expect(linesOf02({ symvers })[1]).toBe("__ksymtab_f - - module:kvm,kvm-intel*");
  });
});

describe("Module.symvers is refused", () => {
  test.each([
    ["nothing", ""],
    ["too few columns", "0x00000001\tf\tvmlinux"],
    ["a CRC without 0x", "00000001\tf\tvmlinux\tEXPORT_SYMBOL\t"],
    ["a CRC of 7 digits", "0x0000001\tf\tvmlinux\tEXPORT_SYMBOL\t"],
    ["a CRC of 9 digits", "0x000000001\tf\tvmlinux\tEXPORT_SYMBOL\t"],
    ["no name", "0x00000001\t\tvmlinux\tEXPORT_SYMBOL\t"],
    ["spaces for tabs", "0x00000001 f vmlinux EXPORT_SYMBOL "],
    ["a space in the name", "0x00000001\ta b\tvmlinux\tEXPORT_SYMBOL\t"],
    ["a space in the object", "0x00000001\ta\tfs/a b\tEXPORT_SYMBOL\t"],
    ["a control character in the namespace", "0x00000001\ta\tvmlinux\tEXPORT_SYMBOL\t\x1b[2J"],
    ["a CR within", "0x00000001\ta\tvmlinux\tEXPORT_SYMBOL\tN\rS"],
    ["a byte beyond ASCII", "0x00000001\tgr\xf6\xdfe\tvmlinux\tEXPORT_SYMBOL\t"],
    ["another kind of export", "0x00000001\tf\tvmlinux\tSYMBOL\t"],
  ])("for a line with %s", (_, line) => {
    const fault = {
      code: "source-line",
      line: 2,
      message: `"${line.slice(0, 80)}" is not CRC NAME OBJECT EXPORT NAMESPACE, separated by tabs`,
    };
    const [first, ...others] = NEW.split("\n");
    const text = [first, line, ...others].join("\n");
    expect(refusalOf(text)).toEqual([fault]);
    expect(refusalOf(text.replaceAll("\n", "\r\n"))).toEqual([fault]);
  });

  test.each([
    ["", "the object has no name"],
    ["fs/", "the object has no name"],
    ["fs/ext4.ko", '"ext4.ko" is no object: a name has at most 55 characters and no dot'],
    [
      `fs/${"m".repeat(56)}`,
      `"${"m".repeat(56)}" is no object: a name has at most 55 characters and no dot`,
    ],
  ])("for the object %j", (path, message) => {
    expect(refusalOf(`${NEW}0x00000001\tf\t${path}\tEXPORT_SYMBOL\t\n`)).toEqual([
      { code: "source-object", line: 4, message },
    ]);
  });

  test("when it is cut off", () => {
    expect(refusalOf(`${NEW}0x00000001\tf\tvmlinux\tEXPORT_SYMBOL`)).toEqual([
      {
        code: "source-truncated",
        line: 4,
        message: "the last line has no newline: the file is cut off",
        notes: ["make the file again; its maker or a copy of it was interrupted"],
      },
    ]);
  });
});
