// The table that kernels filled in. Rows of cells that were not booted this time stay as they were.

export interface Row {
  readonly cell: string;
  readonly case: string;
  /** As `uname -r` prints it. */
  readonly kernel: string;
  /** What klp-convert says, and klp-convert check of what it made. */
  readonly conversion: string;
  readonly check: string;
  /** What becomes of it, loaded before its target, after it, and when the target comes back. */
  readonly first: string;
  readonly last: string;
  readonly again: string;
}

/** What is in a column where there is nothing to try. */
export const untried = "-";

const head = [
  "cell",
  "case",
  "kernel",
  "klp-convert",
  "klp-convert check",
  "loaded before its target",
  "loaded after it",
  "the target comes back elsewhere",
];

const title = "# What kernels made of what klp-convert made";
const reference =
  "Written by `npm run test:matrix`; [docs/kernels.md](../../docs/kernels.md) says what the cells and the cases are.";

/** The table with new rows, cells in the order of `cells`, and the others of `before`. */
export function formatTable(
  cells: readonly string[],
  rows: readonly Row[],
  before: string,
): string {
  const fresh = new Set(rows.map(({ cell }) => cell));
  const lines = rows.map(lineOf);
  const kept = before
    .split("\n")
    .filter((line) => cells.includes(cellOf(line)) && !fresh.has(cellOf(line)));
  const ordered = cells.flatMap((cell) =>
    [...lines, ...kept].filter((line) => cellOf(line) === cell),
  );
  return [
    title,
    "",
    reference,
    "",
    lineFrom(head),
    lineFrom(head.map(() => "---")),
    ...ordered,
    "",
  ].join("\n");
}

function cellOf(line: string): string {
  return /^\| (\S+) \|/.exec(line)?.[1] ?? "";
}

function lineOf(row: Row): string {
  const { cell, kernel, conversion, check, first, last, again } = row;
  return lineFrom([cell, row.case, kernel, conversion, check, first, last, again]);
}

function lineFrom(columns: readonly string[]): string {
  const cells = columns.map((column) =>
    column.replaceAll("|", "\\|").replaceAll(/x{9,}/g, (long) => `x…(${long.length})`),
  );
  return `| ${cells.join(" | ")} |`;
}
