/** How two modules differ, as text for a terminal. */

import { counted } from "../diagnostics.js";
import type { ChangedField, Comparison } from "../inspect/index.js";
import {
  changedWords,
  isMadeLivepatch,
  movesBySections,
  removalsBySections,
  restWords,
} from "./comparison-words.js";
import { labelledText, tableText } from "./text-table.js";

/** What changed between two files, and that the rest did not. */
export function comparisonText(before: string, after: string, comparison: Comparison): string {
  const head = labelledText("", `${before} -> ${after}`);
  if (comparison.identical) return `${head}\nThe files are identical, byte for byte.\n`;
  const { header, symbols, sections, relocations, modinfo } = comparison;
  const made = [
    ...symbols.renamed.filter(isMadeLivepatch),
    ...symbols.changed
      .filter(isMadeLivepatch)
      .map(({ name, fields }) => ({ before: name, after: name, fields })),
  ];
  const fieldRows = (name: string, fields: readonly ChangedField[]) =>
    fields.map(({ field, before, after }, i) => [i === 0 ? name : "", field, before, after]);
  const parts = [
    table(
      `Symbols that became livepatch symbols: ${made.length}`,
      ["BEFORE", "AFTER"],
      made.map((each) => [each.before, each.after]),
    ),
    table(
      "Symbols renamed",
      ["BEFORE", "AFTER", "ALSO CHANGED"],
      symbols.renamed
        .filter((each) => !isMadeLivepatch(each))
        .map((each) => [each.before, each.after, changedWords(each.fields)]),
    ),
    table(
      "Symbols changed",
      ["SYMBOL", "FIELD", "BEFORE", "AFTER"],
      symbols.changed
        .filter((each) => !isMadeLivepatch(each))
        .flatMap(({ name, fields }) => fieldRows(name, fields)),
    ),
    list("Symbols added", symbols.added),
    list("Symbols removed", symbols.removed),
    table(
      "Sections added",
      ["SECTION", "BYTES"],
      sections.added.map(({ name, size }) => [name, `${size}`]),
      [1],
    ),
    table(
      "Sections removed",
      ["SECTION", "BYTES"],
      sections.removed.map(({ name, size }) => [name, `${size}`]),
      [1],
    ),
    table(
      "Sections changed",
      ["SECTION", "FIELD", "BEFORE", "AFTER"],
      sections.changed.flatMap(({ name, fields }) => fieldRows(name, fields)),
    ),
    table(
      "Relocations moved",
      ["FROM", "TO", "RELOCATIONS", "OF"],
      movesBySections(relocations.moved),
      [2],
    ),
    table(
      "Relocations added",
      ["SECTION", "RELOCATIONS", "OF"],
      removalsBySections(relocations.added),
      [1],
    ),
    table(
      "Relocations removed",
      ["SECTION", "RELOCATIONS", "OF"],
      removalsBySections(relocations.removed),
      [1],
    ),
    list("Relocations in another order in", relocations.reordered),
    table(
      ".modinfo",
      ["KEY", "BEFORE", "AFTER"],
      modinfo.map(({ key, before, after }) => [key, valuesText(before), valuesText(after)]),
    ),
    table(
      "ELF header",
      ["FIELD", "BEFORE", "AFTER"],
      header.map(({ field, before, after }) => [field, before, after]),
    ),
    symbols.reordered ? "The symbols stand in another order.\n" : "",
    sections.reordered ? "The sections stand in another order.\n" : "",
    labelledText("", restWords(comparison)),
  ];
  return [head, ...parts].filter((part) => part !== "").join("\n");
}

function table(
  heading: string,
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  if (rows.length === 0) return "";
  const columns = heads.map((head, i) => ({ head, right: right.includes(i) }));
  return labelledText("", heading) + tableText(columns, rows);
}

function list(heading: string, names: readonly string[]): string {
  if (names.length === 0) return "";
  return (
    labelledText("", `${heading}: ${counted(names.length, "name")}`) +
    labelledText("  ", names.join(", "))
  );
}

function valuesText(values: readonly string[]): string {
  return values.length === 0 ? "absent" : values.map((value) => `"${value}"`).join(", ");
}
