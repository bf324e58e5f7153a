// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { Folder } from "./command.js";

const IN = "x86_64.in.ko";
const LIST = "Symbols.list";

/** What -v prints of a conversion. */
function verbose(folder: Folder): string {
  const { stderr } = folder.run([IN, "out.ko", "-v", "--symbols", LIST]);
  return stderr
    .split("\n")
    .filter((line) => line.startsWith("klp-convert: x86_64"))
    .join("\n");
}

describe("--dry-run", () => {
  test.each([
    [[IN, "--dry-run", "--symbols", LIST]],
    [["convert", "-n", IN, "other.ko", "--symbols", LIST]],
  ])("prints on standard output what -v would tell, and writes nothing: %j", (args) => {
    const folder = new Folder(IN, LIST);
    const told = verbose(new Folder(IN, LIST));
    expect(told).not.toBe("");
    const { status, stdout } = folder.run(args);
    expect(status).toBe(0);
    expect(stdout.trimEnd()).toBe(told);
    expect(folder.names()).toEqual([LIST, IN]);
  });

  test("prints the report, which names no output, with --json", () => {
    const folder = new Folder(IN, LIST);
    const { status, stdout } = folder.run([IN, "-n", "--json", "--symbols", LIST]);
    expect(status).toBe(0);
    const document = JSON.parse(stdout) as Record<string, unknown>;
    expect(document).toMatchObject({ output: null, dryRun: true, outcome: "converted" });
    expect(folder.names()).toEqual([LIST, IN]);
  });

  test("refuses what conversion would refuse", () => {
    const folder = new Folder(IN);
    folder.write("Other.list", "klp-convert-symbol-data.0.1\n*vmlinux\nnothing_of_it\n");
    const args = [IN, "out.ko", "--symbols", "Other.list"];
    const expected = new Folder(IN);
    expected.write("Other.list", "klp-convert-symbol-data.0.1\n*vmlinux\nnothing_of_it\n");
    const { status, stderr } = folder.run([...args, "-n"]);
    expect(status).toBe(1);
    expect(stderr).toBe(expected.refused(args));
    expect(folder.names()).toEqual(["Other.list", IN]);
  });

  test("is what lets OUT be left out", () => {
    const folder = new Folder(IN);
    expect(folder.refused([IN], { status: 2 })).toBe(
      "klp-convert: error: missing required argument 'OUT'\nklp-convert: try klp-convert --help\n",
    );
  });
});
