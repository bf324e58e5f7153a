// SPDX-License-Identifier: GPL-2.0-only

// Files with names that a terminal would obey, or that look like messages: text shows them escaped,
// data has them as they are.

import { describe, expect, test } from "vitest";
import { Folder } from "./command.js";

const LIST = "Symbols.list";
const IN = "x86_64-dup.in.ko";
const NAME = "a\nklp-convert: error: b: \x1b[31m\x1b]0;title\x07\x7f.ko";
const SHOWN = "a\\x0aklp-convert: error: b: \\x1b[31m\\x1b]0;title\\x07\\x7f.ko";

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to find
const OBEYED = /[\x00-\x09\x0b-\x1f\x7f]/;

function folderWith(contents: Uint8Array | string | undefined): Folder {
  const folder = new Folder(LIST, IN);
  if (contents !== undefined) folder.write(NAME, contents);
  return folder;
}

const MISSING = `${SHOWN}: cannot be read: no such file or directory`;

describe("text shows a name escaped:", () => {
  test.each<[string, readonly string[], string]>([
    ["convert's IN", [NAME, "out", "-s", LIST], `klp-convert: error: ${MISSING}\n`],
    ["convert's LIST", [IN, "out", "-s", NAME], `klp-convert: error: ${MISSING}\n`],
    ["symbols", ["symbols", "-o", "out", NAME], `klp-convert: error: ${MISSING}\n`],
    ["check's LIST", ["check", IN, "-s", NAME], `klp-convert: error: ${MISSING}\n`],
    ["inspect", ["inspect", NAME], `klp-convert: error: ${MISSING}\n`],
    ["a manifest", ["batch", NAME], `klp-convert: error: ${MISSING}\n`],
    ["a batch's IN", ["batch", "-o", "out", "-s", LIST, NAME], `klp-convert: error: ${MISSING}\n`],
    [
      "a report to resume",
      ["batch", "-o", "out", "-s", LIST, IN, "--resume", NAME],
      `klp-convert: error: ${MISSING}\n`,
    ],
    ["report merge", ["report", "merge", NAME, "-o", "out"], `klp-convert: error: ${MISSING}\n`],
  ])("%s that is missing", (_, args, stderr) => {
    expect(folderWith(undefined).refused(args)).toBe(stderr);
  });

  test.each<[string, readonly string[]]>([
    ["convert", [IN, `none/${NAME}`, "-s", LIST]],
    ["a depfile", [IN, "out", "-s", LIST, "--depfile", `none/${NAME}`]],
    ["symbols", ["symbols", "-o", `none/${NAME}`, LIST]],
    ["a page", ["inspect", IN, "--html", `none/${NAME}`]],
    ["a report", ["batch", "-o", "out", "-s", LIST, IN, "--report", `none/${NAME}`]],
  ])("an output that cannot be written: %s", (_, args) => {
    const message = "cannot be written: no such file or directory";
    expect(folderWith(undefined).refused(args)).toBe(
      `klp-convert: error: none/${SHOWN}: ${message}\n`,
    );
  });

  test("a batch's, in the end too", () => {
    const folder = folderWith("");
    expect(folder.run(["batch", "-o", "out", "-s", LIST, NAME])).toMatchObject({
      status: 1,
      stderr: `klp-convert: error: ${SHOWN}: the file is empty\nklp-convert: 1 job is not done:\n    ${SHOWN} -> out/${SHOWN}: refused\nklp-convert: 1 job: 1 refused\n`,
    });
  });

  test.each<[string, readonly string[]]>([
    ["convert -n", [NAME, "-n", "-s", LIST]],
    ["convert -v", [NAME, "out", "-v", "-s", LIST]],
    ["check", ["check", NAME, "-s", LIST]],
    ["inspect", ["inspect", NAME]],
    ["inspect --diff", ["inspect", "--diff", IN, NAME]],
    ["symbols -v", ["symbols", "-v", "-o", `${NAME}.list`, LIST]],
  ])("what %s prints", (_, args) => {
    const folder = folderWith(new Folder(IN).read(IN));
    const { status, stdout, stderr } = folder.run(args);
    expect(status).toBe(0);
    expect(stdout + stderr).not.toMatch(OBEYED);
    expect(stdout + stderr).not.toMatch(/^klp-convert: error/m);
    expect(stdout + stderr).toContain("\\x1b[31m");
  });
});

describe("data has a name as it is:", () => {
  test.each<[string, readonly string[], readonly (string | number)[]]>([
    ["convert", [NAME, "out", "-s", LIST, "--json"], ["input"]],
    ["check", ["check", NAME, "-s", LIST, "--json"], ["files", 0, "file"]],
    ["inspect", ["inspect", NAME, "--json"], ["inspections", 0, "file"]],
  ])("%s", (_, args, path) => {
    const folder = folderWith(new Folder(IN).read(IN));
    const { status, stdout } = folder.run(args);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toHaveProperty([...path], NAME);
  });

  test.each(["r.json", "r.ndjson"])("a batch's report, by a manifest of JSON: %s", (report) => {
    const folder = folderWith(new Folder(IN).read(IN));
    folder.write("jobs", `${JSON.stringify({ in: NAME, out: `${NAME}.out`, symbols: [LIST] })}\n`);
    expect(folder.run(["batch", "jobs", "--report", report]).status).toBe(0);
    expect(folder.names()).toContain(`${NAME}.out`);
    const text = Buffer.from(folder.read(report)).toString();
    const job = report === "r.json" ? JSON.parse(text).jobs[0] : JSON.parse(text.split("\n")[0]!);
    expect([job.input, job.output]).toEqual([NAME, `${NAME}.out`]);
  });
});
