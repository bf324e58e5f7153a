/**
 * What is said of a name that the module and the list leave open: every candidate, and what to
 * write to mean it.
 */

import type { Diagnostics } from "../diagnostics.js";
import type { ElfObject } from "../elf/index.js";
import type { NearName, Occurrences, SymbolMap } from "../symbols/index.js";
import { annotationOf } from "./names.js";
import { describeUses, placeOfUse, type Reference } from "./references.js";

/** A name that the list does not have where it was looked for. */
export interface UnknownName {
  readonly reference: Reference;
  readonly name: string;
  /** The object an annotation names; undefined if any object would do. */
  readonly object: string | undefined;
}

/** Every candidate with its position, its line in the list and what to write to mean it. */
export function candidates(
  map: SymbolMap | undefined,
  name: string,
  owners: readonly Occurrences[],
): string[] {
  return owners.flatMap(({ object, lines }) =>
    lines.map((line, i) => {
      const position = lines.length === 1 ? 0 : i + 1;
      const paste = annotationOf({ object, name, position, gate: object });
      return `${object}, position ${position} (${map?.file}:${line}): ${paste}`;
    }),
  );
}

/** Adds an error for each unknown name; near names are looked for once for all of them. */
export function reportUnknown(
  unknown: readonly UnknownName[],
  evidence: {
    readonly object: ElfObject;
    readonly map: SymbolMap | undefined;
    readonly nearest: (names: readonly string[]) => ReadonlyMap<string, readonly NearName[]>;
  },
  diagnostics: Diagnostics,
): void {
  if (unknown.length === 0) return;
  const { map } = evidence;
  const nearest = evidence.nearest([...new Set(unknown.map(({ name }) => name))]);
  for (const { reference, name, object } of unknown) {
    const notes = [describeUses(evidence.object, reference)];
    const near = nearest.get(name) ?? [];
    if (near.length > 0) {
      notes.push(`nearest: ${near.map((each) => `${each.name} (${each.object})`).join(", ")}`);
    }
    notes.push(
      `if the name is right, ${map?.file} is not of the kernel the patch is for, or lacks the object that has it`,
    );
    diagnostics.error(
      "unknown-symbol",
      object === undefined
        ? `symbol ${name} is in no object of ${map?.file}`
        : `the annotation says that ${name} is ${object}'s, but ${map?.file} does not have it there`,
      placeOfUse(evidence.object, reference),
      notes,
    );
  }
}
