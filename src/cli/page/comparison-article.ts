/** How two modules differ, on a page. */

import { counted } from "../../diagnostics.js";
import type { ChangedField, Comparison } from "../../inspect/index.js";
import {
  changedWords,
  isMadeLivepatch,
  movesBySections,
  removalsBySections,
  restWords,
} from "../comparison-words.js";
import { type Content, html, type Markup, NOTHING, name, names } from "./markup.js";
import { type Cell, table } from "./table.js";

/** What changed between two files. */
export function comparisonArticle(before: string, after: string, comparison: Comparison): Markup {
  const head = html`<article id="changes" aria-labelledby="changes-head">
<h2 id="changes-head">Changes</h2>
<p>From ${name(before)} to ${name(after)}.</p>
`;
  if (comparison.identical) {
    return html`${head}<p>The files are identical, byte for byte.</p>
</article>
`;
  }
  const { header, symbols, sections, relocations, modinfo } = comparison;
  const made = [
    ...symbols.renamed.filter(isMadeLivepatch),
    ...symbols.changed
      .filter(isMadeLivepatch)
      .map(({ name, fields }) => ({ before: name, after: name, fields })),
  ];
  const fieldRows = (of: string, fields: readonly ChangedField[]) =>
    fields.map(({ field, before, after }) => [name(of), field, before, after]);
  return html`${head}${part(
    "Symbols that became livepatch symbols",
    ["Before", "After"],
    made.map((each) => [name(each.before), name(each.after)]),
  )}${part(
    "Symbols renamed",
    ["Before", "After", "Also changed"],
    symbols.renamed
      .filter((each) => !isMadeLivepatch(each))
      .map((each) => [name(each.before), name(each.after), changedWords(each.fields)]),
  )}${part(
    "Symbols changed",
    ["Symbol", "Field", "Before", "After"],
    symbols.changed
      .filter((each) => !isMadeLivepatch(each))
      .flatMap((each) => fieldRows(each.name, each.fields)),
  )}${list("Symbols added", symbols.added)}${list("Symbols removed", symbols.removed)}${part(
    "Sections added",
    ["Section", "Bytes"],
    sections.added.map((each) => [name(each.name), each.size]),
  )}${part(
    "Sections removed",
    ["Section", "Bytes"],
    sections.removed.map((each) => [name(each.name), each.size]),
  )}${part(
    "Sections changed",
    ["Section", "Field", "Before", "After"],
    sections.changed.flatMap((each) => fieldRows(each.name, each.fields)),
  )}${part(
    "Relocations moved",
    ["From", "To", "Relocations", "Of"],
    movesBySections(relocations.moved).map(([from, to, count, of]) => [
      name(from!),
      name(to!),
      count!,
      name(of!),
    ]),
  )}${part(
    "Relocations added",
    ["Section", "Relocations", "Of"],
    removalsBySections(relocations.added).map(relocationRow),
  )}${part(
    "Relocations removed",
    ["Section", "Relocations", "Of"],
    removalsBySections(relocations.removed).map(relocationRow),
  )}${list("Relocations in another order in", relocations.reordered)}${part(
    "Changes of .modinfo",
    ["Key", "Before", "After"],
    modinfo.map((each) => [name(each.key), values(each.before), values(each.after)]),
  )}${part(
    "Changes of the ELF header",
    ["Field", "Before", "After"],
    header.map((each) => [each.field, each.before, each.after]),
  )}${symbols.reordered ? html`<p>The symbols stand in another order.</p>` : NOTHING}${sections.reordered ? html`<p>The sections stand in another order.</p>` : NOTHING}<section><h3>The rest</h3><p>${restWords(comparison)}</p></section></article>
`;
}

function relocationRow([section, count, of]: readonly string[]): Content[] {
  return [name(section!), count!, name(of!)];
}

const NUMBERS = ["Bytes", "Relocations"];

function part(
  heading: string,
  heads: readonly string[],
  rows: readonly (readonly Content[])[],
): Markup {
  if (rows.length === 0) return NOTHING;
  const columns = heads.map((head): Cell => ({ head, right: NUMBERS.includes(head) }));
  const caption = counted(rows.length, "entry", "entries");
  const made = rows.map((cells) => ({ cells }));
  return html`<section><h3>${heading}</h3>
${table(caption, columns, made)}</section>
`;
}

function list(heading: string, all: readonly string[]): Markup {
  if (all.length === 0) return NOTHING;
  return html`<section><h3>${heading}</h3><p>${names(all)}</p></section>
`;
}

function values(all: readonly string[]): Content {
  return all.length === 0 ? "absent" : names(all.map((value) => `"${value}"`));
}
