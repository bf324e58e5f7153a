// SPDX-License-Identifier: GPL-2.0-only

// How the cost of a conversion grows with what is in a module: an exponent of 1 is linear.

import { barsOf } from "../bars.mjs";
import { count, RUN } from "../columns.mjs";
import { moduleMaker } from "../generated-modules.mjs";
import { median } from "../statistics.mjs";

const SYMBOLS = 100;
const used = Array.from({ length: SYMBOLS }, (_, i) => `symbol_of_vmlinux_${i}`);

/** What grows, over three decades, and the module with so much of it. */
const KINDS = [
  {
    run: "bytes",
    sizes: [200_000, 2_000_000, 20_000_000, 200_000_000],
    shape: (debug) => ({ used, uses: 100, debug }),
  },
  {
    run: "relocations of livepatch symbols",
    sizes: [1000, 10_000, 100_000, 1_000_000],
    shape: (uses) => ({ used, uses }),
  },
  {
    run: "other relocations",
    sizes: [1000, 10_000, 100_000, 1_000_000],
    shape: (calls) => ({ used, uses: 100, functions: 100, calls }),
  },
];
/** Decades are of the larger sizes: the smallest one has costs that do not grow. */
const LARGEST = 3;

export const growth = {
  name: "growth",
  title: "how the time of a conversion in memory grows, with its check",
  rounds: 5,
  measure,
};

async function measure({ workspace, rounds }) {
  const { convert } = await import(workspace.project("dist/lib/livepatch/index.js"));
  const { checkOutput } = await import(workspace.project("dist/lib/check/index.js"));
  const makeModule = await moduleMaker(workspace);
  const text = `klp-convert-symbol-data.0.1\n*vmlinux\n${used.join("\n")}\n`;
  const symbols = { file: "list", bytes: Buffer.from(text) };
  const once = (module) => {
    const started = performance.now();
    const { output } = convert(module, { symbols, patchedObjects: ["vmlinux"] });
    checkOutput(output, module);
    return performance.now() - started;
  };
  const rows = KINDS.map(({ run, sizes, shape }) => {
    const times = sizes.map((size) => {
      const module = makeModule(shape(size));
      // Until V8 has made up its mind.
      for (let i = 0; i < 3; i++) once(module);
      return median(Array.from({ length: rounds }, () => once(module)));
    });
    return { run, sizes, times, exponent: slope(sizes.slice(-LARGEST), times.slice(-LARGEST)) };
  });
  const columns = [
    RUN,
    ...[0, 1, 2, 3].map((i) => ({
      head: i === 0 ? "ms, by size" : "",
      cell: ({ sizes, times }) => `${count(sizes[i])}: ${times[i].toFixed(1)}`,
    })),
    { head: "exponent", cell: ({ exponent }) => exponent.toFixed(2) },
  ];
  return { columns, rows, bars: barsOf(rows, { exponent: 1.1 }) };
}

/** The slope of the line through the logarithms, by least squares. */
function slope(sizes, times) {
  const points = sizes.map((size, i) => [Math.log(size), Math.log(times[i])]);
  const mean = (of) => points.reduce((sum, point) => sum + point[of], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const above = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return above / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}
