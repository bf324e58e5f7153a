/** Tables, which on a narrow screen become a block for each row, with the column's head in each line. */

import { type Content, html, type Markup } from "./markup.js";

export interface Cell {
  readonly head: string;
  /** Numbers stand right. */
  readonly right?: boolean;
}

export interface Row {
  /** What links lead to. */
  readonly id?: string;
  readonly cells: readonly Content[];
}

/**
 * A table with a caption; the first cell of a row is its head. Its roles are spelled out, because a
 * browser forgets them when a style makes blocks of rows.
 */
export function table(caption: Content, columns: readonly Cell[], rows: readonly Row[]): Markup {
  const heads = columns.map(
    ({ head, right }) =>
      html`<th role="columnheader" scope="col"${right ? html` class="right"` : ""}>${head}</th>`,
  );
  return html`<table role="table"><caption>${caption}</caption>
<thead role="rowgroup"><tr role="row">${heads}</tr></thead>
<tbody role="rowgroup">
${rows.map((row) => rowMarkup(columns, row))}</tbody></table>
`;
}

function rowMarkup(columns: readonly Cell[], { id, cells }: Row): Markup {
  const made = cells.map((cell, i) => {
    const { head, right } = columns[i]!;
    const rest = html` data-head="${head}"${right ? html` class="right"` : ""}`;
    // The content is in an element of its own: as a block it is one item beside the head.
    return i === 0
      ? html`<th role="rowheader" scope="row"${rest}><div>${cell}</div></th>`
      : html`<td role="cell"${rest}><div>${cell}</div></td>`;
  });
  return html`<tr role="row"${id === undefined ? "" : html` id="${id}"`}>${made}</tr>
`;
}
