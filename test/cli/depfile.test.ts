// SPDX-License-Identifier: GPL-2.0-only

// What make is told of an output, by make itself and as gcc would spell it.

import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { depfileText } from "../../src/cli/depfile.js";
import { Folder } from "./command.js";
import { buildModule, fromFile } from "./sources.js";

const LIST = "Symbols.list";
const IN = "x86_64-dup.in.ko";
const PLAIN = "x86_64-plain.in.ko";
const has = (program: string) => spawnSync(program, ["--version"]).status === 0;

const textOf = (folder: Folder, name: string) => Buffer.from(folder.read(name)).toString();

describe("--depfile writes", () => {
  test.each([
    IN,
    PLAIN,
  ])("a rule for the output, and one for each file it is made from: %s", (name) => {
    const folder = new Folder(LIST, name);
    expect(folder.run([name, "out.ko", "-s", LIST, "--depfile", "out.d"]).status).toBe(0);
    expect(textOf(folder, "out.d")).toBe(
      `out.ko: \\\n ${name} \\\n ${LIST}\n\n${name}:\n\n${LIST}:\n`,
    );
  });

  test("the files in folders, not the folders, and no streams", () => {
    const folder = new Folder(LIST, IN);
    mkdirSync(folder.at("modules/deep"), { recursive: true });
    for (const name of ["b", "deep/a"]) {
      const symbols = fromFile("x.c", [name, ".text", 0]);
      folder.write(`modules/${name}.ko`, buildModule(name.slice(-1), { symbols }));
    }
    const args = ["-", "out.ko", "-s", LIST, "-s", "modules", "--depfile", "out.d"];
    const { status, stderr } = folder.run(args, { input: folder.read(IN) });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(textOf(folder, "out.d")).toMatch(
      /^out\.ko: \\\n Symbols\.list \\\n modules\/b\.ko \\\n modules\/deep\/a\.ko\n\n/,
    );
  });

  test("nothing if the module is refused", () => {
    const folder = new Folder(LIST, IN);
    folder.write("bad.ko", "");
    folder.refused(["bad.ko", "out.ko", "-s", LIST, "--depfile", "out.d"]);
  });

  test("nothing where it cannot, which is told", () => {
    const folder = new Folder(LIST, IN);
    const args = [IN, "out.ko", "-s", LIST, "--depfile", "missing/out.d"];
    expect(folder.run(args)).toMatchObject({
      status: 1,
      stderr: "klp-convert: error: missing/out.d: cannot be written: no such file or directory\n",
    });
    folder.write("a\nb.ko", folder.read(IN));
    expect(folder.run(["a\nb.ko", "out.ko", "-s", LIST, "--depfile", "out.d"])).toMatchObject({
      status: 1,
      stderr: 'klp-convert: error: out.d: cannot be written: make has no way to spell "a\\nb.ko"\n',
    });
    expect(folder.names()).not.toContain("out.d");
  });

  test.each<[readonly string[], string]>([
    [[IN, "out.ko", "--depfile", ""], "the depfile is an empty name"],
    [[IN, "out.ko", "--depfile", "-"], "the depfile is -, but it has to be a file"],
    [[IN, "-", "--depfile", "d"], "OUT is -, for which there is no rule of make"],
    [[IN, "out.ko", "--depfile", IN], "the depfile is also IN"],
    [[IN, "out.ko", "--depfile", "out.ko"], "the depfile is also OUT"],
    [[IN, "out.ko", "-s", LIST, "--depfile", LIST], "the depfile is also LIST"],
    [[IN, "-n", "--depfile", "d"], "--dry-run writes nothing, so there is no --depfile"],
  ])("nothing where it makes no sense: %j", (args, message) => {
    expect(new Folder(LIST, IN).refused(args, { status: 2 })).toBe(
      `klp-convert: error: ${message}\nklp-convert: try klp-convert --help\n`,
    );
  });
});

const HOSTILE = ["a b", "a#b", "a$b", "a\\b", "a\\ b", "a\tb", "end\\.h", "$x"];

describe("names are spelled", () => {
  test.skipIf(!has("gcc"))("as gcc -MD spells them", () => {
    const folder = new Folder();
    for (const name of HOSTILE) folder.write(`${name}.h`, "");
    folder.write("x.c", HOSTILE.map((name) => `#include "${name}.h"\n`).join(""));
    const args = ["-MD", "-MP", "-MF", "d", "-nostdinc", "-c", "x.c"];
    expect(folder.runProgram("gcc", args).status).toBe(0);
    const rules = textOf(folder, "d")
      .split("\n")
      .filter((line) => line.endsWith(".h:"));
    const ours = depfileText(
      "d",
      "x.o",
      HOSTILE.map((name) => `${name}.h`),
    ).split("\n");
    expect(ours.filter((line) => line.endsWith(".h:")).sort()).toEqual(rules.sort());
  });

  test.skipIf(!has("make"))("so that make finds the files, also with a colon", () => {
    const folder = new Folder();
    const names = [...HOSTILE, "a:b"];
    for (const name of names) folder.write(name, "");
    folder.write("d", depfileText("d", "out $ put", names));
    folder.write(
      "Makefile",
      "include d\nout\\ $$\\ put: ; @printf '%s\\n' '$(subst $$,$$$$,$?)'\n",
    );
    const made = folder.runProgram("make", ["-s", "out $ put"]);
    expect(made.stderr).toBe("");
    expect(made.status).toBe(0);
    // A file that is there needs no rule; one that is not is made by its empty rule.
    folder.write("Makefile", "include d\nout\\ $$\\ put: ; @touch '$@'\n");
    expect(folder.runProgram("make", ["-s", "out $ put"]).status).toBe(0);
    expect(folder.names()).toContain("out $ put");
    expect(folder.runProgram("make", ["-q", "out $ put"]).status).toBe(0);
    const later = new Date(Date.now() + 5000);
    for (const name of names) {
      const touched = folder.runProgram("touch", ["-d", later.toISOString(), "--", name]);
      expect(touched.status).toBe(0);
      expect(folder.runProgram("make", ["-q", "out $ put"]).status, name).toBe(1);
      folder.runProgram("touch", ["-d", "2020-01-01", "--", name]);
      expect(folder.runProgram("make", ["-q", "out $ put"]).status, name).toBe(0);
    }
  });
});
