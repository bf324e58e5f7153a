// The kernel's answers as a table, a line for each case, that is kept beside the tests.
import type { Case } from "./case.js";

/** What is in the columns behind the edit. */
export interface Cells {
  readonly first: string;
  readonly last: string;
  /** The verdict of klp-convert check. */
  readonly said: string;
}

/** What is in a column where there is nothing to try. */
export const untried = "-";

/**
 * The table of a corpus. Cases without cells, which were not tried this time, have the line of the
 * table as it was.
 */
export function formatTable(
  title: string,
  corpus: readonly Case[],
  cells: ReadonlyMap<string, Cells>,
  before: string,
): string {
  const lines = linesById(before);
  const rows = corpus.flatMap((it) => {
    const tried = cells.get(it.id);
    const line = lines.get(it.id);
    if (tried === undefined) return line ?? [];
    const known = [it.id, it.rule ?? "", it.base, it.what];
    const head = row(known).slice(0, -1);
    // Another chance would give other answers.
    const kept = it.isByChance && line?.startsWith(head) ? answersOf(line.slice(head.length)) : [];
    const chance = it.isByChance ? "by chance: " : "";
    const { first, last, said } = tried;
    return row([...known, ...(kept.length > 0 ? kept : [chance + first, chance + last]), said]);
  });
  const head = [
    "case",
    "rule",
    "module",
    "edit",
    "loaded before its target",
    "loaded after it",
    "klp-convert check",
  ];
  return [`# ${title}`, "", row(head), row(head.map(() => "---")), ...rows, ""].join("\n");
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** The answers in the last columns of a line, as they stand there. */
function answersOf(columns: string): string[] {
  const [, first, last] = /^\| (by chance: .*?) \| (by chance: .*?) \|/.exec(columns) ?? [];
  return first === undefined || last === undefined ? [] : [first, last];
}

function linesById(table: string): Map<string, string> {
  const lines = table.split("\n").map((line) => [/^\| ([\w-]+) \|/.exec(line)?.[1], line] as const);
  return new Map(lines.flatMap(([id, line]) => (id === undefined ? [] : [[id, line] as const])));
}
