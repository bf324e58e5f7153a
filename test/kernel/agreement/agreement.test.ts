// What the kernel says of modules that are wrong in one thing each, and of those that only look it.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import type { KernelLab } from "../requirements.js";
import { describeOnKernel, describeOnNewerKernel, loadOrders } from "../suite.js";
import { type Cells, formatTable, untried } from "./answer-table.js";
import { chooseCases } from "./chosen-cases.js";
import { corpus } from "./corpus.js";
import { playScenario, releaseOf, type Scenario } from "./scenario.js";
import { differenceOf, verdictOf } from "./verdicts.js";

// The same ones for every kernel.
const { cases, what } = chooseCases(corpus);

describe("the corpus", () => {
  test("calls no two cases the same", () => {
    const ids = corpus.map(({ id }) => id);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
  });

  test("breaks every rule", () => {
    const all = Array.from({ length: 75 }, (_, i) => `L${String(i + 1).padStart(2, "0")}`);
    const broken = new Set(corpus.map(({ rule }) => rule));
    // Of loongarch there is no fixture.
    expect(all.filter((rule) => !broken.has(rule))).toEqual(["L64"]);
  });
});

describeOnKernel(", agreement", testAgreement);
describeOnNewerKernel(", agreement", testAgreement);

function testAgreement(lab: KernelLab): void {
  let scenario: Scenario;

  beforeAll(async () => {
    console.log(`agreement with Linux ${releaseOf(lab)}: ${what}`);
    scenario = await playScenario(lab, cases);
  }, 1_800_000);

  test("every case has the answer that the table has", async () => {
    const release = releaseOf(lab);
    const table = fileURLToPath(new URL(`answers-${release}.md`, import.meta.url));
    const before = existsSync(table) ? readFileSync(table, "utf8") : "";
    const cells = new Map(cases.map(({ id }) => [id, cellsOf(scenario, id)]));
    const after = formatTable(`What Linux ${release} says of each case`, corpus, cells, before);
    await expect(after).toMatchFileSnapshot(table);
  });

  test.each(loadOrders)("a harmless change is one, with the livepatch loaded %s", (_, order) => {
    const answers = cases
      .filter(({ rule }) => rule === undefined)
      .map(({ id }) => [id, scenario.answers.get(`${id} ${order}`)?.text ?? "loads"]);
    expect(answers.filter(([, text]) => text !== "loads")).toEqual([]);
  });

  test.skipIf(verdictOf === undefined)("a check of the files agrees with the kernel", async () => {
    const differences: string[] = [];
    for (const it of cases) {
      const base = scenario.bases.get(it.base)!;
      if (scenario.impossible.has(it.id)) continue;
      const verdict = await verdictOf!(it, base, scenario.fileOf(it));
      for (const [, order] of loadOrders) {
        const answer = scenario.answers.get(`${it.id} ${order}`);
        const difference = answer && differenceOf(verdict[order], answer);
        if (difference !== undefined) {
          differences.push(`${it.id}, ${order}: ${difference}`);
        }
      }
    }
    expect(differences).toEqual([]);
  });
}

function cellsOf({ answers, impossible }: Scenario, id: string): Cells {
  const missing = impossible.get(id);
  if (missing !== undefined) {
    return { first: missing, last: missing };
  }
  const textOf = (order: string) => answers.get(`${id} ${order}`)?.text ?? untried;
  return { first: textOf("first"), last: textOf("last") };
}
