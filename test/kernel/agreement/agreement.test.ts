// What the kernel says of modules that are wrong in one thing each, and of those that only look it.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { describeOnKernel, loadOrders } from "../suite.js";
import { type Cells, formatTable, untried } from "./answer-table.js";
import { chooseCases } from "./chosen-cases.js";
import { corpus } from "./corpus.js";
import { playScenario, type Scenario } from "./scenario.js";

describe("the corpus", () => {
  test("calls no two cases the same", () => {
    const ids = corpus.map(({ id }) => id);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
  });
});

describeOnKernel(", agreement", (lab) => {
  let scenario: Scenario;
  const { cases, what } = chooseCases(corpus);

  beforeAll(async () => {
    console.log(`agreement: ${what}`);
    scenario = await playScenario(lab, cases);
  }, 900_000);

  test("every case has the answer that the table has", async () => {
    const release = lab.version.split(".").slice(0, 2).join(".");
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
});

function cellsOf({ answers }: Scenario, id: string): Cells {
  const textOf = (order: string) => answers.get(`${id} ${order}`)?.text ?? untried;
  return { first: textOf("first"), last: textOf("last") };
}
