// SPDX-License-Identifier: GPL-2.0-only

// Symbols of another kernel, or another machine, than the module's.

import { describe, expect, test } from "vitest";
import { LAYOUTS } from "./intermediate.js";
import { listOf, messages, run, uses, withoutPatchNote } from "./messages.js";

const OF_KERNEL = "positions are right only for the kernel that symbols are from";
const PRINTK = "printk ffffffff81000010 T";

/** A list that says this of itself, of vmlinux, of m, which is used, and of n, which is not. */
function list({ header = "", vmlinux = "", m = "", n = "" }: Record<string, string>): string {
  const object = (name: string, facts: string) => `*${name}${facts === "" ? "" : ` ${facts}`}`;
  const lines = [object("vmlinux", vmlinux), PRINTK, object("m", m), "f .text+0x0 t"];
  return listOf(header, ...lines, object("n", n), "g .text+0x0 t");
}

const SAME = "release=6.1.0-1-amd64";
const OTHER = "release=6.1.0-2-amd64";
const mismatch = (object: string, release: string) =>
  `symbols-release: the module is for kernel 6.1.0-1-amd64, and list has ${object} of ${release}`;

describe("symbols of another release are warned of, and refused with --strict:", () => {
  test.each([
    ["all", { header: OTHER }, [mismatch("m", "6.1.0-2-amd64")]],
    [
      "vmlinux, of which nothing is used",
      { vmlinux: OTHER },
      [mismatch("vmlinux", "6.1.0-2-amd64")],
    ],
    ["an object in use", { header: SAME, m: OTHER }, [mismatch("m", "6.1.0-2-amd64")]],
    [
      "two that differ",
      { vmlinux: "release=5.10.0", m: OTHER },
      [mismatch("vmlinux", "5.10.0"), mismatch("m", "6.1.0-2-amd64")],
    ],
    ["one that differs in its end only", { m: `${SAME}-rt` }, [mismatch("m", "6.1.0-1-amd64-rt")]],
  ])("%s", (_, facts, expected) => {
    const warned = run(uses("f"), list(facts));
    expect(warned.report.outcome).toBe("converted");
    expect(messages(warned)).toEqual(
      expected.flatMap((each) => [`warning ${each}`, `  ${OF_KERNEL}`]),
    );
    const refused = run(uses("f"), list(facts), { strict: true });
    expect(refused.output).toBeUndefined();
    expect(messages(refused)).toEqual(
      expected.flatMap((each) => [`error ${each}`, `  ${OF_KERNEL}`]),
    );
  });

  test.each([
    ["that are the module's", { header: SAME }],
    ["that do not say it", {}],
    ["of an object that is not used", { header: SAME, n: OTHER }],
  ])("but not those %s", (_, facts) => {
    for (const strict of [false, true]) {
      expect(messages(run(uses("f"), list(facts), { strict }))).toEqual([]);
    }
  });

  test("nor those for a module that does not say its own", () => {
    const module = { ...uses("f"), modinfo: "livepatch=Y\0" };
    const result = run(module, list({ header: OTHER }), { strict: true });
    expect(messages(result)).toEqual([]);
  });

  test("also those of an object that an annotation names, found or not", () => {
    const module = { ...uses("h"), annotations: { m: [["h", 1]] as const } };
    const stated = run(uses("f"), list({ m: OTHER }), { sympos: ["m:f=1"] });
    expect(messages(stated)[0]).toBe(`warning ${mismatch("m", "6.1.0-2-amd64")}`);
    expect(run(module, list({ m: OTHER })).report.outcome).toBe("refused");
  });
});

describe("symbols of another machine are refused:", () => {
  test.each([
    ["all", { header: "arch=arm64" }, "m", "arm64"],
    ["vmlinux", { header: "arch=x86_64", vmlinux: "arch=s390x" }, "vmlinux", "s390x"],
    ["an object in use", { m: "arch=powerpc" }, "m", "powerpc"],
    ["one that nobody knows", { m: "arch=machine-42" }, "m", "machine-42"],
  ])("%s", (_, facts, object, machine) => {
    const result = run(uses("f"), list(facts));
    expect(result.output).toBeUndefined();
    expect(messages(result)).toEqual([
      `error symbols-machine: the module is for x86_64, and list has ${object} of ${machine}`,
    ]);
  });

  test.each([
    ["of the module's machine", { header: "arch=x86_64" }],
    ["that do not say it", {}],
    ["of an object that is not used", { n: "arch=arm64" }],
  ])("but not those %s", (_, facts) => {
    expect(messages(run(uses("f"), list(facts)))).toEqual([]);
  });

  test("for a module of whatever machine", () => {
    const module = { ...uses("f"), layout: LAYOUTS[1] };
    expect(messages(run(module, list({ header: "arch=s390x" })))).toEqual([]);
    expect(messages(run(module, list({ header: "arch=x86_64" })))).toEqual([
      "error symbols-machine: the module is for s390x, and list has m of x86_64",
    ]);
  });

  test("beside all other faults", () => {
    const result = run(uses("f", "absent"), list({ header: `arch=arm64 ${OTHER}` }));
    expect(withoutPatchNote(result.diagnostics).map(({ code }) => code)).toEqual([
      "unknown-symbol",
      "symbols-machine",
      "symbols-release",
    ]);
  });
});
