/**
 * Every search for a symbol that livepatch makes for a module: for the symbols of its livepatch
 * relocations, and for the functions that the patch replaces. With each, what the given symbols say
 * comes of it.
 *
 * A symbol of a module that the patch waits for is looked for at one of two times. If the patch was
 * loaded first, the module is coming up, and its whole symbol table counts; if it is loaded after, the
 * module is live, and what it has kept counts (kernel/module/kallsyms.c, add_kallsyms).
 */

import type { Place } from "../diagnostics.js";
import { placeOfFunction } from "../livepatch/index.js";
import {
  type ListedSymbol,
  type Occurrences,
  rankSymbols,
  type SymbolMap,
  VMLINUX,
} from "../symbols/index.js";
import { applicationOf } from "./application.js";
import type { Entry } from "./entry-table.js";
import { type LookupFault, lookUp } from "./kernel-lookup.js";
import { orderOfFunction, refusedWhenResolved } from "./loading-order.js";
import { HARMLESS, type LoadOrder, type Outcome, refused, type When } from "./outcome.js";
import { isMisnamed } from "./patched-objects.js";
import type { LivepatchSection, Subject } from "./subject.js";

/** The symbols that count: all that the object has, or those a module keeps once it is live. */
export type Table = "whole" | "kept";

export interface Lookup {
  /** For a relocation, or for a function to replace. */
  readonly of: "symbol" | "function";
  /** The object that should have the symbol. */
  readonly object: string;
  readonly name: string;
  readonly position: number;
  readonly printedPosition: string;
  readonly place: Place;
  /** Where the symbol is used first. */
  readonly use: { readonly section: LivepatchSection; readonly entry: Entry } | undefined;
  /** When it is made, and in which table. */
  readonly times: readonly { readonly in: LoadOrder; readonly table: Table }[];
  /** The kernel gets to it. */
  readonly isMade: boolean;
  /** What is refused if it fails with this line. */
  refuse(line: string, only: LoadOrder): Outcome;
}

/** The searches in the order in which they stand in the module; those for a symbol once for each object it waits for. */
export function lookupsOf(subject: Subject): readonly Lookup[] {
  return cached(LOOKUPS, subject, () => [...symbolLookups(subject), ...functionLookups(subject)]);
}

const LOOKUPS = new WeakMap<Subject, readonly Lookup[]>();

function* symbolLookups(subject: Subject): Iterable<Lookup> {
  const seen = new Map<string, Set<number>>();
  const made = new Map(
    subject.livepatchSections.map((section) => [section, isApplied(subject, section)]),
  );
  for (const { each: section, entry } of subject.firstUses) {
    const { gate } = section;
    const isMade = made.get(section)!;
    const key = `${gate} ${isMade}`;
    const symbols = seen.get(key) ?? new Set();
    seen.set(key, symbols);
    if (gate === undefined || symbols.has(entry.symbol)) continue;
    symbols.add(entry.symbol);
    if (!subject.isLivepatchSymbol(entry.symbol)) continue;
    const { fields, object, name, position, printedPosition } = subject.symbolName(entry.symbol);
    // The kernel has refused these before it looks for anything.
    if (fields < 3 || (object === VMLINUX && gate !== VMLINUX)) continue;
    yield {
      of: "symbol",
      object,
      name,
      position,
      printedPosition,
      place: placeOfEntry(subject, section, entry),
      use: { section, entry },
      times: timesOf(object, gate),
      isMade,
      refuse: (line, only) =>
        isMade
          ? refusedWhenResolved(subject, section, entry.index, "EINVAL", line, only)
          : HARMLESS,
    };
  }
}

function timesOf(object: string, gate: string): Lookup["times"] {
  if (object === VMLINUX) return [{ in: "either", table: "whole" }];
  if (object === gate) return OF_GATE;
  // A module that another depends on is live by then; with vmlinux it is there by chance.
  return [{ in: gate === VMLINUX ? "after" : "either", table: "kept" }];
}

const OF_GATE: Lookup["times"] = [
  { in: "before", table: "whole" },
  { in: "after", table: "kept" },
];

function* functionLookups(subject: Subject): Iterable<Lookup> {
  for (const [object, functions] of subject.patch.objects ?? []) {
    const when: When = object === VMLINUX ? "patch" : { object };
    const isMade = !isMisnamed(subject, object);
    for (const [i, each] of functions.entries()) {
      const order = orderOfFunction(subject, object, i);
      yield {
        of: "function",
        object,
        name: each.name,
        position: each.position,
        printedPosition: String(each.position),
        place: placeOfFunction(each),
        use: undefined,
        times: timesOf(object, object),
        isMade,
        refuse: (line, only) =>
          isMade ? refused("objects", "EINVAL", line, { order, only, when }) : HARMLESS,
      };
    }
  }
}

