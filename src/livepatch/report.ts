/** What a conversion did, as data for machines; the JSON of the command line is made of it. */

import type { ElfObject, Section } from "../elf/index.js";
import { machineOf } from "./machines.js";
import { livepatchSymbolName } from "./names.js";
import type { Patch, PatchSource } from "./patch/patch.js";
import type { MovedTo } from "./rewrite.js";
import type { Decision } from "./rules/verdict.js";

/** What became of one undefined symbol. */
export interface ReportedSymbol {
  readonly name: string;
  readonly decision: "livepatch" | "stays";
  readonly why: string;
  /** Relocations of loaded sections that use it. */
  readonly relocations: number;
  /** Names of the sections those are in. */
  readonly sections: readonly string[];
  /** For livepatch symbols: the object that has it. */
  readonly object?: string;
  /** For livepatch symbols: 0, or which of its homonyms it is. */
  readonly position?: number;
  /** For livepatch symbols, as far as a source says it: symbols of its name in the object. */
  readonly homonyms?: number;
  /** Likewise: its address, in a module the offset in its section. */
  readonly address?: string;
  /** Likewise: the source file it is from. */
  readonly file?: string;
  /** For livepatch symbols: the object whose loading has the relocations applied. */
  readonly gate?: string;
  /** For livepatch symbols: the name in the result. */
  readonly livepatchName?: string;
}

/** A livepatch section of the result that relocations moved to. */
export interface ReportedSection {
  readonly name: string;
  readonly gate: string;
  readonly target: string;
  readonly relocations: number;
}

/** A function that the patch replaces. */
export interface ReportedFunction {
  readonly name: string;
  /** 0, or which of its homonyms it is. */
  readonly position: number;
}

/** What the patch patches. */
export interface ReportedPatch {
  /**
   * How that is known: from its klp_patch, as debug info describes it or by the relocations in it,
   * from the sections that objtool writes, as it was stated, or not at all.
   */
  readonly source: PatchSource;
  /** Why it is unknown; absent if it is not. */
  readonly reason?: string;
  /** Null if it is unknown. */
  readonly objects: readonly ReportedObject[] | null;
}

export interface ReportedObject {
  readonly name: string;
  /** The functions that are replaced; empty also where they are not known. */
  readonly functions: readonly ReportedFunction[];
}

export interface Report {
  readonly outcome: "converted" | "unchanged" | "refused";
  /** Null if the file is no module for a machine with livepatch. */
  readonly machine: string | null;
  /** Null if it was not come to. */
  readonly patch: ReportedPatch | null;
  readonly symbols: readonly ReportedSymbol[];
  readonly sections: readonly ReportedSection[];
  /** Names of the sections with annotations or entries of objtool's form, which the result does not have. */
  readonly removedSections: readonly string[];
  /** Modules that are no longer in `depends=` of .modinfo, as they were spelled there. */
  readonly removedDependencies: readonly string[];
}

/** What a conversion has come to. */
interface Findings {
  readonly object: ElfObject | undefined;
  readonly patch: Patch | undefined;
  readonly decisions: readonly Decision[];
  readonly moved: readonly MovedTo[];
  readonly removed: readonly Section[];
  readonly lostDependencies: readonly string[];
}

/** The report of a conversion, also of one that was refused on the way. */
export function makeReport(
  outcome: Report["outcome"],
  { object, patch, decisions, moved, removed, lostDependencies }: Findings,
): Report {
  return {
    outcome,
    machine: (object && machineOf(object)?.name) ?? null,
    patch: patch === undefined ? null : reportPatch(patch),
    symbols: object === undefined ? [] : decisions.map((each) => reportSymbol(object, each)),
    sections: moved.map(({ section, target, gate, count }) => ({
      name: section.name,
      gate,
      target: target.name,
      relocations: count,
    })),
    removedSections: removed.map(({ name }) => name),
    removedDependencies: lostDependencies,
  };
}

function reportPatch({ source, reason, objects }: Patch): ReportedPatch {
  const known = [...(objects ?? [])].map(([name, functions]) => ({
    name,
    functions: functions.map(({ name, position }) => ({ name, position })),
  }));
  return {
    source,
    ...(reason !== "" && { reason }),
    objects: objects === undefined ? null : known,
  };
}

function reportSymbol(
  object: ElfObject,
  { reference, target, why, found }: Decision,
): ReportedSymbol {
  const { name, count, targets } = reference;
  const relocations = count;
  const sections = Array.from(targets, (index) => object.sections[index]!.name);
  if (target === undefined) return { name, why, relocations, sections, decision: "stays" };
  const { object: owner, position, gate } = target;
  // Written one after the other: spreading what may be absent costs more than a symbol's decision.
  const reported: { -readonly [Key in keyof ReportedSymbol]: ReportedSymbol[Key] } = {
    name,
    why,
    relocations,
    sections,
    decision: "livepatch",
    object: owner,
    position,
  };
  if (found !== undefined) {
    reported.homonyms = found.homonyms;
    const { address, file } = found.symbol;
    if (address !== undefined) reported.address = address;
    if (file !== undefined) reported.file = file;
  }
  reported.gate = gate;
  reported.livepatchName = livepatchSymbolName(target);
  return reported;
}
