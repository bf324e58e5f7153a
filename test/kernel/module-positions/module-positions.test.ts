// A module's symbol has two positions: one while the module is being loaded, by a livepatch that was
// there first, and one when it is loaded. klp-convert reads both from the module's file. Does it
// accept exactly the positions that mean the same symbol to the kernel both times?
import { existsSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { runCommand } from "../command.js";
import { describeOnKernel, loadOrders } from "../suite.js";
import { accepted, refused, symbolTable } from "./cases.js";
import { outcomeOf } from "./outcomes.js";
import { keyOf, playScenario, type Scenario } from "./scenario.js";

describeOnKernel(", positions of a module", (lab) => {
  let scenario: Scenario;

  beforeAll(async () => {
    const keys = [...accepted, ...refused].map(([name, position]) => keyOf(name, position));
    scenario = await playScenario(lab, keys);
  }, 300_000);

  test("the target has its symbols in the order that is meant", async () => {
    const { stdout } = await runCommand("objdump", ["--syms", scenario.target]);
    const sections = new Map<string, string[]>();
    // Value, seven characters of flags, section, size, name.
    for (const [, section, name] of stdout.matchAll(/^\w{16} .{7} (\S+)\t\w+ (\S+)$/gm)) {
      sections.set(name!, [...(sections.get(name!) ?? []), section!]);
    }
    for (const [name, expected] of Object.entries(symbolTable)) {
      expect(sections.get(name), name).toEqual(expected);
    }
  });

  describe.each(accepted)("%s at position %i", (name, position, which) => {
    test("is accepted by klp-convert", () => {
      const { status, stderr } = scenario.conversions.get(keyOf(name, position))!;
      expect(status, stderr).toBe(0);
    });

    test.each(loadOrders)(`is the ${which} one, loaded %s`, (_when, order) => {
      expect(outcomeOf(scenario, name, position, order)).toBe(which);
    });
  });

  describe.each(refused)("%s at position %i", (name, position, first, last) => {
    test("is refused by klp-convert, which names it and leaves nothing behind", () => {
      const { status, stderr, output } = scenario.conversions.get(keyOf(name, position))!;
      expect(status).toBe(1);
      // Files are called after symbols.
      expect(stderr.replaceAll(`${keyOf(name, position)}.ko`, "")).toContain(name);
      expect(existsSync(output)).toBe(false);
    });

    test(`taken at its word, is "${first}" before its target, "${last}" after it`, () => {
      expect(outcomeOf(scenario, name, position, "first")).toBe(first);
      expect(outcomeOf(scenario, name, position, "last")).toBe(last);
    });
  });

  test("the kernel takes no harm", () => {
    expect(scenario.report.faults()).toEqual([]);
  });
});
