/**
 * What the rules look at and what they say, and what several of them ask: whether a symbol can be
 * named, whether the map confirms it, whether its position lasts.
 */

import type { Diagnostics, Place } from "../../diagnostics.js";
import type { ElfObject } from "../../elf/index.js";
import type { ListedSymbol, Occurrences, SymbolMap } from "../../symbols/index.js";
import type { Annotation } from "../dialects/annotations.js";
import type { KlpRelocs } from "../dialects/klp-relocs.js";
import type { ModuleFacts } from "../module.js";
import {
  faultOfObject,
  faultOfSymbol,
  type LivepatchTarget,
  livepatchSymbolName,
} from "../names.js";
import type { Gates } from "../patch/gates.js";
import type { Patch } from "../patch/patch.js";
import { describeUses, placeOfUse, type Reference, UseOfSymbol } from "../references.js";
import { faultOfPosition } from "./positions.js";
import {
  candidates,
  type Paste,
  pasteMacro,
  type UnknownName,
  type UnknownNames,
} from "./undetermined.js";

/** What becomes of one symbol, and why. */
export interface Decision {
  readonly reference: Reference;
  /** The livepatch symbol it becomes; undefined if it stays as it is. */
  readonly target: LivepatchTarget | undefined;
  readonly why: string;
  /** What the symbol map knows of the livepatch symbol; undefined if nothing. */
  readonly found: FoundTarget | undefined;
}

/** By symbol: the object whose loading gates its ordinary relocations, each of which asks. */
export function gatesOfSymbols(
  { symbols }: ElfObject,
  decisions: readonly Decision[],
): readonly (string | undefined)[] {
  const gates = new Array<string | undefined>(symbols.count);
  for (const { reference, target } of decisions) {
    if (target !== undefined && reference.gate === undefined) {
      gates[reference.symbol] = target.gate;
    }
  }
  return gates;
}

/** The symbol that a position means, and how many of its name there are in the object. */
export interface FoundTarget {
  readonly symbol: ListedSymbol;
  readonly homonyms: number;
}

/** What the rules look at. */
export interface Evidence {
  readonly klpRelocs: KlpRelocs;
  readonly patch: Patch;
  readonly gates: Gates;
  readonly object: ElfObject;
  readonly facts: ModuleFacts;
  readonly references: readonly Reference[];
  readonly annotations: ReadonlyMap<string, Annotation>;
  /** Names of which an error was told already. */
  readonly refused: ReadonlySet<string>;
  /** Undefined without a symbols list. */
  readonly map: SymbolMap | undefined;
}

export interface Context extends Evidence {
  readonly diagnostics: Diagnostics;
  /** Names that no object has, reported together at the end. */
  readonly unknown: UnknownNames;
  /** Annotated objects that the list does not have. */
  readonly unverified: Set<string>;
  /** Symbols that are some module's because nothing else has the name. */
  readonly unique: LivepatchTarget[];
}

export type Verdict =
  | { readonly target: LivepatchTarget | undefined; readonly why: string }
  | "refused";
export type Rule = (context: Context, reference: Reference) => Verdict | undefined;

export function stays(why: string): Verdict {
  return { target: undefined, why };
}

/** Unknown, or ambiguous. */
export function refuseUndetermined(context: Context, reference: Reference): Verdict {
  const owners = context.map?.owners(reference.name) ?? [];
  if (owners.length === 0) {
    addUnknown(context, reference, { name: reference.name, object: undefined, says: "" });
    return "refused";
  }
  const where =
    owners.length === 1
      ? `${owners[0]!.symbols.length} times in ${owners[0]!.object}`
      : `in ${owners.length} objects`;
  context.diagnostics.error(
    "ambiguous",
    `symbol ${reference.name} is ambiguous: it stands ${where}`,
    placeOfUse(context.object, reference),
    () => [describeUses(context.object, reference), ...candidates(reference.name, owners)],
  );
  return "refused";
}

export function addUnknown(
  { object, unknown }: Context,
  reference: Reference,
  name: Omit<UnknownName, "use">,
): void {
  unknown.add(() => ({ use: new UseOfSymbol(object, reference), ...name }));
}

/** Object and symbol can be said in the names the kernel reads. */
export function isSpeakable(context: Context, target: LivepatchTarget, place: Place): boolean {
  const fault =
    faultOfObject(target.object) ??
    (target.gate === target.object ? undefined : faultOfObject(target.gate)) ??
    faultOfSymbol(target.name, context.facts.symbolNameMost);
  if (fault === undefined) return true;
  context.diagnostics.error("name-limit", fault, place, [
    `it would be called ${livepatchSymbolName(target)}`,
  ]);
  return false;
}

/** The list, if there is one and it has the object, agrees with an annotation. */
export function isConfirmed(
  context: Context,
  reference: Reference,
  target: LivepatchTarget,
  place: Place,
  says: string,
  paste: Paste = pasteMacro,
): boolean {
  const { map, diagnostics } = context;
  const { object, name, position } = target;
  if (map === undefined) return true;
  const owner = map.owners(name).find((each) => each.object === object);
  if (owner === undefined && !map.hasObject(object)) {
    context.unverified.add(object);
    return true;
  }
  if (owner === undefined) {
    addUnknown(context, reference, { name, object, says, paste });
    return false;
  }
  const count = owner.symbols.length;
  if (position > count) {
    diagnostics.error(
      "annotation-position",
      `${says} says position ${position} of ${name}, but ${object} has it ${count === 1 ? "once" : `${count} times`}`,
      place,
      () => candidates(name, [owner], paste),
    );
    return false;
  }
  if (position === 0 && count > 1) {
    diagnostics.error(
      "annotation-position",
      `${says} says that ${name} is unique, but ${object} has it ${count} times`,
      place,
      () => candidates(name, [owner], paste),
    );
    return false;
  }
  return isLasting(context, owner, target, place, paste);
}

/** The position means one symbol whenever the object is loaded, and the symbol stays. */
export function isLasting(
  { diagnostics }: Context,
  owner: Occurrences,
  { object, name, position }: LivepatchTarget,
  place: Place,
  paste: Paste = pasteMacro,
): boolean {
  const fault = faultOfPosition(owner, position);
  if (fault === undefined) return true;
  diagnostics.error(
    "position",
    `${name} of ${object} cannot be a livepatch symbol: ${fault}`,
    place,
    () => (owner.symbols.length > 1 ? candidates(name, [owner], paste) : []),
  );
  return false;
}
