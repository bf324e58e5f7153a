// SPDX-License-Identifier: GPL-2.0-only

// A module of which nearly all is debug information, against cp.

import { existsSync, rmSync } from "node:fs";
import { barsOf } from "../bars.mjs";
import { megabytes, PEAK, RATIO, RATIO_QUARTILES, RUN, WALL, WALL_QUARTILES } from "../columns.mjs";
import { generateVmlinux, vmlinuxList } from "../generated-kernel.mjs";
import { moduleMaker, uniqueNames } from "../generated-modules.mjs";
import { observed, timed } from "../node-process.mjs";
import { Skipped } from "../outcomes.mjs";
import { inTurns } from "../rounds.mjs";
import { median, ratioOf, spreadOf } from "../statistics.mjs";

const SIZE = 200_000_000;
const CP = "/bin/cp";

export const large = {
  name: "large",
  title: "a module of 200 MB, against cp",
  rounds: 9,
  measure,
};

async function measure({ workspace, rounds }) {
  if (!existsSync(CP)) throw new Skipped(`there is no ${CP} to compare with`);
  const vmlinux = generateVmlinux();
  const text = vmlinuxList(vmlinux);
  const makeModule = await moduleMaker(workspace);
  const used = uniqueNames(vmlinux, text).slice(0, 40);
  const module = makeModule({ used, uses: 150, functions: 1200, calls: 2850, debug: SIZE });
  const input = workspace.add("large.ko", module);
  const list = workspace.add("large.list", text);
  const copy = workspace.path("large.copy.ko");
  const output = workspace.path("large.klp.ko");
  const args = [workspace.tool, input, output, "-s", list, "--patched-object", "vmlinux"];
  const runs = [
    { run: "cp", file: copy, time: () => timed([input, copy], CP) },
    { run: "klp-convert", file: output, time: () => timed(args) },
  ];
  const times = await inTurns(runs, rounds, ({ file, time }) => {
    // To replace a file has ext4 write out the new one first.
    rmSync(file, { force: true });
    return time();
  });
  rmSync(output, { force: true });
  const peak = spreadOf([observed(args, workspace).peak]);
  const [cp, converted] = runs.map(({ run }, i) => ({ run, wall: spreadOf(times[i]) }));
  const ratio = ratioOf(times[1], times[0]);
  const rows = [
    cp,
    { ...converted, ratio, peak, peakOfInput: median(peak.samples) / module.length },
  ];
  const peakOf = { ...PEAK, cell: (row) => (row.peak === undefined ? "" : PEAK.cell(row)) };
  return {
    about: [`${megabytes(module.length)} MB, in the page cache; outputs are new files`],
    columns: [RUN, WALL, WALL_QUARTILES, RATIO, RATIO_QUARTILES, peakOf],
    rows,
    bars: barsOf(rows.slice(1), { ratio: 3, peakOfInput: 2.2 }),
  };
}
