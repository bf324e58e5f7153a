// SPDX-License-Identifier: GPL-2.0-only

// The command starts with the code that V8 has kept of it, and as well without, or with what is damaged.

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Folder } from "./command.js";

const project = fileURLToPath(new URL("../../", import.meta.url));
const IN = "x86_64-dup.in.ko";
const LIST = "Symbols.list";
let copy = "";

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), "klp-convert-start-"));
  cpSync(join(project, "bin"), join(copy, "bin"), { recursive: true });
  cpSync(join(project, "dist"), join(copy, "dist"), { recursive: true });
});

afterEach(() => rmSync(copy, { recursive: true }));

const kept = () => readdirSync(join(copy, "dist")).filter((name) => name.endsWith(".code"));

/** The output of a conversion by the copy, which says of each kept code whether V8 has taken it. */
function run(): { output: Buffer; refused: string[] } {
  const folder = new Folder(IN, LIST);
  folder.write(
    "hook.cjs",
    `const vm = require("node:vm");
    vm.Script = class extends vm.Script {
      constructor(source, options) {
        super(source, options);
        if (this.cachedDataRejected) process.stdout.write(require("node:path").basename(options.filename) + "\\n");
      }
    };`,
  );
  const command = [join(copy, "bin/klp-convert.js"), IN, "out.ko", "-s", LIST];
  const env = { NODE_OPTIONS: `--require=${folder.at("hook.cjs")}` };
  const ended = folder.runProgram(process.execPath, command, { env });
  expect(ended).toMatchObject({ status: 0, stderr: "" });
  const refused = ended.stdout.split("\n").filter((line) => line !== "");
  return { output: Buffer.from(folder.read("out.ko")), refused };
}

test("the build keeps code of what a conversion loads, and V8 takes it", () => {
  const name = (bundle: string) => `${bundle}.cjs.${process.version}-${process.arch}.code`;
  expect(kept()).toEqual([name("commands"), name("core"), name("klp-convert")]);
  expect(run().refused).toEqual([]);
});

test("without it, or with that of another Node, the command is compiled", () => {
  const { output } = run();
  for (const name of kept()) rmSync(join(copy, "dist", name));
  expect(run()).toEqual({ output, refused: [] });
});

test.each([
  ["nothing", () => Buffer.alloc(0)],
  ["text", () => Buffer.from("this is no code")],
  ["the first half", (code: Buffer) => code.subarray(0, code.length >> 1)],
])("where there is %s in its place, V8 refuses that", (_, damage) => {
  const { output } = run();
  for (const name of kept()) {
    const path = join(copy, "dist", name);
    writeFileSync(path, damage(readFileSync(path)));
  }
  const refused = ["klp-convert.cjs", "commands.cjs", "core.cjs"];
  expect(run()).toEqual({ output, refused });
});
