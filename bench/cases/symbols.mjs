// SPDX-License-Identifier: GPL-2.0-only

// A symbols list of a whole distribution kernel.

import { readFileSync } from "node:fs";
import { barsOf } from "../bars.mjs";
import { CPU, count, megabytes, PEAK, PEAK_MOST, RUN, WALL, WALL_RANGE } from "../columns.mjs";
import { generateVmlinux, kallsymsText } from "../generated-kernel.mjs";
import { kernelModules } from "../kernel-modules.mjs";
import { observed } from "../node-process.mjs";
import { observeRuns } from "../rounds.mjs";

const FORMATS = ["0.1", "0.2"];
/** On two cores. */
const LIMITS = { wall: 6000, peak: 300e6 };

const READ = {
  head: "ELF read MB",
  cell: ({ elfRead }) => (elfRead === undefined ? "unknown" : megabytes(elfRead)),
};
const LINES = { head: "lines", cell: ({ lines }) => count(lines) };

export const symbols = {
  name: "symbols",
  title: "all modules of a kernel and its kallsyms -> Symbols.list",
  rounds: 7,
  measure,
};

async function measure({ workspace, rounds }) {
  const modules = kernelModules();
  const real = process.env.KLP_BENCH_KALLSYMS;
  const kallsyms = real || workspace.add("kallsyms", kallsymsText(generateVmlinux()));
  const kallsymsBytes = readFileSync(kallsyms);
  const runs = FORMATS.map((format) => {
    const output = workspace.path(`Symbols-${format}.list`);
    const made = ["symbols", "-o", output, "--format", format, kallsyms, modules.folder];
    return { run: `format ${format}`, args: [workspace.tool, ...made], output };
  });
  // Node and the command read their own files too.
  const own = observed([workspace.tool, "--version"], workspace);
  const figures = await observeRuns(runs, rounds, workspace);
  const rows = figures.map((row, i) => {
    const elfRead = row.bytesRead && row.bytesRead - own.bytesRead - kallsymsBytes.length;
    return { ...row, elfRead, lines: linesOf(readFileSync(runs[i].output)) };
  });
  const { files, bytes, compressed } = modules;
  const forms = compressed > 0 ? `, ${count(compressed)} of them compressed` : "";
  const origin = real ? "" : ", generated";
  return {
    about: [
      `${count(files)} modules${forms}, ${megabytes(bytes)} MB, in the page cache`,
      `kallsyms of ${count(linesOf(kallsymsBytes))} lines${origin}`,
    ],
    modules: { files, bytes, compressed },
    columns: [RUN, WALL, WALL_RANGE, CPU, PEAK, PEAK_MOST, READ, LINES],
    rows,
    bars: barsOf(rows, LIMITS),
  };
}

function linesOf(bytes) {
  let lines = 0;
  for (const byte of bytes) if (byte === 0x0a) lines++;
  return lines;
}
