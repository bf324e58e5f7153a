/**
 * What a diagram shows: the functions that use livepatch symbols, the symbols, the objects that have
 * them. Nobody can read a hundred functions and five hundred symbols in one picture, so there is one
 * for each object, and where that is too large one for each function, in parts if need be.
 */

import type {
  ConversionResult,
  InspectedModule,
  LivepatchSymbol,
  Use,
} from "../../inspect/index.js";
import { byOwner, userWords } from "../inspection-words.js";

/** Functions, and symbols, that one picture has at most: as many as fit on a printed page. */
const SIDE_MOST = 20;

/** A function, variable or section that uses livepatch symbols. */
export interface User {
  /** Number in the module, from 0. */
  readonly number: number;
  readonly label: string;
  readonly kind: Use["kind"];
  /** What it replaces, each as `NAME of OBJECT`. */
  readonly replaces: readonly string[];
  /** The symbols it uses, in the module's order. */
  readonly uses: readonly Edge[];
}

export interface GraphSymbol {
  /** Number in the module, from 0. */
  readonly number: number;
  readonly symbol: LivepatchSymbol;
}

export interface Edge {
  readonly user: User;
  readonly symbol: GraphSymbol;
  readonly relocations: number;
}

/** One diagram. */
export interface Picture {
  /** The object that has the symbols, and what they wait for if that is another. */
  readonly owner: string;
  readonly users: readonly User[];
  readonly symbols: readonly GraphSymbol[];
  readonly edges: readonly Edge[];
}

/** The pictures of one object; of several each has a name. */
export interface PictureGroup {
  readonly owner: string;
  readonly symbols: number;
  readonly users: number;
  readonly pictures: readonly { readonly title: string; readonly picture: Picture }[];
}

export interface Graph {
  readonly users: readonly User[];
  readonly symbols: readonly GraphSymbol[];
  readonly groups: readonly PictureGroup[];
}

/** The graph of what a module has, or would have once it is converted. */
export function graphOf(module: InspectedModule, { symbols: all }: ConversionResult): Graph {
  const symbols = byOwner(all)
    .flatMap(([, ofOwner]) => ofOwner)
    .map((symbol, number) => ({ number, symbol }));
  const users = usersOf(module, symbols);
  const edges = users.flatMap(({ uses }) => uses);
  const bySymbol = new Map(symbols.map((each) => [each.symbol, each]));
  const groups = byOwner(all).map(([owner, ofOwner]) => {
    const inOwner = ofOwner.map((symbol) => bySymbol.get(symbol)!);
    return groupOf(owner, inOwner, edges.filter(isAmong(inOwner)));
  });
  return { users, symbols, groups };
}

function usersOf(module: InspectedModule, symbols: readonly GraphSymbol[]): User[] {
  const replaced = new Map<string, string[]>();
  for (const { name: object, functions } of module.patch?.objects ?? []) {
    for (const { name, replacement } of functions) {
      if (replacement === null) continue;
      const key = `${replacement.section}\0${replacement.offset}`;
      replaced.set(key, [...(replaced.get(key) ?? []), `${name} of ${object}`]);
    }
  }
  const users = new Map<string, User & { readonly uses: Edge[] }>();
  for (const symbol of symbols) {
    for (const use of symbol.symbol.uses) {
      const { section, offset, kind, relocations } = use;
      const key = `${kind}\0${section}\0${offset}\0${use.name ?? ""}`;
      let user = users.get(key);
      if (user === undefined) {
        const replaces = kind === "function" ? (replaced.get(`${section}\0${offset}`) ?? []) : [];
        user = { number: users.size, label: userWords(use), kind, replaces, uses: [] };
        users.set(key, user);
      }
      // Through sections of several gates it may use a symbol more than once.
      const known = user.uses.findIndex((edge) => edge.symbol === symbol);
      const sum = relocations + (user.uses[known]?.relocations ?? 0);
      const edge = { user, symbol, relocations: sum };
      if (known < 0) user.uses.push(edge);
      else user.uses[known] = edge;
    }
  }
  return [...users.values()];
}

function isAmong(symbols: readonly GraphSymbol[]): (edge: Edge) => boolean {
  const wanted = new Set(symbols);
  return ({ symbol }) => wanted.has(symbol);
}

function groupOf(
  owner: string,
  symbols: readonly GraphSymbol[],
  edges: readonly Edge[],
): PictureGroup {
  const users = [...new Set(edges.map(({ user }) => user))];
  const head = { owner, symbols: symbols.length, users: users.length };
  if (symbols.length <= SIDE_MOST && users.length <= SIDE_MOST) {
    return { ...head, pictures: [{ title: "", picture: { owner, users, symbols, edges } }] };
  }
  const used = new Set(edges.map(({ symbol }) => symbol));
  const unused = symbols.filter((symbol) => !used.has(symbol));
  const pictures = [
    ...users.flatMap((user) => picturesOfUser(owner, user, edges)),
    ...parts(unused).map((part) => ({
      title: `${part.length} that nothing uses`,
      picture: { owner, users: [], symbols: part, edges: [] },
    })),
  ];
  return { ...head, pictures };
}

function picturesOfUser(owner: string, user: User, all: readonly Edge[]): PictureGroup["pictures"] {
  const edges = all.filter((edge) => edge.user === user);
  let before = 0;
  return parts(edges).map((part) => {
    const [first, last] = [before + 1, before + part.length];
    before = last;
    const isWhole = part.length === edges.length;
    const title = isWhole ? user.label : `${user.label}: ${first} to ${last} of ${edges.length}`;
    const symbols = part.map(({ symbol }) => symbol);
    return { title, picture: { owner, users: [user], symbols, edges: part } };
  });
}

function parts<Item>(items: readonly Item[]): Item[][] {
  return Array.from({ length: Math.ceil(items.length / SIDE_MOST) }, (_, i) =>
    items.slice(i * SIDE_MOST, (i + 1) * SIDE_MOST),
  );
}
