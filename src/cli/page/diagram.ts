/**
 * A picture as SVG: functions on the left, symbols on the right under the object that has them. It is
 * drawn twice, for screens and for phones, and the style shows one; text in SVG cannot be wrapped by
 * the browser, so that names are broken here for each width.
 *
 * A node is a link to its row in a table, and so the keyboard reaches it. It has its edges within it,
 * a symbol's a second time: a style can then bring out the edges of the node under the pointer or in
 * focus without any script.
 */

import { visible } from "../diagnostic-text.js";
import { positionWords } from "../inspection-words.js";
import { brokenText } from "../text-table.js";
import type { Edge, GraphSymbol, Picture, User } from "./graph.js";
import { html, type Markup } from "./markup.js";

/** Lengths in units of the picture, which are CSS pixels as long as there is room. */
interface Sizes {
  readonly kind: "wide" | "narrow";
  readonly left: number;
  readonly gap: number;
  readonly right: number;
  /** Room for the lines from symbols to their object. */
  readonly rail: number;
  /** Width of a character of the names, and of the lines under them. */
  readonly character: number;
  readonly small: number;
}

const SIZES: readonly Sizes[] = [
  { kind: "wide", left: 340, gap: 160, right: 340, rail: 24, character: 7.9, small: 6.7 },
  { kind: "narrow", left: 132, gap: 36, right: 140, rail: 14, character: 7.3, small: 6.7 },
];

const PADDING = 8;
const LINE = 17;
const BETWEEN = 10;

/** What the ids of a module's rows begin with, and how often its symbols' names occur. */
export interface DiagramOptions {
  readonly id: string;
  readonly homonyms: ReadonlyMap<string, number>;
  /** It shows what conversion would make. */
  readonly isPlanned: boolean;
}

/** A picture in both widths. */
export function diagram(picture: Picture, options: DiagramOptions): Markup {
  return html`${SIZES.map((sizes) => new Drawing(picture, sizes, options).markup())}`;
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly lines: readonly string[];
  readonly notes: readonly string[];
}

class Drawing {
  readonly #picture: Picture;
  readonly #sizes: Sizes;
  readonly #options: DiagramOptions;
  readonly #symbols = new Map<GraphSymbol, Box>();
  readonly #users = new Map<User, Box>();
  readonly #owner: Box;
  #height = 0;

  constructor(picture: Picture, sizes: Sizes, options: DiagramOptions) {
    this.#picture = picture;
    this.#sizes = sizes;
    this.#options = options;
    const { left, gap, right, rail } = sizes;
    const x = left + gap;
    this.#owner = this.#box(x, 1, right + rail, picture.owner, []);
    let y = this.#owner.y + this.#owner.height + BETWEEN;
    for (const symbol of picture.symbols) {
      const { livepatchName, name, position, relocations } = symbol.symbol;
      const where =
        position === 0
          ? ""
          : `position ${positionWords(position, options.homonyms.get(livepatchName))}, `;
      const uses = `${where}${relocations === 1 ? "1 use" : `${relocations} uses`}`;
      const box = this.#box(x, y, right, name, [uses]);
      this.#symbols.set(symbol, box);
      y += box.height + BETWEEN;
    }
    this.#height = y;
    this.#placeUsers();
  }

