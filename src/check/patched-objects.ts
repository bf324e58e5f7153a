/** The objects of the patch as the kernel takes them: in which order, and which it never finds. */

import { kernelSpelling } from "../symbols/index.js";
import type { Subject } from "./subject.js";

interface PatchedObjects {
  readonly order: ReadonlyMap<string, number>;
  readonly misnamed: ReadonlySet<string>;
}

/** The number of an object in the patch; undefined if it is not there, or the patch is unknown. */
export function patchedOrder(subject: Subject, object: string): number | undefined {
  return patchedObjects(subject).order.get(object);
}

/** The patch has the object, by a name under which the kernel never finds one. */
export function isMisnamed(subject: Subject, object: string): boolean {
  return patchedObjects(subject).misnamed.has(object);
}

const KNOWN = new WeakMap<Subject, PatchedObjects>();

function patchedObjects(subject: Subject): PatchedObjects {
  let known = KNOWN.get(subject);
  if (known === undefined) {
    const { objects, misnamed } = subject.patch;
    known = {
      order: new Map([...(objects?.keys() ?? [])].map((object, i) => [object, i])),
      misnamed: new Set([...misnamed.keys()].map(kernelSpelling)),
    };
    KNOWN.set(subject, known);
  }
  return known;
}
