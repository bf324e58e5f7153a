// SPDX-License-Identifier: GPL-2.0-only

// A livepatch that uses very much of the kernel.

import { barsOf } from "../bars.mjs";
import { COMPARED, megabytes } from "../columns.mjs";
import { fullList, generateVmlinux } from "../generated-kernel.mjs";
import { moduleMaker, uniqueNames } from "../generated-modules.mjs";
import { compareWithNode } from "../rounds.mjs";

export const many = {
  name: "many",
  title: "2,000 livepatch symbols, 15,000 relocations, against a Node that does nothing",
  rounds: 15,
  measure,
};

async function measure({ workspace, rounds }) {
  const vmlinux = generateVmlinux();
  const text = fullList(vmlinux);
  const makeModule = await moduleMaker(workspace);
  const used = uniqueNames(vmlinux, text).slice(0, 2000);
  const module = makeModule({ used, uses: 15_000 });
  const input = workspace.add("many.ko", module);
  const list = workspace.add("many.list", text);
  const options = ["-s", list, "--patched-object", "vmlinux"];
  const args = [workspace.tool, input, workspace.path("many.klp.ko"), ...options];
  const rows = await compareWithNode([{ run: "list of everything", args }], rounds, workspace);
  return {
    about: [`a module of ${megabytes(module.length)} MB`],
    columns: COMPARED,
    rows,
    bars: barsOf(rows.slice(1), { ratio: 2.5 }),
  };
}
