/**
 * What is said of a name that the module and the list leave open: every candidate, and what to
 * write to mean it.
 */

import type { Diagnostics } from "../diagnostics.js";
import type { ElfObject } from "../elf/index.js";
import {
  type NearName,
  type Occurrences,
  rankSymbols,
  type SymbolMap,
  VMLINUX,
} from "../symbols/index.js";
import { annotatedDeclaration, annotationOf } from "./names.js";
import { detailsOf, faultOfSymbolChoice } from "./positions.js";
import { describeUses, placeOfUse, type Reference } from "./references.js";

/** A name that the list does not have where it was looked for. */
export interface UnknownName {
  readonly reference: Reference;
  readonly name: string;
  /** The object an annotation names; undefined if any object would do. */
  readonly object: string | undefined;
  /** What names the object. */
  readonly says: string;
}

/** How many candidates are listed of one name; no kernel has a name that often. */
const LISTED_MOST = 1000;

/**
 * Every candidate with its position, what is known of it, and what to write to mean it, or why
 * nothing can be written. For a symbol that is annotated by its own name, `gate` is the object it
 * waits for, and only another such name can take its place.
 */
export function candidates(name: string, owners: readonly Occurrences[], gate?: string): string[] {
  const listed: string[] = [];
  let total = 0;
  for (const owner of owners) {
    const { object, source, symbols } = owner;
    total += symbols.length;
    for (const ranked of rankSymbols(owner).slice(0, LISTED_MOST - listed.length)) {
      const details = detailsOf(ranked.symbol, source);
      const { position } = ranked;
      const fault = faultOfSymbolChoice(object, ranked);
      if (fault !== undefined || position === undefined) {
        listed.push(`${object} (${details}): cannot be used: ${fault}`);
        continue;
      }
      const target = { object, name, position };
      const paste =
        gate === undefined
          ? annotationOf({ ...target, gate: object })
          : annotatedDeclaration({ ...target, gate });
      listed.push(`${object}, position ${position} (${details}): ${paste}`);
    }
  }
  if (total > listed.length) listed.push(`and ${total - listed.length} more`);
  return listed;
}

/** Adds an error for each unknown name; near names are looked for once for all of them. */
export function reportUnknown(
  unknown: readonly UnknownName[],
  evidence: {
    readonly object: ElfObject;
    readonly map: SymbolMap | undefined;
  },
  diagnostics: Diagnostics,
): void {
  if (unknown.length === 0) return;
  const { map } = evidence;
  const nearest = map?.nearest([...new Set(unknown.map(({ name }) => name))]);
  for (const { reference, name, object, says } of unknown) {
    diagnostics.error(
      "unknown-symbol",
      object === undefined
        ? `symbol ${name} is in no object of ${map?.file}`
        : `${says} says that ${name} is ${object}'s, but ${map?.file} does not have it there`,
      placeOfUse(evidence.object, reference),
      () => [
        describeUses(evidence.object, reference),
        ...(nearest?.get(name) ?? []).map(describeNear),
        `if the name is right, ${map?.file} is not of the kernel the patch is for, or lacks the object that has it`,
        ...(map?.hasObject(VMLINUX) === true ? [] : [NEEDS_VMLINUX]),
      ],
    );
  }
}

const NEEDS_VMLINUX =
  "vmlinux is not in it, or not all of it: give a source that has; of what vmlinux exports Module.symvers is enough";

/** A name that may be meant; what to write for it where that is not just another spelling. */
function describeNear({ object, name, isVariant, count }: NearName): string {
  const near = `near: ${name}, ${count === 1 ? "in" : `${count} times in`} ${object}`;
  if (!isVariant || count > 1) return near;
  return `${near}: ${annotationOf({ object, name, position: 0, gate: object })}`;
}
