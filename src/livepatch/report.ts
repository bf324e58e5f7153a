/** What a conversion did, as data for machines; the JSON of the command line is made of it. */

import type { ElfObject } from "../elf/index.js";
import type { Annotations } from "./annotations.js";
import { MACHINES } from "./machines.js";
import { livepatchSymbolName } from "./names.js";
import type { Decision } from "./resolve.js";
import type { MovedTo } from "./rewrite.js";

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

export interface Report {
  readonly outcome: "converted" | "unchanged" | "refused";
  /** Null if the file is no module for a machine with livepatch. */
  readonly machine: string | null;
  readonly symbols: readonly ReportedSymbol[];
  readonly sections: readonly ReportedSection[];
  /** Names of the annotation sections, which the result does not have. */
  readonly removedSections: readonly string[];
}

/** The report of a conversion, also of one that was refused on the way. */
export function makeReport(
  outcome: Report["outcome"],
  object: ElfObject | undefined,
  decisions: readonly Decision[],
  moved: readonly MovedTo[],
  annotations: Annotations,
): Report {
  return {
    outcome,
    machine: MACHINES.find((each) => each.machine === object?.machine)?.name ?? null,
    symbols: object === undefined ? [] : decisions.map((each) => reportSymbol(object, each)),
    sections: moved.map(({ section, target, gate, count }) => ({
      name: section.name,
      gate,
      target: target.name,
      relocations: count,
    })),
    removedSections: annotations.sections.map(({ name }) => name),
  };
}

function reportSymbol(
  object: ElfObject,
  { reference, target, why, found }: Decision,
): ReportedSymbol {
  const { name, count, targets } = reference;
  const symbol = {
    name,
    why,
    relocations: count,
    sections: [...targets].map((index) => object.sections[index]!.name),
  };
  if (target === undefined) return { ...symbol, decision: "stays" };
  const { object: owner, position, gate } = target;
  const { address, file } = found?.symbol ?? {};
  return {
    ...symbol,
    decision: "livepatch",
    object: owner,
    position,
    ...(found && { homonyms: found.homonyms }),
    ...(address !== undefined && { address }),
    ...(file !== undefined && { file }),
    gate,
    livepatchName: livepatchSymbolName(target),
  };
}
