/**
 * HTML as text that is safe by construction: whatever is put into a template is escaped, unless it
 * was made by one itself. Names on a page come from files that nobody vouches for.
 */

import { visible } from "../diagnostic-text.js";

/** A piece of HTML. */
export class Markup {
  constructor(readonly text: string) {}
}

export type Content = Markup | string | number | readonly Content[];

/** A template of HTML; everything in it that is no markup is text, also within quoted attributes. */
export function html(literals: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return new Markup(
    literals.map((literal, i) => (i === 0 ? literal : textOf(contents[i - 1]!) + literal)).join(""),
  );
}

export const NOTHING = new Markup("");

function textOf(content: Content): string {
  if (content instanceof Markup) return content.text;
  if (typeof content === "object") return content.map(textOf).join("");
  return escaped(visible(String(content)));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** A name as it stands in a file; a long one may be broken behind its marks. */
export function name(text: string): Markup {
  const parts = text.split(/(?<=[._,/-])(?=[^._,/-])/);
  return html`<code>${parts.map((part, i) => (i === 0 ? html`${part}` : html`<wbr>${part}`))}</code>`;
}

/** Several names. */
export function names(all: readonly string[]): Markup {
  return html`${all.map((each, i) => html`${i === 0 ? "" : ", "}${name(each)}`)}`;
}
