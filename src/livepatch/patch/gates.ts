/**
 * Which object's loading binds the symbols of which. livepatch applies a section `.klp.rela.OBJECT.…`
 * when OBJECT is loaded, or when the patch is if OBJECT is there already, and only for objects that
 * the patch patches (kernel/livepatch/core.c, klp_init_object_loaded). A section for any other is
 * never applied: nothing is said, and the code uses address 0.
 *
 * Symbols are bound with the module that has them if that is patched. Those of a module that is not
 * can be bound with one that is and depends on it, so that it is always loaded first.
 */

import type { Diagnostics } from "../../diagnostics.js";
import type { ElfObject } from "../../elf/index.js";
import { kernelSpelling, type SymbolMap, VMLINUX } from "../../symbols/index.js";
import { faultOfObject, type LivepatchTarget, objectOfLivepatchSection } from "../names.js";
import { isLivepatchSection } from "../references.js";
import { describePatch, type Patch } from "./patch.js";

/** `--late-bind OWNER=PATCHED`: symbols of OWNER are bound when PATCHED is loaded. */
export interface LateBinding {
  /** As it was given. */
  readonly text: string;
  readonly owner: string;
  readonly gate: string;
}

/** Reads `OWNER=PATCHED`; a text that says why if it is no such statement. */
export function parseLateBinding(text: string): LateBinding | string {
  const [, first, second] = /^([^=]+)=([^=]+)$/.exec(text) ?? [];
  if (first === undefined || second === undefined) return `"${text}" is not OWNER=PATCHED`;
  const [owner, gate] = [kernelSpelling(first), kernelSpelling(second)];
  const fault = faultOfObject(owner) ?? faultOfObject(gate);
  if (fault !== undefined) return `"${text}": ${fault}`;
  if (owner === VMLINUX || gate === VMLINUX) {
    return `"${text}": both are modules; symbols of vmlinux are bound when the patch is loaded, those of a module cannot be`;
  }
  return { text, owner, gate };
}

/** What to write to have a symbol wait for an object. */
export type WriteGate = (gate: string) => string;

/** Patched objects that are looked at for a remedy; no patch has as many. */
const REMEDIES_MOST = 100;
const PATCH_IT = "symbols of modules are bound for patched ones only: patch a function of";

/** Why a symbol cannot wait for an object, and what to do instead. */
export interface GateFault {
  readonly message: string;
  readonly notes: () => readonly string[];
}

export class Gates {
  readonly #patch: Patch;
  readonly #map: SymbolMap | undefined;
  readonly #late = new Map<string, LateBinding>();
  /** Modules of which it was asked what their symbols wait for. */
  readonly #asked = new Set<string>();

  /** Adds an error for each statement that contradicts another. */
  constructor(
    patch: Patch,
    bindings: readonly LateBinding[],
    map: SymbolMap | undefined,
    diagnostics: Diagnostics,
  ) {
    this.#patch = patch;
    this.#map = map;
    for (const binding of bindings) {
      if (patch.objects?.has(binding.owner) && binding.owner !== binding.gate) {
        diagnostics.error(
          "late-bind",
          `--late-bind ${binding.text}: the patch patches ${binding.owner} itself, whose code may run before ${binding.gate} is loaded`,
          {},
          [
            describePatch(patch),
            `leave it out: symbols of ${binding.owner} are bound when that is loaded`,
          ],
        );
      }
      const first = this.#late.get(binding.owner);
      if (first === undefined) this.#late.set(binding.owner, binding);
      else if (first.gate !== binding.gate) {
        diagnostics.error(
          "late-bind",
          `--late-bind ${binding.text} contradicts --late-bind ${first.text}`,
          {},
          [
            "all symbols of a module are bound with one object; to tell symbols apart, give them their annotated names",
          ],
        );
      }
    }
  }

  /** The object that symbols of `owner` wait for, if nothing else is said of them. */
  of(owner: string): string {
    this.#asked.add(owner);
    return this.#late.get(owner)?.gate ?? owner;
  }