/** The kernel resolves the symbols of the section, at once or when its object is there. */
export function isApplied(subject: Subject, section: LivepatchSection): boolean {
  if (applicationOf(subject, section) === "never") return false;
  return section.gate === VMLINUX || !isMisnamed(subject, section.gate ?? "");
}

/** Where an entry relocates, with its symbol. */
export function placeOfEntry(
  { elf }: Subject,
  { section, target }: LivepatchSection,
  { offset, symbol }: Entry,
): Place {
  const name = elf.symbols.name(symbol);
  if (target === undefined) return { section: section.name, symbol: name };
  return { section: target.name, offset, symbol: name };
}

/** What is wrong with a search. */
export type JudgedFault =
  | LookupFault
  /** It is found, in memory that is freed. */
  | "freed"
  /** Whether it is found, or what, depends on which is loaded first. */
  | "unsteady";

export interface JudgedLookup {
  readonly lookup: Lookup;
  readonly fault: JudgedFault;
  /** The symbols of the name that the object has; undefined if it has none. */
  readonly owner: Occurrences | undefined;
  /** When the kernel refuses it, and with which line; undefined if it finds something at any time. */
  readonly refused: { readonly in: LoadOrder; readonly line: string } | undefined;
}

/** The searches that go wrong, as far as the symbols are known. */
export function judgedLookups(subject: Subject): readonly JudgedLookup[] {
  return cached(JUDGED, subject, () => lookupsOf(subject).flatMap((each) => judge(subject, each)));
}

const JUDGED = new WeakMap<Subject, readonly JudgedLookup[]>();

function judge({ map }: Subject, lookup: Lookup): JudgedLookup[] {
  const { object, name, position, printedPosition, times } = lookup;
  if (map === undefined) return [];
  const owner = ownerOf(map, object, name);
  if (owner === undefined && !map.hasObject(object)) return [];
  const results = times.map((time) => {
    const result = lookUp(symbolsIn(owner, time.table), object, name, position, printedPosition);
    return { in: time.in, ...result };
  });
  const [first, second] = results;
  const say = (fault: JudgedFault, refused?: JudgedLookup["refused"]): JudgedLookup => {
    return { lookup, fault, owner, refused };
  };
  if (first === undefined) return [];
  if (second === undefined || ("line" in first && "line" in second && first.line === second.line)) {
    if ("symbol" in first) return isPassing(first.symbol) ? [say("freed")] : [];
    const order = second === undefined ? first.in : "either";
    const whole = lookUp(symbolsIn(owner, "whole"), object, name, position);
    const isLost = "symbol" in whole && isPassing(whole.symbol);
    return [say(isLost ? "freed" : first.fault, { in: order, line: first.line })];
  }
  if ("symbol" in first && "symbol" in second) {
    return first.symbol === second.symbol ? [] : [say("unsteady")];
  }
  if ("symbol" in first) {
    const { in: order, line } = second as Extract<typeof second, { line: string }>;
    return [say(isPassing(first.symbol) ? "freed" : "unsteady", { in: order, line })];
  }
  if ("symbol" in second) return [say("unsteady", { in: first.in, line: first.line })];
  return [first, second].map(({ fault, in: order, line }) => say(fault, { in: order, line }));
}

function isPassing({ kept }: ListedSymbol): boolean {
  return kept === "init" || kept === "freed";
}

/** The symbols of a name in a table of an object. */
export function symbolsIn(owner: Occurrences | undefined, table: Table): readonly ListedSymbol[] {
  if (owner === undefined) return [];
  if (table === "whole") return owner.symbols;
  return rankSymbols(owner).flatMap(({ symbol, live }) => (live === undefined ? [] : symbol));
}

/** An object's symbols of a name, as far as they are known. */
export function ownerOf(map: SymbolMap, object: string, name: string): Occurrences | undefined {
  return map.owners(name).find((each) => each.object === object);
}

/** The option that says what is not known of an object. */
export function optionFor(object: string): string {
  return object === VMLINUX ? "--symbols" : `--target ${object}.ko`;
}

/** Why searches could not be judged; empty if all were. */
export function reasonsOfDoubt(subject: Subject): Set<string> {
  const { map, patch } = subject;
  const reasons = new Set<string>();
  if (map === undefined) return reasons;
  for (const { object, name } of lookupsOf(subject)) {
    if (map.hasObject(object) || ownerOf(map, object, name) !== undefined) continue;
    reasons.add(`the symbols of ${object} are not known: ${optionFor(object)}`);
  }
  if (patch.objects === undefined) {
    reasons.add(`which functions the patch replaces is not known: ${patch.reason}`);
  }
  return reasons;
}

function cached<Value extends object>(
  cache: WeakMap<Subject, Value>,
  subject: Subject,
  make: () => Value,
): Value {
  let value = cache.get(subject);
  if (value === undefined) {
    value = make();
    cache.set(subject, value);
  }
  return value;
}
