// SPDX-License-Identifier: GPL-2.0-only

// What the command says of a symbols list: its file, the line, and what to do.

import { describe, expect, test } from "vitest";
import { Folder } from "./command.js";

/** A module that wants two symbols of vmlinux, and replaces one of its functions. */
const IN = "x86_64-plain.in.ko";
const ARGS = [IN, "out.ko", "--symbols", "list"];
const HEADER = "klp-convert-symbol-data.0.1\n";
const HEADER_REMEDY =
  "a symbols list begins with the line klp-convert-symbol-data.0.1; klp-convert symbols makes one";
const SOURCES =
  "sources are vmlinux, modules (.ko), /proc/kallsyms, System.map, nm -n or nm -f posix of vmlinux, Module.symvers and symbols lists";
const CUT_OFF = "the last line has no newline: the list is cut off";
const CUT_OFF_REMEDY = "make the list again; its maker or a copy of it was interrupted";
const NAME_56 = "a".repeat(56);

describe("a list is refused", () => {
  const rows: [string, string, string[]][] = [
    ["that is empty", "", ["error: list: the file is empty", SOURCES]],
    [
      "of another version",
      "klp-convert-symbol-data.0.3\n*vmlinux\n",
      ["error: list:1: the list has version 0.3; this tool reads 0.1 and 0.2", HEADER_REMEDY],
    ],
    [
      "of version 0.1 that says more than its version",
      "klp-convert-symbol-data.0.1 release=6.1.0\n*vmlinux\n",
      [
        "error: list:1: the list has version 0.1 release=6.1.0; this tool reads 0.1 and 0.2",
        HEADER_REMEDY,
      ],
    ],
    [
      "whose header says what nobody knows",
      "klp-convert-symbol-data.0.2 colour=red\n*vmlinux\n",
      [
        'error: list:1: "colour=red" is none of release=, arch=, order=, names= and depends=, once each; this tool reads 0.1 and 0.2',
        HEADER_REMEDY,
      ],
    ],
    [
      "that is something else",
      "# Symbols of the kernel\n",
      [
        'error: list:1: not a source of symbols: the first line is "# Symbols of the kernel"',
        SOURCES,
      ],
    ],
    [
      "that is no text",
      "\x01\x02\x03\n",
      ["error: list:1: not a source of symbols: it is not text", SOURCES],
    ],
    [
      "that is the first bytes of an ELF file",
      "\x7fELF\x02\x01\x01\n",
      ["error: list: the file is 8 bytes, shorter than an ELF file's identification"],
    ],
    [
      "with a symbol before the first object",
      `${HEADER}_printk\nprintk\n*vmlinux\n`,
      [
        'error: list:2: the symbol "_printk" stands before the first object',
        "a line *OBJECT, for example *vmlinux, has to come before an object's symbols",
      ],
    ],
    ["that ends in the header", HEADER.trimEnd(), [`error: list:1: ${CUT_OFF}`, CUT_OFF_REMEDY]],
    [
      "that ends within a line",
      `${HEADER}*vmlinux\n_printk\nklp_enable`,
      [`error: list:4: ${CUT_OFF}`, CUT_OFF_REMEDY],
    ],
    [
      "with a NUL byte",
      `${HEADER}*vmlinux\n_printk\n\0\0\0\n`,
      ["error: list:4: the line holds a NUL byte"],
    ],
    [
      "with another control character",
      `${HEADER}*vmlinux\n_pri\x1bntk\n`,
      ["error: list:3: the line holds the control character 0x1b"],
    ],
    [
      "with more than a name in a line",
      `${HEADER}*vmlinux\n_printk T\n`,
      ["error: list:3: the line holds white space; a line is one name"],
    ],
    ["with an empty line", `${HEADER}*vmlinux\n\n_printk\n`, ["error: list:3: the line is empty"]],
    ["with an object without a name", `${HEADER}*\n`, ["error: list:2: the object has no name"]],
    [
      "with an object that has a dot",
      `${HEADER}*ext4.ko\n`,
      ['error: list:2: "ext4.ko" is no object: a name has at most 55 characters and no dot'],
    ],
    [
      "with an object of 56 characters",
      `${HEADER}*${NAME_56}\n`,
      [`error: list:2: "${NAME_56}" is no object: a name has at most 55 characters and no dot`],
    ],
  ];

  test.each(rows)("%s", (_, list, [message, ...notes]) => {
    const folder = new Folder(IN);
    folder.write("list", list);
    expect(folder.refused(ARGS)).toBe(
      `klp-convert: ${message}\n${notes.map((note) => `    ${note}\n`).join("")}`,
    );
  });

  test("with every fault that it has", () => {
    const folder = new Folder(IN);
    folder.write("list", `${HEADER}*vmlinux\n\n_printk T\r\n\0\n*\nend`);
    expect(folder.refused(ARGS)).toBe(
      "klp-convert: error: list:3: the line is empty\n" +
        "klp-convert: error: list:4: the line holds white space; a line is one name\n" +
        "klp-convert: error: list:5: the line holds a NUL byte\n" +
        "klp-convert: error: list:6: the object has no name\n" +
        `klp-convert: error: list:7: ${CUT_OFF}\n    ${CUT_OFF_REMEDY}\n`,
    );
  });

  test("for its fault, though many of its objects are spelled like their files", () => {
    const folder = new Folder(IN);
    const objects = Array.from({ length: 150 }, (_, i) => `*snd-${i}\n`).join("");
    folder.write("list", `${HEADER}${objects}*vmlinux\n\n`);
    expect(folder.refused(ARGS)).toBe(
      "klp-convert: error: list:153: the line is empty\n" +
        "klp-convert: warning: list:2: object snd-0 is taken for snd_0, and 149 others likewise\n" +
        "    the kernel spells module names with _ where the file name has -\n",
    );
  });

  test("by the path it was given with", () => {
    const folder = new Folder(IN);
    folder.write("list", `${HEADER}\n`);
    expect(folder.refused([IN, "out.ko", "-s", folder.at("list")])).toBe(
      `klp-convert: error: ${folder.at("list")}:2: the line is empty\n`,
    );
  });
});