  /** Exports of `owner` are bound late: it is patched, or it was stated what they wait for. */
  bindsLate(owner: string): boolean {
    return this.#late.has(owner) || this.#patch.objects?.has(owner) === true;
  }

  /** Why livepatch would not bind the symbol, or undefined if it does as far as is known. */
  faultOf(target: LivepatchTarget, write?: WriteGate): GateFault | undefined {
    const { object, name, gate } = target;
    if (gate === VMLINUX) return undefined;
    const { objects } = this.#patch;
    if (objects !== undefined && !objects.has(gate)) {
      return {
        message: `${name} of ${object} would wait for ${gate}, which the patch does not patch: the kernel would never apply the relocation, and the code would use address 0`,
        notes: () => {
          const remedies = this.remedies(object, write);
          if (remedies.length === 0)
            remedies.push(`${PATCH_IT} ${object}, or of one that depends on it`);
          return [describePatch(this.#patch), ...remedies];
        },
      };
    }
    if (gate === object || dependsOn(this.#map, gate, object) !== false) return undefined;
    const known = this.#map?.facts(gate)?.depends;
    return {
      message: `${name} of ${object} would be bound when ${gate} is loaded, and ${gate} does not depend on ${object}, which may be absent then`,
      notes: () => [
        known === ""
          ? `${gate} depends on no module`
          : `${gate} depends on ${known?.split(",").join(", ")}`,
        "what a module depends on its .ko says, in .modinfo; give those of its dependencies too",
      ],
    };
  }

  /** Adds an error for each livepatch section that is there already and would never be applied. */
  checkSections(object: ElfObject, diagnostics: Diagnostics): void {
    const { objects } = this.#patch;
    if (objects === undefined) return;
    for (const section of object.present()) {
      if (!isLivepatchSection(section) || section.size === 0) continue;
      const gate = objectOfLivepatchSection(section.name);
      if (gate === undefined || gate === VMLINUX || objects.has(gate)) continue;
      diagnostics.error(
        "gate",
        `the section waits for ${gate}, which the patch does not patch: the kernel would never apply its relocations`,
        { section: section.name },
        [describePatch(this.#patch), "it is another tool's work; convert the intermediate module"],
      );
    }
  }

  /** What to write to have symbols of a module that is not patched bound late. */
  remedies(owner: string, write: WriteGate = (gate) => `--late-bind ${owner}=${gate}`): string[] {
    const objects = [...(this.#patch.objects?.keys() ?? [])];
    const patched = objects.filter((each) => each !== VMLINUX).slice(0, REMEDIES_MOST);
    const fitting = patched.filter((each) => dependsOn(this.#map, each, owner) === true);
    if (fitting.length > 0) {
      return fitting.map(
        (each) => `${each} depends on ${owner}, so it can wait for ${each}: ${write(each)}`,
      );
    }
    const open = patched.filter((each) => dependsOn(this.#map, each, owner) === undefined);
    return open.map(
      (each) => `if ${each} depends on ${owner}, it can wait for ${each}: ${write(each)}`,
    );
  }

  /** Warns of statements that nothing came of. */
  warnOfUnused(diagnostics: Diagnostics): void {
    for (const { owner, text } of this.#late.values()) {
      if (this.#asked.has(owner)) continue;
      diagnostics.warning(
        "late-bind-unused",
        `--late-bind ${text} has no effect: no symbol of ${owner} is bound by livepatch`,
      );
    }
  }
}

/** Whether `owner` is always loaded before `module`; undefined if that is not known. */
export function dependsOn(
  map: SymbolMap | undefined,
  module: string,
  owner: string,
): boolean | undefined {
  const seen = new Set([module]);
  for (const each of seen) {
    const depends = map?.facts(each)?.depends;
    if (each === module && depends === undefined) return undefined;
    for (const one of depends?.split(",") ?? []) if (one !== "") seen.add(one);
    if (seen.has(owner)) return true;
  }
  return false;
}
