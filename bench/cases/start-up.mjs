// SPDX-License-Identifier: GPL-2.0-only

// What every run costs before it does anything.

import { barsOf } from "../bars.mjs";
import { COMPARED } from "../columns.mjs";
import { compareWithNode } from "../rounds.mjs";

export const startUp = {
  name: "start-up",
  title: "--version, against a Node that does nothing",
  rounds: 40,
  measure: async ({ workspace, rounds }) => {
    const runs = [{ run: "klp-convert --version", args: [workspace.tool, "--version"] }];
    const rows = await compareWithNode(runs, rounds, workspace);
    return { columns: COMPARED, rows, bars: barsOf(rows.slice(1), { ratio: 1.2 }) };
  },
};
