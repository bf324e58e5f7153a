/** Whether symbols are of the kernel that the module is for. */

import type { Diagnostics } from "../../diagnostics.js";
import { type SymbolMap, VMLINUX } from "../../symbols/index.js";
import type { ModuleFacts } from "../module.js";
import type { Patch } from "../patch/patch.js";
import type { Decision } from "./verdict.js";

/**
 * Holds the symbols of vmlinux and of every object in use against the module: another machine's are
 * an error, another release's a warning, or an error if `isStrict`. What does not say where it is
 * from is not judged.
 */
export function checkKernelOfSymbols(
  { machine, release }: ModuleFacts,
  map: SymbolMap,
  decisions: readonly Decision[],
  patch: Patch,
  isStrict: boolean,
  diagnostics: Diagnostics,
): void {
  const objects = new Set([VMLINUX]);
  for (const object of patch.objects?.keys() ?? []) objects.add(object);
  for (const { target } of decisions) if (target !== undefined) objects.add(target.object);
  const releases = new Map<string, string>();
  const machines = new Map<string, string>();
  for (const object of objects) {
    const facts = map.facts(object);
    if (facts?.release !== undefined && facts.release !== release) {
      releases.set(facts.release, object);
    }
    if (facts?.arch !== undefined && facts.arch !== machine.name) machines.set(facts.arch, object);
  }
  for (const [arch, object] of machines) {
    diagnostics.error(
      "symbols-machine",
      `the module is for ${machine.name}, and ${map.file} has ${object} of ${arch}`,
    );
  }
  for (const [other, object] of release === undefined ? [] : releases) {
    const message = `the module is for kernel ${release}, and ${map.file} has ${object} of ${other}`;
    const notes = ["positions are right only for the kernel that symbols are from"];
    if (isStrict) diagnostics.error("symbols-release", message, {}, notes);
    else diagnostics.warning("symbols-release", message, {}, notes);
  }
}