describe("a list is taken", () => {
  const QUIET_BUT_FOR_NOTHING = `klp-convert: note: ${IN}: nothing to convert: the module stays as it is\n`;
  const KERNEL = "*vmlinux\n__ksymtab__printk\n__ksymtab_klp_enable_patch\ncmdline_proc_show\n";

  test.each([
    ["as it should be", HEADER + KERNEL, ""],
    ["with CR LF at the line ends", (HEADER + KERNEL).replaceAll("\n", "\r\n"), ""],
    [
      "with an object that stands there twice, with a warning",
      `${HEADER}${KERNEL}*ext4\n*vmlinux\n`,
      "klp-convert: warning: list:7: object vmlinux stands in the list before, at line 2; the two are merged\n" +
        "    positions count on from the first; check the list if it was not put together on purpose\n",
    ],
    [
      "with an object spelled like its file, with a warning",
      `${HEADER}${KERNEL}*snd-hda-intel\n`,
      "klp-convert: warning: list:6: object snd-hda-intel is taken for snd_hda_intel\n" +
        "    the kernel spells module names with _ where the file name has -\n",
    ],
    [
      "with two such objects, with one warning",
      `${HEADER}${KERNEL}*snd-hda-intel\n*snd-pcm\n`,
      "klp-convert: warning: list:6: object snd-hda-intel is taken for snd_hda_intel, and 1 other likewise\n" +
        "    the kernel spells module names with _ where the file name has -\n",
    ],
  ])("%s", (_, list, warning) => {
    const folder = new Folder(IN);
    folder.write("list", list);
    expect(folder.run(ARGS)).toMatchObject({
      status: 0,
      stdout: "",
      stderr: warning + QUIET_BUT_FOR_NOTHING,
    });
    expect(folder.read("out.ko")).toEqual(folder.read(IN));
  });
});

test("faults of a list are told even if the module is missing", () => {
  const folder = new Folder();
  folder.write("list", "klp-convert-symbol-data.0.1\n*vmlinux\na b\n");
  expect(folder.refused(["missing.ko", "out.ko", "--symbols", "list"])).toBe(
    "klp-convert: error: list:3: the line holds white space; a line is one name\n" +
      "klp-convert: error: missing.ko: cannot be read: no such file or directory\n",
  );
});
