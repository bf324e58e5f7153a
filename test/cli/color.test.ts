// SPDX-License-Identifier: GPL-2.0-only

import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { STB } from "../elf-builder.js";
import { buildIntermediate } from "../livepatch/intermediate.js";
import { COMMAND, Folder } from "./command.js";

// The weak symbol is looked at before what is unknown is reported.
const TEXT = `klp-convert: warning: list:3: object vmlinux stands in the list before, at line 2; the two are merged
    positions count on from the first; check the list if it was not put together on purpose
klp-convert: note: in.ko: .text+0x8: weak symbol maybe is in no object of list and stays: the module loader makes it 0
klp-convert: error: in.ko: .text+0x0: symbol absent is in no object of list
    used by 1 relocation, first in patched
    if the name is right, list is not of the kernel the patch is for, or lacks the object that has it
`;
const COLORED = TEXT.replace("warning:", "\x1b[1;35mwarning:\x1b[0m")
  .replace("error:", "\x1b[1;31merror:\x1b[0m")
  .replace("note:", "\x1b[1;36mnote:\x1b[0m");

/** A folder whose in.ko and list cause one message of each severity. */
function folderOfMessages(): Folder {
  const folder = new Folder();
  folder.write(
    "in.ko",
    buildIntermediate({
      undefined: ["absent", { name: "maybe", bind: STB.WEAK }],
      uses: { ".text": ["absent", "maybe"] },
    }),
  );
  folder.write("list", "klp-convert-symbol-data.0.1\n*vmlinux\n*vmlinux\n_printk\n");
  return folder;
}

const ARGS = ["in.ko", "out.ko", "-s", "list"];

describe("severities", () => {
  test("are colored with --color always", () => {
    expect(folderOfMessages().refused([...ARGS, "--color", "always"])).toBe(COLORED);
    expect(folderOfMessages().refused([...ARGS, "--color=always"])).toBe(COLORED);
  });

  test("are colored with --color always whatever NO_COLOR says", () => {
    const env = { NO_COLOR: "1" };
    expect(folderOfMessages().refused([...ARGS, "--color", "always"], { env })).toBe(COLORED);
  });

  test("are plain with --color never", () => {
    expect(folderOfMessages().refused([...ARGS, "--color", "never"])).toBe(TEXT);
  });

  test("are plain where no terminal reads them", () => {
    expect(folderOfMessages().refused(ARGS)).toBe(TEXT);
    expect(folderOfMessages().refused([...ARGS, "--color", "auto"])).toBe(TEXT);
    expect(folderOfMessages().refused(ARGS, { env: { FORCE_COLOR: "1" } })).toBe(TEXT);
  });
});

describe.skipIf(spawnSync("script", ["-qec", "true", "/dev/null"]).status !== 0)(
  "on a terminal, severities",
  () => {
    test.each([
      ["are colored", [], {}, COLORED],
      ["are colored with --color auto", ["--color", "auto"], {}, COLORED],
      ["are colored if NO_COLOR is empty", [], { NO_COLOR: "" }, COLORED],
      ["are plain if NO_COLOR is set", [], { NO_COLOR: "1" }, TEXT],
      ["are plain with --color never", ["--color", "never"], {}, TEXT],
      [
        "are colored with --color always and NO_COLOR",
        ["--color", "always"],
        { NO_COLOR: "1" },
        COLORED,
      ],
    ] as [string, string[], Record<string, string>, string][])("%s", (_, args, env, expected) => {
      // util-linux's script runs a shell command on a terminal of its own.
      const command = [process.execPath, COMMAND, ...ARGS, ...args];
      const quoted = command.map((each) => `'${each}'`).join(" ");
      const ended = folderOfMessages().runProgram("script", ["-qec", quoted, "/dev/null"], { env });
      expect(ended.stdout.replaceAll("\r\n", "\n")).toBe(expected);
      expect(ended.status).toBe(1);
    });
  },
);
