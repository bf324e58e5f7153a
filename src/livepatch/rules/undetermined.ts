/**
 * What is said of a name that the module and the list leave open: every candidate, and what to
 * write to mean it.
 */

import { type Diagnostics, KEPT_PER_SEVERITY, type Place } from "../../diagnostics.js";
import {
  type NearName,
  type Occurrences,
  rankSymbols,
  type SymbolMap,
  VMLINUX,
} from "../../symbols/index.js";
import { annotatedDeclaration, annotationOf, type LivepatchTarget } from "../names.js";
import { detailsOf, faultOfSymbolChoice } from "./positions.js";

/** A name that the list does not have where it was looked for. */
export interface UnknownName {
  readonly use: Use;
  readonly name: string;
  /** The object an annotation names; undefined if any object would do. */
  readonly object: string | undefined;
  /** What names the object. */
  readonly says: string;
  /** What to write to mean a near name instead. */
  readonly paste?: Paste;
}

/** Names that are unknown. Of those that nobody will be told of there is no more than their number. */
export class UnknownNames {
  readonly told: UnknownName[] = [];
  beyond = 0;

  add(name: () => UnknownName): void {
    if (this.told.length < KEPT_PER_SEVERITY) this.told.push(name());
    else this.beyond++;
  }
}

/** Where a name is used, and the note that says by whom; nobody asks of more than are told. */
export interface Use {
  place(): Place;
  text(): string;
}

/** How many candidates are listed of one name; no kernel has a name that often. */
const LISTED_MOST = 1000;

/** What to write in the patch's source to mean a symbol; empty if nothing there can say it. */
export type Paste = (target: Omit<LivepatchTarget, "gate">) => string;

/** A macro, for symbols that have no name of their own making. */
export const pasteMacro: Paste = (target) => annotationOf({ ...target, gate: target.object });
/** Another name, for a symbol that is annotated by its own and waits for `gate`. */
export const pasteName =
  (gate: string): Paste =>
  (target) =>
    annotatedDeclaration({ ...target, gate });

/**
 * Every candidate with its position, what is known of it, and what to write to mean it, or why
 * nothing can be written.
 */
export function candidates(
  name: string,
  owners: readonly Occurrences[],
  paste: Paste = pasteMacro,
): string[] {
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
      const line = paste({ object, name, position });
      listed.push(`${object}, position ${position} (${details})${line === "" ? "" : `: ${line}`}`);
    }
  }
  if (total > listed.length) listed.push(`and ${total - listed.length} more`);
  return listed;
}

/** Adds an error for each unknown name; near names are looked for once for all of them. */
export function reportUnknown(
  { told, beyond }: UnknownNames,
  map: SymbolMap | undefined,
  diagnostics: Diagnostics,
): void {
  if (told.length === 0) return;
  const nearest = map?.nearest([...new Set(told.map(({ name }) => name))]);
  for (const { use, name, object, says, paste } of told) {
    diagnostics.error(
      "unknown-symbol",
      object === undefined
        ? `symbol ${name} is in no object of ${map?.file}`
        : `${says} says that ${name} is ${object}'s, but ${map?.file} does not have it there`,
      use.place(),
      () => [
        use.text(),
        ...(nearest?.get(name) ?? []).map((near) => describeNear(near, paste)),
        `if the name is right, ${map?.file} is not of the kernel the patch is for, or lacks the object that has it`,
        ...(map?.hasObject(VMLINUX) === true ? [] : [NEEDS_VMLINUX]),
      ],
    );
  }
  diagnostics.moreErrors(beyond);
}

const NEEDS_VMLINUX =
  "vmlinux is not in it, or not all of it: give a source that has; of what vmlinux exports Module.symvers is enough";

/** A name that may be meant; what to write for it where that is not just another spelling. */
function describeNear({ object, name, isVariant, count }: NearName, paste = pasteMacro): string {
  const near = `near: ${name}, ${count === 1 ? "in" : `${count} times in`} ${object}`;
  if (!isVariant || count > 1) return near;
  const line = paste({ object, name, position: 0 });
  return line === "" ? near : `${near}: ${line}`;
}
