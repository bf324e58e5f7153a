/**
 * Decides what becomes of each undefined symbol. The rules stand in one list, in the order they are
 * tried; the first that knows the symbol decides. What the module and the list do not determine is
 * an error with its candidates, never a guess: a wrong position patches the wrong function, and
 * nobody notices.
 */

import { counted, type Diagnostics, type Place } from "../diagnostics.js";
import type { ElfObject } from "../elf/index.js";
import {
  type ListedSymbol,
  type Occurrences,
  type SymbolMap,
  symbolWhileComing,
  VMLINUX,
} from "../symbols/index.js";
import type { Annotation } from "./annotations.js";
import { reasonToStay } from "./fixed-names.js";
import type { ModuleFacts } from "./module.js";
import {
  ANNOTATED_PREFIX,
  annotatedDeclaration,
  faultOfObject,
  faultOfSymbol,
  LIVEPATCH_SYMBOL_PREFIX,
  type LivepatchTarget,
  livepatchSymbolName,
  parseAnnotatedName,
} from "./names.js";
import { faultOfPosition } from "./positions.js";
import { describeUses, placeOfUse, type Reference } from "./references.js";
import { candidates, reportUnknown, type UnknownName } from "./undetermined.js";
import { noteUnverified } from "./unverified.js";

/** What becomes of one symbol, and why. */
export interface Decision {
  readonly reference: Reference;
  /** The livepatch symbol it becomes; undefined if it stays as it is. */
  readonly target: LivepatchTarget | undefined;
  readonly why: string;
  /** What the symbol map knows of the livepatch symbol; undefined if nothing. */
  readonly found: FoundTarget | undefined;
}

/** The symbol that a position means, and how many of its name there are in the object. */
export interface FoundTarget {
  readonly symbol: ListedSymbol;
  readonly homonyms: number;
}

/** What the rules look at. */
export interface Evidence {
  readonly object: ElfObject;
  readonly facts: ModuleFacts;
  readonly references: readonly Reference[];
  readonly annotations: ReadonlyMap<string, Annotation>;
  /** Names of which an error was told already. */
  readonly refused: ReadonlySet<string>;
  /** Undefined without a symbols list. */
  readonly map: SymbolMap | undefined;
}

/** The names a symbols list has to be asked for: those of plain and of annotated symbols. */
export function wantedNames(references: readonly Reference[]): Set<string> {
  return new Set(references.map(({ name }) => parseAnnotatedName(name)?.name ?? name));
}

/** A decision for every reference that has one, in order; messages go to `diagnostics`. */
export function resolveReferences(evidence: Evidence, diagnostics: Diagnostics): Decision[] {
  const context: Context = {
    ...evidence,
    diagnostics,
    unknown: [],
    unverified: new Set(),
    unique: [],
  };
  const decisions: Decision[] = [];
  let assumed = 0;
  for (const reference of evidence.references) {
    const verdict = decide(context, reference);
    if (verdict === "refused") continue;
    if (verdict === ASSUMED_EXPORTED) assumed++;
    decisions.push({ reference, ...verdict, found: findTarget(context.map, verdict.target) });
  }
  reportUnknown(context.unknown, context, diagnostics);
  const targets = decisions.flatMap(({ target }) => target ?? []);
  noteUnverified(evidence.map, targets, context.unverified, context.unique, diagnostics);
  if (assumed > 0 && !diagnostics.failed) {
    diagnostics.note(
      "assumed-exported",
      `${counted(assumed, "undefined symbol")} without an annotation ${assumed === 1 ? "is taken for an export and stays" : "are taken for exports and stay"}, as there is no symbols list`,
      {},
      ["with --symbols LIST each is looked up"],
    );
  }
  return decisions;
}

interface Context extends Evidence {
  readonly diagnostics: Diagnostics;
  /** Names that no object has, reported together at the end. */
  readonly unknown: UnknownName[];
  /** Annotated objects that the list does not have. */
  readonly unverified: Set<string>;
  /** Symbols that are some module's because nothing else has the name. */
  readonly unique: LivepatchTarget[];
}

type Verdict = { readonly target: LivepatchTarget | undefined; readonly why: string } | "refused";
type Rule = (context: Context, reference: Reference) => Verdict | undefined;

const RULES: readonly Rule[] = [
  refusedBefore,
  staysByName,
  annotatedByName,
  refusedAsLeftover,
  annotatedBySection,
  assumedExported,
  exportedByVmlinux,
  exportedByModule,
  uniqueInList,
  weakAndUnknown,
];

const ASSUMED_EXPORTED: Verdict = stays("there is no symbols list, so it is taken for an export");

function decide(context: Context, reference: Reference): Verdict {
  for (const rule of RULES) {
    const verdict = rule(context, reference);
    if (verdict !== undefined) return verdict;
  }
  return refuseUndetermined(context, reference);
}