  /** Each function as near as there is room to the middle of the symbols it uses. */
  #placeUsers(): void {
    const { users, edges } = this.#picture;
    const placed = users.map((user) => {
      const middles = edges
        .filter((edge) => edge.user === user)
        .map(({ symbol }) => middle(this.#symbols.get(symbol)!));
      // One alone stands at the top, where it is seen before the picture is scrolled.
      const sum = middles.reduce((all, each) => all + each, 0);
      return { user, at: users.length === 1 ? middles[0]! : sum / middles.length };
    });
    placed.sort((a, b) => a.at - b.at);
    const boxes = placed.map(({ user, at }) => {
      const kind =
        user.kind === "variable" ? ["variable"] : user.kind === "section" ? ["section"] : [];
      const notes = [...kind, ...user.replaces.map((each) => `replaces ${each}`)];
      return { user, at, box: this.#box(1, 0, this.#sizes.left - 1, user.label, notes) };
    });
    // Downwards so that none overlaps, then upwards as far as they ran out of the picture.
    let least = 1;
    const tops = boxes.map(({ at, box }) => {
      const top = Math.max(least, at - box.height / 2);
      least = top + box.height + BETWEEN;
      return top;
    });
    let most = Math.max(this.#height, this.#sum(boxes));
    for (let i = boxes.length - 1; i >= 0; i--) {
      const { user, box } = boxes[i]!;
      const top = Math.min(tops[i]!, most - BETWEEN - box.height);
      this.#users.set(user, { ...box, y: top });
      most = top;
    }
    this.#height = Math.max(this.#height, this.#sum(boxes));
  }

  #sum(boxes: readonly { readonly box: Box }[]): number {
    return boxes.reduce((sum, { box }) => sum + box.height + BETWEEN, 1);
  }

  #box(x: number, y: number, width: number, label: string, notes: readonly string[]): Box {
    const { character, small } = this.#sizes;
    const room = width - 2 * PADDING;
    const lines = brokenText(visible(label), Math.floor(room / character));
    const broken = notes.flatMap((note) => brokenText(visible(note), Math.floor(room / small)));
    const height = PADDING * 1.5 + LINE * (lines.length + broken.length);
    return { x, y, width, height, lines, notes: broken };
  }

  markup(): Markup {
    const { left, gap, right, rail, kind } = this.#sizes;
    const { owner, users, symbols } = this.#picture;
    const width = left + gap + right + rail + 1;
    const height = Math.ceil(this.#height);
    const label = `Diagram: ${users.length} users of ${symbols.length} symbols of ${owner}`;
    const style = this.#options.isPlanned ? `${kind} planned` : kind;
    return html`<svg class="diagram ${style}" role="group" aria-label="${label}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
${this.#ownerMarkup()}${users.map((user) => this.#userMarkup(user))}${symbols.map((symbol) => this.#symbolMarkup(symbol))}</svg>
`;
  }

  #ownerMarkup(): Markup {
    return html`<g class="object">${boxMarkup(this.#owner)}</g>
`;
  }

  #userMarkup(user: User): Markup {
    const edges = this.#picture.edges.filter((edge) => edge.user === user);
    const replaces = user.replaces.map((each) => `, replaces ${each}`).join("");
    const uses = edges.map(({ symbol }) => symbol.symbol.name).join(", ");
    const label = `${user.kind} ${user.label}${replaces}, uses ${uses}`;
    const style = user.replaces.length > 0 ? "user patched" : `user ${user.kind}`;
    return html`<a class="node ${style}" href="#${this.#options.id}-u${user.number}" aria-label="${label}">${boxMarkup(this.#users.get(user)!)}${edges.map((edge) => this.#edgeMarkup(edge))}</a>
`;
  }

  #edgeMarkup(edge: Edge): Markup {
    const { user, symbol, relocations } = edge;
    return html`<path class="edge" d="${this.#curve(edge)}" data-from="${user.label}" data-to="${symbol.symbol.livepatchName}" data-relocations="${relocations}"/>`;
  }

  #symbolMarkup(symbol: GraphSymbol): Markup {
    const box = this.#symbols.get(symbol)!;
    const edges = this.#picture.edges.filter((edge) => edge.symbol === symbol);
    const users = edges.length === 0 ? "nothing" : edges.map(({ user }) => user.label).join(", ");
    const { name } = symbol.symbol;
    const label = `symbol ${name} of ${this.#picture.owner}, used by ${users}`;
    const arrow =
      edges.length === 0
        ? ""
        : html`<path class="arrow" d="M${box.x - 1} ${middle(box)}l-7 -4v8z"/>`;
    return html`<a class="node symbol" href="#${this.#options.id}-s${symbol.number}" aria-label="${label}">${boxMarkup(box)}${edges.map((edge) => html`<path class="again" d="${this.#curve(edge)}"/>`)}${arrow}${this.#railMarkup(box)}</a>
`;
  }

  /** From a symbol to the object over it. */
  #railMarkup(box: Box): Markup {
    const { x, width } = this.#owner;
    const bottom = this.#owner.y + this.#owner.height;
    const at = x + width - this.#sizes.rail / 2;
    return html`<path class="rail" d="M${box.x + box.width} ${middle(box)}H${at}V${bottom + 6}"/><path class="arrow" d="M${at} ${bottom + 1}l-4 7h8z"/>`;
  }

  #curve({ user, symbol }: Edge): string {
    const [from, to] = [this.#users.get(user)!, this.#symbols.get(symbol)!];
    const [x, end] = [from.x + from.width, to.x - 6];
    const bend = (end - x) / 2;
    return `M${x} ${middle(from)}C${x + bend} ${middle(from)} ${end - bend} ${middle(to)} ${end} ${middle(to)}`;
  }
}

function boxMarkup({ x, y, width, height, lines, notes }: Box): Markup {
  let at = y + PADDING * 0.75 - 4;
  const line = (text: string, style: Markup | string) => {
    at += LINE;
    return html`<text x="${x + PADDING}" y="${at.toFixed(1)}"${style}>${text}</text>`;
  };
  return html`<rect x="${x}" y="${y.toFixed(1)}" width="${width}" height="${height}" rx="5"/>${lines.map((text) => line(text, ""))}${notes.map((text) => line(text, html` class="note"`))}`;
}

function middle({ y, height }: Box): number {
  return Math.round(y + height / 2);
}
