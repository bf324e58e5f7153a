// Is the position that counting in /proc/kallsyms gives the one the kernel means?
//
// To resolve one symbol the kernel walks through all of its 94,000, up to the one it is looking for:
// 15 ms on an emulated processor. All positions, 6,809 of 1,125 names in Linux 6.1.0-56, take two
// minutes, so by default there are about 1,600: the last one of every name, and every twelfth of the
// others. With KLP_TEST_ALL_POSITIONS=1 there are all.
import { beforeAll, expect, test } from "vitest";
import { describeOnKernel } from "../suite.js";
import { type Homonym, isAtZero, sampleOf } from "./homonyms.js";
import { playScenario, type Scenario } from "./scenario.js";

const tryAll = process.env.KLP_TEST_ALL_POSITIONS === "1";
const spacing = tryAll ? 1 : 12;
const timeLimit = tryAll ? 1_200_000 : 240_000;
const tried = tryAll
  ? "every position of every name that vmlinux has more than once"
  : "the last position of every name that vmlinux has more than once, and every 12th of the others,";

describeOnKernel(", positions of vmlinux", (lab) => {
  let scenario: Scenario;

  beforeAll(async () => {
    const choose = (names: Iterable<readonly Homonym[]>) =>
      sampleOf(names, spacing).filter((homonym) => !isAtZero(homonym));
    scenario = await playScenario(lab, choose, timeLimit);
    const { homonyms, chosen } = scenario;
    const all = [...homonyms.values()].flat();
    const atZero = all.filter(isAtZero).length;
    console.log(
      `tried ${chosen.length} of ${all.length} positions, of ${new Set(chosen.map(nameOf)).size} ` +
        `of ${homonyms.size} names; ${atZero} are at address 0, which no position resolves`,
    );
  }, timeLimit + 120_000);

  test("no name is left out that has a symbol at another address than 0", () => {
    const { homonyms, chosen } = scenario;
    const resolvable = [...homonyms.values()].flat().filter((homonym) => !isAtZero(homonym));
    expect(resolvable).not.toEqual([]);
    expect(new Set(chosen.map(nameOf))).toEqual(new Set(resolvable.map(nameOf)));
    if (tryAll) {
      expect(chosen).toEqual(resolvable);
    }
  });

  test("a livepatch with pointers to them is accepted, disabled and removed", () => {
    for (const step of ["insmod", "settle", "disable", "rmmod"]) {
      expect(scenario.report.status(step), step).toBe(0);
    }
  });

  test("every boot has the same names equally often", () => {
    const counts = (homonyms: ReadonlyMap<string, readonly Homonym[]>) =>
      [...homonyms].map(([name, { length }]) => `${name} ${length}`);
    expect(counts(scenario.homonymsThen)).toEqual(counts(scenario.homonyms));
  });

  test(`${tried} is where the kernel finds it`, () => {
    const { chosen, report, homonymsThen } = scenario;
    const resolved = report.lines("pointers");
    expect(resolved).toHaveLength(chosen.length);
    const wrong = chosen.flatMap(({ name, position }, i) => {
      const address = homonymsThen.get(name)?.[position - 1]?.address;
      return resolved[i] === address ? [] : [`${name},${position}: ${resolved[i]}, not ${address}`];
    });
    expect(wrong).toEqual([]);
  });

  test("the kernel takes no harm", () => {
    expect(scenario.report.faults()).toEqual([]);
  });
});

function nameOf({ name }: Homonym): string {
  return name;
}
