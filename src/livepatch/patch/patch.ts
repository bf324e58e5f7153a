/** What the patch patches, as far as it is known, and how that was learned. */

import type { Diagnostics, Place } from "../../diagnostics.js";
import { kernelSpelling } from "../../symbols/index.js";
import { faultOfObject } from "../names.js";
import type { Pointer, Spot } from "./pointers.js";

/** One klp_func: a function that is replaced. */
export interface PatchedFunction {
  /** old_name. */
  readonly name: string;
  /** old_sympos: 0, or which of its homonyms it is. */
  readonly position: number;
  /** new_func; undefined if the module's code sets it. */
  readonly replacement: Pointer | undefined;
  /** Where the entry is. */
  readonly at: Spot;
}

/** How the patch was read. */
export type PatchSource = "debug info" | "layout" | "sections" | "stated" | "unknown";

export interface Patch {
  readonly source: PatchSource;
  /** Why the patch is unknown; empty if it is not. */
  readonly reason: string;
  /** The functions that are replaced, by object; undefined if the patch is unknown. */
  readonly objects: ReadonlyMap<string, readonly PatchedFunction[]> | undefined;
  /** Names of objects, as they stand in the patch, that the kernel will never find; and where. */
  readonly misnamed: ReadonlyMap<string, Spot>;
  /** Objects that the patch has more than once, by the name of their directory; and where again. */
  readonly repeated: ReadonlyMap<string, Spot>;
}

/** What is patched, and how that is known, as a sentence. */
export function describePatch({ source, objects }: Patch): string {
  const names = [...(objects?.keys() ?? [])];
  const listed = names.slice(0, 10).join(", ") + (names.length > 10 ? ", …" : "");
  return `the patch patches ${listed} (${HOW_KNOWN[source]})`;
}

const HOW_KNOWN: Readonly<Record<PatchSource, string>> = {
  "debug info": "read from its klp_patch, as debug info describes it",
  layout: "read from its klp_patch, by the relocations in it",
  sections: "read from .init.klp_objects",
  stated: "as --patched-object says",
  unknown: "unknown",
};

/** Where the entry of a function is. */
export function placeOfFunction({ at, name }: PatchedFunction): Place {
  return { section: at.section.name, offset: at.offset, symbol: name };
}

/**
 * The patch with what was stated of it beside the module. Where it can be read, that should agree: a
 * warning is added for every object that is not among those read, and taken at the user's word.
 */
export function addStatedObjects(
  patch: Patch,
  stated: readonly string[],
  diagnostics: Diagnostics,
): Patch {
  if (stated.length === 0) return patch;
  const names = stated.map(kernelSpelling);
  const objects = new Map(patch.objects);
  for (const name of names) {
    if (objects.has(name)) continue;
    objects.set(name, []);
    if (patch.objects === undefined) continue;
    diagnostics.warning(
      "patched-object",
      `--patched-object ${name}: the module does not say so itself`,
      {},
      [describePatch(patch), "if the patch does not patch it, what waits for it is never applied"],
    );
  }
  if (patch.objects !== undefined) return { ...patch, objects };
  return { ...patch, source: "stated", reason: "", objects };
}

/** What is wrong with the name of an object that is said to be patched, or undefined. */
export function faultOfPatchedObject(name: string): string | undefined {
  return faultOfObject(kernelSpelling(name));
}

/** The names of the functions that are replaced, to be looked up. */
export function replacedNames({ objects }: Patch): string[] {
  return [...(objects?.values() ?? [])].flatMap((functions) => functions.map(({ name }) => name));
}

/** Says that the patch is unknown, where anything depends on it. */
export function notePatch(patch: Patch, isNeeded: boolean, diagnostics: Diagnostics): void {
  if (patch.objects !== undefined || !isNeeded) return;
  diagnostics.note(
    "patch-unknown",
    `which objects the patch patches is unknown: ${patch.reason}`,
    {},
    [
      "so exports of patched modules stay imports, and it is not checked whether livepatch would apply what waits for a module, nor the functions that are replaced",
      "--patched-object OBJ says what is patched, vmlinux or a module, once for each",
    ],
  );
}
