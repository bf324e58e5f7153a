// SPDX-License-Identifier: GPL-2.0-only

// Prints a case: what was measured, a table, the bars. Lines have at most 100 columns.

import { barText } from "./bars.mjs";

export function printCase({ name, title, skipped, failed, about = [], columns, rows, bars = [] }) {
  console.log(`\n${name}: ${title}`);
  if (skipped !== undefined) return console.log(`  skipped: ${skipped}`);
  if (failed !== undefined) return console.log(`  failed: ${failed}`);
  for (const line of about) console.log(`  ${line}`);
  const cells = [columns.map(({ head }) => head), ...rows.map((row) => cellsOf(row, columns))];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i].length)));
  for (const line of cells) {
    // The first column is a name, the others are numbers.
    const padded = line.map((cell, i) =>
      i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]),
    );
    console.log(`  ${padded.join("  ").trimEnd()}`);
  }
  for (const bar of bars) console.log(`  ${barText(bar)}`);
}

function cellsOf(row, columns) {
  return columns.map(({ cell }) => cell(row));
}
