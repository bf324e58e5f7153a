/**
 * Tables and paragraphs of text for a terminal of 100 columns. Nothing is cut: what is too long for
 * its column goes on in the next line, broken where a reader would break it.
 */

import { visible } from "./diagnostic-text.js";

/** Columns of a line. */
export const WIDTH = 100;
const INDENT = "  ";
const GAP = "  ";
/** The least a column is made, however many there are. */
const NARROWEST = 8;

export interface Column {
  readonly head: string;
  /** Numbers stand right. */
  readonly right?: boolean;
}

/** Lines of a table, each ended by a newline; control characters in cells are made visible. */
export function tableText(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const cells = rows.map((row) => row.map(visible));
  const naturals = columns.map(({ head }, i) =>
    Math.max(head.length, ...cells.map((row) => row[i]!.length)),
  );
  const widths = shares(naturals, WIDTH - INDENT.length - GAP.length * (columns.length - 1));
  const heads = columns.map(({ head }) => head);
  return [heads, ...cells].map((row) => rowText(columns, widths, row)).join("");
}

function rowText(
  columns: readonly Column[],
  widths: readonly number[],
  row: readonly string[],
): string {
  const broken = row.map((cell, i) => brokenText(cell, widths[i]!));
  const height = Math.max(...broken.map((lines) => lines.length));
  let text = "";
  for (let line = 0; line < height; line++) {
    const parts = broken.map((lines, i) => {
      const part = lines[line] ?? "";
      return columns[i]!.right ? part.padStart(widths[i]!) : part.padEnd(widths[i]!);
    });
    text += `${`${INDENT}${parts.join(GAP)}`.trimEnd()}\n`;
  }
  return text;
}

/** A heading's line with what follows it, wrapped, the next lines under where `text` begins. */
export function labelledText(label: string, text: string): string {
  const lines = brokenText(visible(text), WIDTH - label.length);
  return lines.map((line, i) => `${i === 0 ? label : " ".repeat(label.length)}${line}\n`).join("");
}

/** Widths for columns: narrow ones get what they want, the others share what is left. */
function shares(naturals: readonly number[], room: number): number[] {
  const widths = naturals.map(() => 0);
  let open = naturals.map((_, i) => i);
  let left = room;
  for (;;) {
    const share = Math.max(NARROWEST, Math.floor(left / Math.max(1, open.length)));
    const fitting = open.filter((i) => naturals[i]! <= share);
    if (fitting.length === 0) {
      for (const i of open) widths[i] = share;
      return widths;
    }
    for (const i of fitting) {
      widths[i] = naturals[i]!;
      left -= naturals[i]!;
    }
    open = open.filter((i) => !fitting.includes(i));
    if (open.length === 0) return widths;
  }
}

/** `text` in lines of at most `width`: broken at spaces, else behind a mark in a name, else anywhere. */
export function brokenText(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const space = rest.lastIndexOf(" ", width);
    if (space > 0) {
      lines.push(rest.slice(0, space));
      rest = rest.slice(space + 1);
      continue;
    }
    const mark = /^.*[.,_/-]/s.exec(rest.slice(0, width))?.[0].length ?? 0;
    const at = mark > width / 2 ? mark : width;
    lines.push(rest.slice(0, at));
    rest = rest.slice(at);
  }
  lines.push(rest);
  return lines;
}
