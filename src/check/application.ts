/**
 * When the kernel applies a livepatch section, and what becomes of what is wrong in one. Those of vmlinux
 * are applied with the ordinary relocations, if the module loader does not pass over them
 * (kernel/module/main.c, apply_relocations). Those of a module are applied when the patch and that
 * module are both there, and then nothing is passed over (kernel/livepatch/core.c,
 * klp_apply_object_relocs).
 */

import type { Section } from "../elf/index.js";
import { LIVEPATCH_SECTION_PREFIX, specialSection } from "../livepatch/index.js";
import { VMLINUX } from "../symbols/index.js";
import { refusedWhenResolved } from "./loading-order.js";
import { HARMLESS, type Outcome } from "./outcome.js";
import type { Violation } from "./rule.js";
import { type LivepatchSection, type Subject, THIS_MODULE } from "./subject.js";

export type Application =
  /** When the patch is loaded. */
  | "at load"
  /** When the patch and the object are both there. */
  | { readonly object: string }
  | "never";

/** When the relocations of a livepatch section are applied. */
export function applicationOf(subject: Subject, each: LivepatchSection): Application {
  const { gate, target } = each;
  if (gate === undefined) return "never";
  if (gate === VMLINUX) return isVisited(subject, target) ? "at load" : "never";
  if (objectRunInto(subject, each) !== undefined) return "never";
  // What is not known to be patched is taken to be; that it has to be is another rule.
  return subject.patch.objects?.has(gate) === false ? "never" : { object: gate };
}

/**
 * The object that was meant where its name runs into that of the section, as in
 * `.klp.rela.vmlinux__bug_table`.
 */
export function objectRunInto(
  { patch }: Subject,
  { section, gate, target }: LivepatchSection,
): string | undefined {
  if (gate === undefined || target === undefined || target.name === "") return undefined;
  if (gate === VMLINUX || patch.objects?.has(gate) === true) return undefined;
  if (target.name.startsWith(".")) return undefined;
  const rest = section.name.slice(LIVEPATCH_SECTION_PREFIX.length);
  return rest.endsWith(target.name) && rest.startsWith(gate) && !rest.includes(".")
    ? rest.slice(0, -target.name.length) || undefined
    : undefined;
}

/** The name of a livepatch section ends with that of what it relocates, with the dot between. */
export function isNamedFor({ section, gate = "", target }: LivepatchSection): boolean {
  const rest = section.name.slice(LIVEPATCH_SECTION_PREFIX.length + gate.length);
  if (target === undefined) return false;
  return rest === `.${target.name}` || (rest === target.name && rest.startsWith("."));
}

/** The module loader comes to a section of relocations that has this target, and reads its name. */
export function isVisited(subject: Subject, target: Section | undefined): target is Section {
  if (target === undefined) return false;
  // kernel/module/kallsyms.c, layout_symtab
  const { symbols } = subject.elf;
  if (target.index === symbols.section || target.index === symbols.stringTable) return true;
  if (!target.isLoaded) return false;
  const special = specialSection(target.name, subject.machine?.machine ?? 0);
  // load_module takes SHF_ALLOC from what it reads itself (rewrite_section_headers, layout_and_allocate).
  if (special?.allowed === "none") return target.name === THIS_MODULE;
  if (typeof special?.allowed === "object") return subject.isSince(special.allowed.vmlinuxSince);
  return true;
}

/**
 * What the kernel refuses when it comes to an entry of a livepatch section. All symbols of a section are
 * resolved before any of its relocations is applied.
 */
export function refusedAt(
  subject: Subject,
  application: Application,
  each: LivepatchSection,
  entry: number,
  errno: string,
  message: string,
): Outcome {
  if (application === "never") return HARMLESS;
  return refusedWhenResolved(subject, each, entry, errno, message);
}

/** An outcome, and with what the kernel does not mind a warning. */
export function graded(outcome: Outcome): Pick<Violation, "outcome" | "severity"> {
  return { outcome, ...(outcome.kind === "harmless" && { severity: "warning" }) };
}

/** When each livepatch section is applied, asked once. */
export class Applications {
  readonly #known = new Map<LivepatchSection, Application>();

  constructor(readonly subject: Subject) {}

  of(each: LivepatchSection): Application {
    let application = this.#known.get(each);
    if (application === undefined) {
      application = applicationOf(this.subject, each);
      this.#known.set(each, application);
    }
    return application;
  }
}
