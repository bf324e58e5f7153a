// SPDX-License-Identifier: GPL-2.0-only

// Bars that were set for figures, and whether these figures are under them. The median counts; where
// there are samples, the worst run stands beside it.

import { megabytes } from "./columns.mjs";

const seconds = (time) => `${(time / 1000).toFixed(2)} s`;
const MB = (bytes) => `${megabytes(bytes)} MB`;
const times = (ratio) => `${ratio.toFixed(2)} ×`;

/** What bars are set for: how it is called, what it is in a row, how it is written. */
const FIGURES = {
  wall: { title: "wall", of: ({ wall }) => wall, text: seconds },
  peak: { title: "peak", of: ({ peak }) => peak, text: MB },
  ratio: { title: "ratio", of: ({ ratio }) => ({ median: ratio.median }), text: times },
  morePeak: { title: "memory", of: ({ morePeak }) => ({ median: morePeak }), text: MB },
  each: {
    title: "CPU per module",
    of: ({ each }) => ({ median: each }),
    text: (ms) => `${ms.toFixed(2)} ms`,
  },
  peakOfInput: {
    title: "memory, of the input",
    of: ({ peakOfInput }) => ({ median: peakOfInput }),
    text: times,
  },
  exponent: {
    title: "exponent",
    of: ({ exponent }) => ({ median: exponent }),
    text: (n) => n.toFixed(2),
  },
};

/**
 * Holds rows of figures against `limits`, an object for each figure that has a limit in these rows: bytes
 * of `peak`, milliseconds of `wall`, and so on.
 */
export function barsOf(rows, limits) {
  return rows.flatMap((row) =>
    Object.entries(limits).map(([figure, limit]) => {
      const { median, max } = FIGURES[figure].of(row);
      return { run: row.run, figure, limit, median, max, met: median <= limit };
    }),
  );
}

/** A bar as a line of text. */
export function barText({ run, figure, limit, median, max, met }) {
  const { title, text } = FIGURES[figure];
  const worst = max === undefined ? "" : ` (worst ${text(max)})`;
  const found = `${text(median)}${worst}`;
  return `${met ? "met" : "MISSED"}: ${run}: ${title} at most ${text(limit)}: ${found}`;
}
