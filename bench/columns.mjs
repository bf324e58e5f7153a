// SPDX-License-Identifier: GPL-2.0-only

// Columns that tables of figures have: a head, and the text of a row's cell, empty if the row has
// no such figure. Times are milliseconds, sizes are bytes; MB are millions of them.

export const count = (number) => number.toLocaleString("en");
export const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
const milliseconds = (time) => time.toFixed(time < 1000 ? 1 : 0);
const ratio = (number) => number.toFixed(2);
const range = (from, to, text) => `${text(from)}–${text(to)}`;

export const RUN = { head: "run", cell: ({ run }) => run };
export const WALL = { head: "wall ms", cell: ({ wall }) => milliseconds(wall.median) };
export const WALL_QUARTILES = {
  head: "quartiles",
  cell: ({ wall }) => range(wall.lower, wall.upper, milliseconds),
};
export const WALL_RANGE = {
  head: "min–max",
  cell: ({ wall }) => range(wall.min, wall.max, milliseconds),
};
export const CPU = { head: "CPU ms", cell: ({ cpu }) => milliseconds(cpu.median) };
export const PEAK = { head: "peak MB", cell: ({ peak }) => megabytes(peak.median) };
export const PEAK_MOST = { head: "max", cell: ({ peak }) => megabytes(peak.max) };
export const RATIO = { head: "ratio", cell: (row) => (row.ratio ? ratio(row.ratio.median) : "") };
export const RATIO_QUARTILES = {
  head: "quartiles",
  cell: (row) => (row.ratio ? range(row.ratio.lower, row.ratio.upper, ratio) : ""),
};
export const MORE_PEAK = {
  head: "+peak MB",
  cell: ({ morePeak }) => (morePeak === undefined ? "" : megabytes(morePeak)),
};

/** The columns of runs that are compared with a Node that does nothing. */
export const COMPARED = [RUN, WALL, WALL_QUARTILES, RATIO, RATIO_QUARTILES, CPU, PEAK, MORE_PEAK];
