/** The patch with what is put in place of each function, by name. */

import type { ElfObject } from "../elf/index.js";
import { machineOf, type PatchedFunction, readPatch } from "../livepatch/index.js";
import type { InspectedPatch, Place } from "./inspection.js";
import { readKpatchFunctions } from "./kpatch-functions.js";
import { Users } from "./users.js";

/** What a livepatch module patches; null if its machine has no livepatch. */
export function inspectPatch(object: ElfObject): InspectedPatch | null {
  const machine = machineOf(object);
  if (machine === undefined) return null;
  const read = readPatch(object, machine);
  const ofKpatch = read.objects === undefined ? readKpatchFunctions(object, machine) : undefined;
  const { source, reason, objects } =
    ofKpatch === undefined ? read : { source: "kpatch" as const, reason: "", objects: ofKpatch };
  const users = new Users(object);
  return {
    source,
    reason: reason === "" ? null : reason,
    objects:
      objects === undefined
        ? null
        : [...objects].map(([name, functions]) => ({
            name,
            functions: functions.map((each) => ({
              name: each.name,
              position: each.position,
              replacement: placeOf(object, users, each),
            })),
          })),
  };
}

function placeOf(
  { symbols }: ElfObject,
  users: Users,
  { replacement }: PatchedFunction,
): Place | null {
  if (replacement === undefined) return null;
  const { symbol, spot } = replacement;
  if (spot === undefined) return { name: symbols.name(symbol), section: "", offset: 0 };
  const { section, offset } = spot;
  const { name, offset: start } = users.at(section, offset);
  return { name: start === offset ? name : null, section: section.name, offset };
}
