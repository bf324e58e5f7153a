/** What is said of decisions that the sources of symbols could not quite bear out. */

import { counted, type Diagnostics } from "../../diagnostics.js";
import { type SymbolMap, VMLINUX } from "../../symbols/index.js";
import type { LivepatchTarget } from "../names.js";

/**
 * Adds warnings and notes: of annotated objects that the map does not have (`objects`), of positions
 * counted in a doubtful order, and of symbols that are an object's only as far as is known
 * (`unique`).
 */
export function noteUnverified(
  map: SymbolMap | undefined,
  targets: readonly LivepatchTarget[],
  objects: Iterable<string>,
  unique: readonly LivepatchTarget[],
  diagnostics: Diagnostics,
): void {
  if (map === undefined) return;
  noteDoubtfulOrder(map, targets, diagnostics);
  warnOfLiveModules(map, targets, diagnostics);
  warnOfUnknownVmlinux(map, unique, diagnostics);
  for (const object of objects) {
    diagnostics.warning(
      "unverified",
      `symbols of object ${object} are not checked: ${map.file} does not have ${map.facts(object) === undefined ? "the object" : "all of its symbols"}`,
    );
  }
}

/** Says which positions were counted in an order that is perhaps not the kernel's. */
function noteDoubtfulOrder(
  map: SymbolMap,
  targets: readonly LivepatchTarget[],
  diagnostics: Diagnostics,
): void {
  const names = new Map<string, Set<string>>();
  for (const target of targets) {
    if (target.position === 0) continue;
    const same = names.get(target.object) ?? new Set<string>();
    names.set(target.object, same.add(`${target.name} at ${target.position}`));
  }
  for (const [object, same] of names) {
    if (!map.isOrderDoubtful(object)) continue;
    const positions = [...same];
    diagnostics.note(
      "unverified-order",
      `positions in ${object} are unverified: its names stand in alphabetical order in ${map.file}, which is not the kernel's`,
      {},
      () => [
        `${positions.slice(0, 5).join(", ")}${positions.length > 5 ? ", …" : ""}`,
        "klp-convert symbols makes a list in the kernel's order",
      ],
    );
  }
}

/**
 * Of a module that kallsyms shows, homonyms are missing that it had only while it came up; they count
 * when it comes up again.
 */
function warnOfLiveModules(
  map: SymbolMap,
  targets: readonly LivepatchTarget[],
  diagnostics: Diagnostics,
): void {
  const objects = new Set(targets.map(({ object }) => object));
  for (const object of objects) {
    if (object === VMLINUX || map.facts(object)?.order !== "kallsyms") continue;
    diagnostics.warning(
      "unverified-live",
      `positions in ${object} are those of the module as it is loaded, and may be others while it comes up`,
      {},
      [`give ${object}'s file too, the .ko: it has both`],
    );
  }
}

/** Says which symbols may be vmlinux's as well, where nobody has said what vmlinux has. */
function warnOfUnknownVmlinux(
  map: SymbolMap,
  unique: readonly LivepatchTarget[],
  diagnostics: Diagnostics,
): void {
  if (map.isList || map.hasObject(VMLINUX) || unique.length === 0) return;
  const names = unique.map(({ name, object }) => `${name} of ${object}`);
  diagnostics.warning(
    "unverified-owner",
    `${counted(unique.length, "symbol")} resolved without knowing what vmlinux has: ${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""}`,
    {},
    ["if vmlinux has the name too, it is ambiguous; give vmlinux or /proc/kallsyms as well"],
  );
}