function refusedBefore(context: Context, reference: Reference): Verdict | undefined {
  return context.refused.has(reference.name) ? "refused" : undefined;
}

function stays(why: string): Verdict {
  return { target: undefined, why };
}

/** Names the loader or the architecture must see as they are. */
function staysByName(context: Context, reference: Reference): Verdict | undefined {
  const reason = reasonToStay(reference.name, context.facts.machine.machine);
  if (reason === undefined) return undefined;
  const annotation = context.annotations.get(reference.name);
  if (annotation === undefined) return stays(reason);
  const { place, says } = annotation;
  return refuseFixedName(context, place, reference.name, reason, says);
}

function refuseFixedName(
  context: Context,
  place: Place,
  name: string,
  reason: string,
  says: string,
): Verdict {
  context.diagnostics.error(
    "annotation-fixed-name",
    `${says} would make ${name} a livepatch symbol, but it has to stay: ${reason}`,
    place,
    [`remove ${says}`],
  );
  return "refused";
}

/** `.klp.sym.rela.LP_OBJECT.SYM_OBJECT.NAME.POS` says all itself. */
function annotatedByName(context: Context, reference: Reference): Verdict | undefined {
  if (!reference.name.startsWith(ANNOTATED_PREFIX)) return undefined;
  const { diagnostics, facts, object } = context;
  const place = placeOfUse(object, reference);
  const target = parseAnnotatedName(reference.name);
  if (target === undefined) {
    diagnostics.error(
      "annotated-name",
      `the annotated name ${reference.name} does not parse`,
      place,
      [`expected ${ANNOTATED_PREFIX}LP_OBJECT.SYM_OBJECT.NAME.POS, POS a decimal number`],
    );
    return "refused";
  }
  const reason = reasonToStay(target.name, facts.machine.machine);
  const says = "the annotation";
  if (reason !== undefined) return refuseFixedName(context, place, target.name, reason, says);
  const annotation = context.annotations.get(reference.name);
  if (
    annotation !== undefined &&
    (annotation.object !== target.object || annotation.position !== target.position)
  ) {
    diagnostics.error(
      "annotation-contradiction",
      `${annotation.says} says ${annotation.object}, position ${annotation.position}, and the symbol's own name says ${target.object}, position ${target.position}`,
      annotation.place,
      ["remove one of the two"],
    );
    return "refused";
  }
  if ((target.gate === VMLINUX) !== (target.object === VMLINUX)) {
    const gate = target.object;
    diagnostics.error(
      "gate",
      target.object === VMLINUX
        ? `a vmlinux symbol cannot wait for ${target.gate}: the kernel refuses it in a module's livepatch section`
        : `a symbol of ${target.object} cannot be resolved with vmlinux: the module may be absent, or go away later`,
      place,
      [`write instead: ${annotatedDeclaration({ ...target, gate })}`],
    );
    return "refused";
  }
  if (
    !isSpeakable(context, target, place) ||
    !isConfirmed(context, reference, target, place, says)
  ) {
    return "refused";
  }
  return { target, why: "its own name says so" };
}

/** A name in the output's form on a symbol that is still undefined. */
function refusedAsLeftover(context: Context, reference: Reference): Verdict | undefined {
  if (!reference.name.startsWith(LIVEPATCH_SYMBOL_PREFIX)) return undefined;
  context.diagnostics.error(
    "leftover-livepatch-name",
    `symbol ${reference.name} is called like a livepatch symbol but is undefined: the kernel would ${reference.weak ? "make it 0" : "not find it"}`,
    placeOfUse(context.object, reference),
    [`an annotated name begins with ${ANNOTATED_PREFIX}`],
  );
  return "refused";
}

/** KLP_MODULE_RELOC says object and position. */
function annotatedBySection(context: Context, reference: Reference): Verdict | undefined {
  const annotation = context.annotations.get(reference.name);
  if (annotation === undefined) return undefined;
  const { object, position, place, says } = annotation;
  const target = { object, name: reference.name, position, gate: object };
  if (
    !isSpeakable(context, target, place) ||
    !isConfirmed(context, reference, target, place, says)
  ) {
    return "refused";
  }
  return { target, why: annotation.why };
}

function assumedExported(context: Context): Verdict | undefined {
  return context.map === undefined ? ASSUMED_EXPORTED : undefined;
}

function exportedByVmlinux(context: Context, reference: Reference): Verdict | undefined {
  const isExported = context.map?.exporters(reference.name).includes(VMLINUX);
  return isExported ? stays("vmlinux exports it") : undefined;
}

