// Positions of homonyms, as rows of the matrix: what the suites of vmlinux-positions and module-positions
// try, on every kernel.
import { accepted, refused } from "../module-positions/cases.js";
import { outcomeOf } from "../module-positions/outcomes.js";
import * as ofModules from "../module-positions/scenario.js";
import type { KernelLab } from "../requirements.js";
import { loadOrders } from "../suite.js";
import { isAtZero, sampleOf } from "../vmlinux-positions/homonyms.js";
import * as ofVmlinux from "../vmlinux-positions/scenario.js";
import { type Row, untried } from "./table.js";
import { worked } from "./trials.js";

/** Of all positions but the last of each name one in so many: the kernel takes its time to find a symbol. */
const spacing = 12;

/** The rows of a cell, `known` being what all of them have. */
export async function playPositions(
  known: Pick<Row, "cell" | "kernel">,
  lab: KernelLab,
): Promise<Row[]> {
  const folder = `matrix/${known.cell}-positions`;
  // What goes wrong here is not to take away what the cell has said before.
  const failure = (error: Error) => `failed: ${error.message.split("\n")[0]}`;
  const vmlinux = await vmlinuxOutcome(lab, `${folder}/vmlinux`).catch(failure);
  const [first, last] = await moduleOutcomes(known, lab, `${folder}/module`).catch(
    (error: Error) => [failure(error), failure(error)],
  );
  const rest = { conversion: "converted", check: untried, again: untried };
  return [
    { ...known, ...rest, case: "positions-vmlinux", first: untried, last: vmlinux },
    { ...known, ...rest, case: "positions-module", first: first!, last: last! },
  ];
}

async function vmlinuxOutcome(lab: KernelLab, folder: string): Promise<string> {
  const { chosen, report, homonymsThen } = await ofVmlinux.playScenario(
    lab,
    (names) => sampleOf(names, spacing).filter((homonym) => !isAtZero(homonym)),
    300_000,
    folder,
  );
  const pointers = report.lines("pointers");
  const wrong = chosen.filter(
    ({ name, position }, i) => pointers[i] !== homonymsThen.get(name)?.[position - 1]?.address,
  );
  return wrong.length === 0 && pointers.length === chosen.length
    ? `${worked}: ${chosen.length} positions of ${homonymsThen.size} names`
    : `wrong: ${wrong.map(({ name, position }) => `${name},${position}`).join(" ")}`;
}

/**
 * In each order of loading: whether all positions are what module-positions/cases.ts says. powerpc64 does
 * not free .init sections (arch/powerpc/kernel/module_64.c, module_init_section), so that symbols of
 * them still count when the module is live. klp-convert refuses them there, too.
 */
async function moduleOutcomes(
  known: Pick<Row, "cell">,
  lab: KernelLab,
  folder: string,
): Promise<string[]> {
  const all = [
    ...accepted.map(([name, position, which]) => [name, position, which, which] as const),
    ...refused.map(([name, position, first, last]) => {
      const isKept = known.cell.startsWith("ppc64") && name.includes("init");
      return [name, position, first, isKept ? first : last] as const;
    }),
  ];
  const keys = all.map(([name, position]) => ofModules.keyOf(name, position));
  const scenario = await ofModules.playScenario(lab, keys, folder);
  const unlike = accepted.filter(
    ([name, position]) => scenario.conversions.get(ofModules.keyOf(name, position))!.status !== 0,
  );
  return loadOrders.map(([, order], i) => {
    const others = all.filter(
      ([name, position, ...wanted]) => outcomeOf(scenario, name, position, order) !== wanted[i],
    );
    const wrong = [...unlike, ...others].map(([name, position]) => `${name},${position}`);
    return wrong.length === 0 ? `${worked}: ${all.length} positions` : `wrong: ${wrong.join(" ")}`;
  });
}
