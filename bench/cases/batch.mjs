// SPDX-License-Identifier: GPL-2.0-only

// Many modules with the symbols of a whole kernel: what a module costs once the list is walked.

import { mkdirSync } from "node:fs";
import { barsOf } from "../bars.mjs";
import { CPU, megabytes, PEAK, PEAK_MOST, RUN, WALL, WALL_RANGE } from "../columns.mjs";
import { fullList, generateVmlinux } from "../generated-kernel.mjs";
import { moduleMaker, smallShapes, uniqueNames } from "../generated-modules.mjs";
import { observeRuns } from "../rounds.mjs";

const SIZES = [1, 100, 1000];
const LANES = [1, 2];
/** Modules of the same contents do as well as others. */
const DISTINCT = 20;

const EACH = {
  head: "CPU ms per module",
  cell: ({ each }) => (each === undefined ? "" : each.toFixed(2)),
};

export const batch = {
  name: "batch",
  title: "1,000 modules with symbols of a whole kernel",
  rounds: 5,
  measure,
};

async function measure({ workspace, rounds }) {
  const vmlinux = generateVmlinux();
  const text = fullList(vmlinux);
  const list = workspace.add("full.list", text);
  const makeModule = await moduleMaker(workspace);
  const modules = smallShapes(uniqueNames(vmlinux, text), DISTINCT).map(makeModule);
  const folder = workspace.path("modules");
  mkdirSync(folder);
  const files = Array.from({ length: Math.max(...SIZES) }, (_, i) => {
    return workspace.add(`modules/${i}.ko`, modules[i % DISTINCT]);
  });
  // Each run has a folder of its own, and nothing is deleted meanwhile: while many files are newly
  // deleted, ext4 takes longer to make one than the command does to convert it.
  let outputs = 0;
  const runs = SIZES.flatMap((size) =>
    LANES.map((lanes) => {
      const options = ["-s", list, "--patched-object", "vmlinux", "-j", String(lanes)];
      const args = () => {
        const output = ["-o", workspace.path(`out-${outputs++}`)];
        return [workspace.tool, "batch", ...options, ...output, ...files.slice(0, size)];
      };
      return { run: `${size} with -j ${lanes}`, size, lanes, args };
    }),
  );
  const figures = await observeRuns(runs, rounds, workspace);
  const rows = figures.map((row, i) => {
    const { size, lanes } = runs[i];
    const one = figures[runs.findIndex((each) => each.size === 1 && each.lanes === lanes)];
    if (size === 1) return row;
    return { ...row, each: (row.cpu.median - one.cpu.median) / (size - 1) };
  });
  return {
    about: [
      `modules of ${megabytes(modules[0].length)} MB, a list of everything`,
      "CPU per module: what a run takes more than one with a single module",
    ],
    columns: [RUN, WALL, WALL_RANGE, CPU, EACH, PEAK, PEAK_MOST],
    rows,
    bars: barsOf(
      rows.filter((_, i) => runs[i].size === Math.max(...SIZES)),
      { each: 1.2 },
    ),
  };
}
