// SPDX-License-Identifier: GPL-2.0-only

// Bars that were set for figures, and whether these figures are under them. The median counts; the
// worst run stands beside it.

import { count, megabytes } from "./columns.mjs";

const TEXTS = {
  wall: (time) => `${(time / 1000).toFixed(2)} s`,
  peak: (bytes) => `${megabytes(bytes)} MB`,
};
const LIMITS = {
  wall: (time) => `${count(time / 1000)} s`,
  peak: (bytes) => `${count(bytes / 1e6)} MB`,
};

/** Holds rows of figures against `limits`: milliseconds of `wall`, bytes of `peak`. */
export function barsOf(rows, limits) {
  return rows.flatMap((row) =>
    Object.entries(limits).map(([figure, limit]) => {
      const { median, max } = row[figure];
      return { run: row.run, figure, limit, median, max, met: median < limit };
    }),
  );
}

/** A bar as a line of text. */
export function barText({ run, figure, limit, median, max, met }) {
  const text = TEXTS[figure];
  const found = `${text(median)} (worst ${text(max)})`;
  return `${met ? "met" : "MISSED"}: ${run}: ${figure} under ${LIMITS[figure](limit)}: ${found}`;
}
