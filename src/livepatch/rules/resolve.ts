/**
 * Decides what becomes of each undefined symbol. The rules stand in one list, in the order they are
 * tried; the first that knows the symbol decides. What the module and the list do not determine is
 * an error with its candidates, never a guess: a wrong position patches the wrong function, and
 * nobody notices.
 */

import { counted, type Diagnostics } from "../../diagnostics.js";
import { type SymbolMap, symbolWhileComing } from "../../symbols/index.js";
import {
  ANNOTATED_PREFIX,
  annotatedDeclaration,
  KLP_RELOCS_PREFIX,
  type LivepatchTarget,
  parseAnnotatedName,
  parseLivepatchName,
} from "../names.js";
import type { WriteGate } from "../patch/gates.js";
import { placeOfUse, type Reference } from "../references.js";
import {
  annotatedByName,
  annotatedBySection,
  namedByObjtool,
  refusedAsLeftover,
  refusedBefore,
  staysByName,
} from "./annotation-rules.js";
import {
  ASSUMED_EXPORTED,
  assumedExported,
  exportedByModule,
  exportedByVmlinux,
  uniqueInList,
  weakAndUnknown,
} from "./list-rules.js";
import { reportUnknown, UnknownNames } from "./undetermined.js";
import { noteUnverified } from "./unverified.js";
import {
  type Context,
  type Decision,
  type Evidence,
  type FoundTarget,
  type Rule,
  refuseUndetermined,
  type Verdict,
} from "./verdict.js";

/** The names a symbols list has to be asked for: those of plain and of annotated symbols. */
export function wantedNames(references: readonly Reference[]): Set<string> {
  return new Set(
    references.map(({ name, gate }) => {
      const said = gate === undefined ? parseAnnotatedName(name) : parseLivepatchName(name);
      return said?.name ?? name;
    }),
  );
}

/** A decision for every reference that has one, in order; messages go to `diagnostics`. */
export function resolveReferences(evidence: Evidence, diagnostics: Diagnostics): Decision[] {
  const context: Context = {
    diagnostics,
    unknown: new UnknownNames(),
    unverified: new Set(),
    unique: [],
    // Not first: V8 would make a hidden class for each module, and no rule would know the next one's.
    ...evidence,
  };
  const decisions: Decision[] = [];
  let assumed = 0;
  for (const reference of evidence.references) {
    const verdict = decide(context, reference);
    if (verdict === "refused") continue;
    if (verdict === ASSUMED_EXPORTED) assumed++;
    if (!isBoundInTime(context, reference, verdict.target)) continue;
    const { target, why } = verdict;
    decisions.push({ reference, target, why, found: findTarget(context.map, target) });
  }
  reportUnknown(context.unknown, context.map, diagnostics);
  const targets = decisions.flatMap(({ target }) => target ?? []);
  evidence.gates.warnOfUnused(diagnostics);
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

const RULES: readonly Rule[] = [
  refusedBefore,
  staysByName,
  annotatedByName,
  namedByObjtool,
  refusedAsLeftover,
  annotatedBySection,
  assumedExported,
  exportedByVmlinux,
  exportedByModule,
  uniqueInList,
  weakAndUnknown,
];

function decide(context: Context, reference: Reference): Verdict {
  // Every symbol passes here: an iterator would make an object for each rule.
  for (let i = 0; i < RULES.length; i++) {
    const verdict = RULES[i]!(context, reference);
    if (verdict !== undefined) return verdict;
  }
  return refuseUndetermined(context, reference);
}

/** The relocations of a symbol would be applied, and when its object is there. */
function isBoundInTime(
  { gates, object, diagnostics }: Context,
  reference: Reference,
  target: LivepatchTarget | undefined,
): boolean {
  // What nothing uses needs no section.
  if (target === undefined || reference.count === 0) return true;
  const fault = gates.faultOf(target, howToWait(reference, target));
  if (fault === undefined) return true;
  diagnostics.error("gate", fault.message, placeOfUse(object, reference), fault.notes);
  return false;
}

/** What makes a symbol wait for another object, where its own name or section says which it is. */
function howToWait({ name, gate }: Reference, target: LivepatchTarget): WriteGate | undefined {
  if (gate !== undefined) return (other) => `its section is ${KLP_RELOCS_PREFIX}${other}`;
  if (!name.startsWith(ANNOTATED_PREFIX)) return undefined;
  return (other) => annotatedDeclaration({ ...target, gate: other });
}

function findTarget(
  map: SymbolMap | undefined,
  target: LivepatchTarget | undefined,
): FoundTarget | undefined {
  const owner = target && map?.owners(target.name).find(({ object }) => object === target.object);
  const symbol = owner && symbolWhileComing(owner, target!.position);
  return symbol && { symbol, homonyms: owner!.symbols.length };
}
