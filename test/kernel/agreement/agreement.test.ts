// What the kernel says of modules that are wrong in one thing each, and of those that only look it.
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import pLimit from "p-limit";
import { beforeAll, describe, expect, test } from "vitest";
import type { KernelLab } from "../requirements.js";
import { describeOnKernel, describeOnNewerKernel, loadOrders } from "../suite.js";
import { type Cells, formatTable, untried } from "./answer-table.js";
import type { Case } from "./case.js";
import { chooseCases } from "./chosen-cases.js";
import { corpus } from "./corpus.js";
import { playScenario, releaseOf, type Scenario } from "./scenario.js";
import { type Checked, checkCase, differenceOf } from "./verdicts.js";

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
  let checked: ReadonlyMap<string, Checked>;
  // What is missing leaves no kernel, and then nothing of this runs.
  let release: string;

  beforeAll(async () => {
    release = releaseOf(lab);
    console.log(`agreement with Linux ${release}: ${what}`);
    scenario = await playScenario(lab, cases);
    const made = cases.filter(({ id }) => !scenario.impossible.has(id));
    const check = async (it: Case) => {
      const result = await checkCase(it, scenario.bases.get(it.base)!, scenario.fileOf(it));
      return [it.id, result] as const;
    };
    checked = new Map(await pLimit(availableParallelism()).map(made, check));
  }, 3_600_000);

  test("every case has the answer and the verdict that the table has", async () => {
    const table = fileURLToPath(new URL(`answers-${release}.md`, import.meta.url));
    const before = existsSync(table) ? readFileSync(table, "utf8") : "";
    const cells = new Map(cases.map(({ id }) => [id, cellsOf(scenario, checked, id)]));
    const after = formatTable(`What Linux ${release} says of each case`, corpus, cells, before);
    await expect(after).toMatchFileSnapshot(table);
  });

  test.each(loadOrders)("a harmless change is one, with the livepatch loaded %s", (_, order) => {
    const answers = cases
      .filter(({ rule }) => rule === undefined)
      .map(({ id }) => [id, scenario.answers.get(`${id} ${order}`)?.text ?? "loads"]);
    expect(answers.filter(([, text]) => text !== "loads")).toEqual([]);
  });

  test.each(loadOrders)("check says what the kernel says, with it loaded %s", (_, order) => {
    const differences = cases.flatMap((it) => {
      const verdict = checked.get(it.id)?.verdict[order];
      const answer = scenario.answers.get(`${it.id} ${order}`);
      const difference = verdict && answer && differenceOf(it, verdict, answer);
      return difference === undefined ? [] : `${it.id}: ${difference}`;
    });
    expect(differences).toEqual([]);
  });

  test("check finds the rule that is broken, and no error where none is", () => {
    const missed = cases.flatMap(({ id, rule, since, before }) => {
      const findings = checked.get(id)?.findings ?? [];
      if (rule === undefined) {
        const errors = findings.filter(({ severity }) => severity === "error");
        return errors.map((each) => `${id}: ${each.rule} is found`);
      }
      const number = Number.parseFloat(release);
      const isOther =
        (since !== undefined && number < Number.parseFloat(since)) ||
        (before !== undefined && number >= Number.parseFloat(before));
      const isFound = findings.some((each) => each.rule === rule);
      return isFound || isOther || !checked.has(id) ? [] : `${id}: ${rule} is not found`;
    });
    expect(missed).toEqual([]);
  });
}

function cellsOf(
  { answers, impossible }: Scenario,
  checked: ReadonlyMap<string, Checked>,
  id: string,
): Cells {
  const missing = impossible.get(id);
  if (missing !== undefined) return { first: missing, last: missing, said: untried };
  const textOf = (order: string) => answers.get(`${id} ${order}`)?.text ?? untried;
  return { first: textOf("first"), last: textOf("last"), said: checked.get(id)!.text };
}
