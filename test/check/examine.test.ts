// SPDX-License-Identifier: GPL-2.0-only
import { expect, test } from "vitest";
import { examine } from "../../src/check/examine.js";
import { HARMLESS } from "../../src/check/outcome.js";
import type { Findings, Rule } from "../../src/check/rule.js";
import { Subject } from "../../src/check/subject.js";
import { buildElf } from "../elf-builder.js";

const subject = new Subject("in.ko", buildElf({}), {});

function ruleOf(id: Rule["id"], run: (findings: Findings) => void): Rule {
  return {
    id,
    title: "",
    severity: "error",
    needs: ["object"],
    consequences: [],
    remedy: "mend it",
    source: "",
    isStructural: true,
    test: (_, findings) => run(findings),
  };
}

test("why a rule could not be tested is told once for each rule", () => {
  const run = (findings: Findings) => {
    for (const reason of ["a", "b", "a"]) findings.unchecked(reason);
  };
  expect(examine(subject, [ruleOf("L01", run), ruleOf("L02", run)]).unchecked).toEqual([
    { rule: "L01", reason: "a" },
    { rule: "L01", reason: "b" },
    { rule: "L02", reason: "a" },
    { rule: "L02", reason: "b" },
  ]);
});

test("of each rule 20 findings are kept, and the others counted", () => {
  const run = (count: number) => (findings: Findings) => {
    for (let i = 0; i < count; i++) findings.add({ message: `${i}`, outcome: HARMLESS });
  };
  const rules = [ruleOf("L01", run(25)), ruleOf("L02", run(20)), ruleOf("L03", run(3))];
  const { findings, beyond } = examine(subject, rules);
  const kept = rules.map(({ id }) => findings.filter(({ rule }) => rule === id).length);
  expect(kept).toEqual([20, 20, 3]);
  expect(beyond).toBe(5);
});
