// SPDX-License-Identifier: GPL-2.0-only

// Ten thousand of whatever is wrong: what people read is cut short with a count, and what was asked for
// as a table is all there.

import { describe, expect, test } from "vitest";
import { livepatchModule } from "../check/checked-module.js";
import { SHF } from "../elf-builder.js";
import { buildIntermediate, symbolsList } from "../livepatch/intermediate.js";
import { Folder } from "./command.js";

const COUNT = 10_000;
const NAMES = Array.from({ length: COUNT }, (_, i) => `name_${i}`);
const BIG = { name: ".big", flags: SHF.ALLOC | SHF.WRITE, size: 8 * COUNT };

function folderOfMany(): Folder {
  const folder = new Folder();
  folder.write("list", symbolsList({ vmlinux: NAMES }).bytes);
  folder.write("few", symbolsList({ vmlinux: ["one"] }).bytes);
  const intermediate = { undefined: NAMES, sections: [BIG], uses: { ".big": NAMES } };
  folder.write("in.ko", buildIntermediate(intermediate));
  const waits = { vmlinux: NAMES.map((name) => `vmlinux.${name},0`) };
  const objects = [{ name: null, funcs: ["one"] }];
  const livepatch = { waits, objects, sections: [BIG], target: ".big" };
  folder.write("livepatch.ko", livepatchModule(livepatch));
  return folder;
}

describe("of 10,000", () => {
  test("symbols that nobody has conversion names a hundred", () => {
    const stderr = folderOfMany().refused(["in.ko", "out.ko", "-s", "few"]);
    const errors = stderr.split("\n").filter((line) => !line.startsWith(" ") && line !== "");
    expect(errors).toHaveLength(101);
    expect(errors[0]).toBe(
      "klp-convert: error: in.ko: .big+0x0: symbol name_0 is in no object of few",
    );
    expect(errors[100]).toBe("klp-convert: error: in.ko: 9900 more errors not shown");
  });

  test("findings of a rule check names twenty, and counts them as data too", () => {
    const folder = folderOfMany();
    const { status, stdout } = folder.run(["check", "livepatch.ko", "-s", "few"]);
    expect(status).toBe(1);
    const lines = stdout.split("\n");
    const first = "livepatch: symbol 'name_0' not found in symbol table";
    expect(lines[0]).toBe(`livepatch.ko: refused: ${first}`);
    expect(lines.filter((line) => line.endsWith(" [L42]"))).toHaveLength(20);
    expect(lines).toContain("livepatch.ko: 9980 more findings not shown");
    const json = JSON.parse(folder.run(["check", "livepatch.ko", "-s", "few", "--json"]).stdout);
    const rules = json.files[0].findings.map(({ rule }: { rule: string }) => rule);
    expect(rules.filter((rule: string) => rule === "L42")).toHaveLength(20);
    expect(json.files[0].findingsNotShown).toBe(9980);
  });

  test("symbols inspect shows all", () => {
    const folder = folderOfMany();
    const { status, stdout } = folder.run(["inspect", "livepatch.ko"]);
    expect(status).toBe(0);
    const lines = stdout.split("\n");
    for (const name of ["name_0", "name_9999"]) {
      expect(lines.filter((line) => line.split(/\s+/).includes(name))).toHaveLength(1);
    }
    expect(folder.run(["inspect", "livepatch.ko", "--html", "page.html"]).status).toBe(0);
    expect(Buffer.from(folder.read("page.html")).toString()).toContain("name_9999");
  });

  test("bad lines of a list a hundred are named", () => {
    const folder = new Folder("x86_64.in.ko");
    folder.write("list", `klp-convert-symbol-data.0.1\n*vmlinux\n${" bad\n".repeat(COUNT)}`);
    const lines = folder.refused(["x86_64.in.ko", "out.ko", "-s", "list"]).split("\n");
    expect(lines).toHaveLength(102);
    expect(lines[100]).toBe("klp-convert: error: list: 9900 more errors not shown");
  });

  test("bad lines of a manifest a hundred are named, by all that is wrong with them", () => {
    const folder = new Folder("Symbols.list", "x86_64.in.ko");
    const jobs = NAMES.map((name) => `x86_64.in.ko same.ko ${name}`);
    folder.write("jobs", `${jobs.join("\n")}\nx\n`);
    const lines = folder.refused(["batch", "jobs"]).split("\n");
    const errors = lines.filter((line) => line.startsWith("klp-convert: error: "));
    expect(errors).toHaveLength(101);
    expect(errors[100]).toMatch(/^klp-convert: error: jobs: \d+ more errors not shown$/);
  });
});