/** An export of a module binds like any import, but it ties the patch to that module. */
function exportedByModule(context: Context, reference: Reference): Verdict | undefined {
  const { map } = context;
  const exporters = map?.exporters(reference.name) ?? [];
  const [exporter] = exporters;
  if (exporter === undefined) return undefined;
  const owner = exporters.length === 1 ? `module ${exporter}` : `modules ${exporters.join(", ")}`;
  context.diagnostics.warning(
    "module-export",
    `symbol ${reference.name} stays an ordinary import of ${owner}`,
    placeOfUse(context.object, reference),
    () => [
      reference.weak
        ? `it is weak: the module loader makes it 0 if the patch is loaded before ${exporter}`
        : `the patch cannot be loaded before ${exporter}`,
      `${exporter} cannot be unloaded while a patch that was bound to it is loaded`,
      ...candidates(
        reference.name,
        (map?.owners(reference.name) ?? []).filter(({ object }) => object === exporter),
      ).map((candidate) => `to bind it late, if the patch patches ${exporter}: ${candidate}`),
    ],
  );
  return stays(`${owner} exports it`);
}

function uniqueInList(context: Context, reference: Reference): Verdict | undefined {
  const owners = context.map?.owners(reference.name) ?? [];
  const [owner] = owners;
  if (owner === undefined || owners.length > 1 || owner.symbols.length > 1) return undefined;
  const { object } = owner;
  const target = { object, name: reference.name, position: 0, gate: object };
  const place = placeOfUse(context.object, reference);
  if (!isSpeakable(context, target, place)) return "refused";
  if (!isLasting(context, owner, target, place)) return "refused";
  if (object !== VMLINUX) context.unique.push(target);
  return { target, why: `only ${object} has it, once` };
}

function weakAndUnknown(context: Context, reference: Reference): Verdict | undefined {
  if (!reference.weak || context.map?.owners(reference.name).length !== 0) return undefined;
  context.diagnostics.note(
    "weak-unknown",
    `weak symbol ${reference.name} is in no object of ${context.map.file} and stays: the module loader makes it 0`,
    placeOfUse(context.object, reference),
  );
  return stays("it is weak and no object has it");
}

/** Unknown, or ambiguous. */
function refuseUndetermined(context: Context, reference: Reference): Verdict {
  const owners = context.map?.owners(reference.name) ?? [];
  if (owners.length === 0) {
    context.unknown.push({ reference, name: reference.name, object: undefined, says: "" });
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

/** Object and symbol can be said in the names the kernel reads. */
function isSpeakable(context: Context, target: LivepatchTarget, place: Place): boolean {
  const fault =
    faultOfObject(target.object) ??
    faultOfObject(target.gate) ??
    faultOfSymbol(target.name, context.facts.symbolNameMost);
  if (fault === undefined) return true;
  context.diagnostics.error("name-limit", fault, place, [
    `it would be called ${livepatchSymbolName(target)}`,
  ]);
  return false;
}

/** The list, if there is one and it has the object, agrees with an annotation. */
function isConfirmed(
  context: Context,
  reference: Reference,
  target: LivepatchTarget,
  place: Place,
  says: string,
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
    context.unknown.push({ reference, name, object, says });
    return false;
  }
  const count = owner.symbols.length;
  const ownGate = reference.name === name ? undefined : target.gate;
  if (position > count) {
    diagnostics.error(
      "annotation-position",
      `${says} says position ${position} of ${name}, but ${object} has it ${count === 1 ? "once" : `${count} times`}`,
      place,
      () => candidates(name, [owner], ownGate),
    );
    return false;
  }
  if (position === 0 && count > 1) {
    diagnostics.error(
      "annotation-position",
      `${says} says that ${name} is unique, but ${object} has it ${count} times`,
      place,
      () => candidates(name, [owner], ownGate),
    );
    return false;
  }
  return isLasting(context, owner, target, place, ownGate);
}

/** The position means one symbol whenever the object is loaded, and the symbol stays. */
function isLasting(
  { diagnostics }: Context,
  owner: Occurrences,
  { object, name, position }: LivepatchTarget,
  place: Place,
  ownGate?: string,
): boolean {
  const fault = faultOfPosition(owner, position);
  if (fault === undefined) return true;
  diagnostics.error(
    "position",
    `${name} of ${object} cannot be a livepatch symbol: ${fault}`,
    place,
    () => (owner.symbols.length > 1 ? candidates(name, [owner], ownGate) : []),
  );
  return false;
}

function findTarget(
  map: SymbolMap | undefined,
  target: LivepatchTarget | undefined,
): FoundTarget | undefined {
  const owner = target && map?.owners(target.name).find(({ object }) => object === target.object);
  const symbol = owner && symbolWhileComing(owner, target!.position);
  return symbol && { symbol, homonyms: owner!.symbols.length };
}
