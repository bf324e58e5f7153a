/**
 * Rules for symbols that somebody has spoken of: the loader by a name it looks for, the patch by an
 * annotation, objtool by an entry of its form, the user by an option.
 */

import type { Place } from "../../diagnostics.js";
import { VMLINUX } from "../../symbols/index.js";
import { isTombstone } from "../dialects/tombstones.js";
import {
  ANNOTATED_PREFIX,
  annotatedDeclaration,
  KLP_RELOCS_PREFIX,
  LIVEPATCH_SYMBOL_PREFIX,
  type LivepatchTarget,
  parseAnnotatedName,
  parseLivepatchName,
} from "../names.js";
import { placeOfUse, type Reference } from "../references.js";
import { reasonToStay } from "./fixed-names.js";
import { pasteName } from "./undetermined.js";
import { type Context, isConfirmed, isSpeakable, stays, type Verdict } from "./verdict.js";

export function refusedBefore(context: Context, reference: Reference): Verdict | undefined {
  return context.refused.has(reference.name) ? "refused" : undefined;
}

/** Names the loader or the architecture must see as they are. */
export function staysByName(context: Context, reference: Reference): Verdict | undefined {
  const reason = reasonToStay(reference.name, context.facts.machine.machine);
  if (reason === undefined) return undefined;
  const annotation = context.annotations.get(reference.name);
  if (annotation === undefined) return stays(reason);
  const { place, says } = annotation;
  return refuseFixedName(context, place, reference.name, reason, says);
}

function refuseFixedName(
  context: Context,
  place: Place,
  name: string,
  reason: string,
  says: string,
): Verdict {
  context.diagnostics.error(
    "annotation-fixed-name",
    `${says} would make ${name} a livepatch symbol, but it has to stay: ${reason}`,
    place,
    [`remove ${says}`],
  );
  return "refused";
}

/** `.klp.sym.rela.LP_OBJECT.SYM_OBJECT.NAME.POS` says all itself. */
export function annotatedByName(context: Context, reference: Reference): Verdict | undefined {
  if (!reference.name.startsWith(ANNOTATED_PREFIX) || reference.gate !== undefined)
    return undefined;
  const { diagnostics, facts, object } = context;
  const place = placeOfUse(object, reference);
  const target = parseAnnotatedName(reference.name);
  if (target === undefined) {
    diagnostics.error(
      "annotated-name",
      `the annotated name ${reference.name} does not parse`,
      place,
      [`expected ${ANNOTATED_PREFIX}LP_OBJECT.SYM_OBJECT.NAME.POS, POS a decimal number`],
    );
    return "refused";
  }
  const reason = reasonToStay(target.name, facts.machine.machine);
  const says = "the annotation";
  if (reason !== undefined) return refuseFixedName(context, place, target.name, reason, says);
  const annotation = context.annotations.get(reference.name);
  if (
    annotation !== undefined &&
    (annotation.object !== target.object || annotation.position !== target.position)
  ) {
    diagnostics.error(
      "annotation-contradiction",
      `${annotation.says} says ${annotation.object}, position ${annotation.position}, and the symbol's own name says ${target.object}, position ${target.position}`,
      annotation.place,
      ["remove one of the two"],
    );
    return "refused";
  }
  const right = annotatedDeclaration({ ...target, gate: target.object });
  if (
    !isFitting(context, target, place, [`write instead: ${right}`]) ||
    !isSpeakable(context, target, place) ||
    !isConfirmed(context, reference, target, place, says, pasteName(target.gate))
  ) {
    return "refused";
  }
  return { target, why: "its own name says so" };
}

/** objtool's form names symbol, object and position, and its section the gate. */
export function namedByObjtool(context: Context, reference: Reference): Verdict | undefined {
  const { gate, name } = reference;
  if (gate === undefined) return undefined;
  const place = placeOfUse(context.object, reference);
  const says = `${KLP_RELOCS_PREFIX}${gate}`;
  // Entries whose symbol's name does not parse were left out where they were read.
  const target = { gate, ...parseLivepatchName(name)! };
  const reason = reasonToStay(target.name, context.facts.machine.machine);
  if (reason !== undefined) return refuseFixedName(context, place, target.name, reason, says);
  const notes = ["objtool klp diff has to be run on objects of the kernel that the patch is for"];
  if (
    !isFitting(context, target, place, notes) ||
    !isSpeakable(context, target, place) ||
    !isConfirmed(context, reference, target, place, says, () => "")
  ) {
    return "refused";
  }
  return { target, why: `named in ${says}` };
}

/**
 * A symbol of vmlinux is bound when the patch is loaded, one of a module when a module is. The kernel
 * refuses the first in a module's section (kernel/livepatch/core.c, klp_resolve_symbols); the
 * second would be bound once, by chance, and never again.
 */
function isFitting(
  { diagnostics }: Context,
  { object, gate }: LivepatchTarget,
  place: Place,
  notes: readonly string[],
): boolean {
  if ((gate === VMLINUX) === (object === VMLINUX)) return true;
  diagnostics.error(
    "gate",
    object === VMLINUX
      ? `a vmlinux symbol cannot wait for ${gate}: the kernel refuses it in a module's livepatch section`
      : `a symbol of ${object} cannot be resolved with vmlinux: the module may be absent, or go away later`,
    place,
    notes,
  );
  return false;
}

/** A name in the output's form, or of objtool's, on a symbol that was not spoken of. */
export function refusedAsLeftover(context: Context, reference: Reference): Verdict | undefined {
  const { name, weak } = reference;
  const isDead = isTombstone(name);
  if (!isDead && !name.startsWith(LIVEPATCH_SYMBOL_PREFIX)) return undefined;
  // It may be what a refused entry speaks of.
  if (context.klpRelocs.isFaulty) return "refused";
  context.diagnostics.error(
    "leftover-livepatch-name",
    isDead
      ? `symbol ${name} stands for one that no section ${KLP_RELOCS_PREFIX}OBJECT speaks of here`
      : `symbol ${name} is called like a livepatch symbol but is undefined: the kernel would ${weak ? "make it 0" : "not find it"}`,
    placeOfUse(context.object, reference),
    [
      isDead
        ? "the object was linked without all that objtool klp diff wrote for it; link it again"
        : `an annotated name begins with ${ANNOTATED_PREFIX}`,
    ],
  );
  return "refused";
}

/** KLP_MODULE_RELOC says object and position. */
export function annotatedBySection(context: Context, reference: Reference): Verdict | undefined {
  const annotation = context.annotations.get(reference.name);
  if (annotation === undefined) return undefined;
  const { object, position, place, says } = annotation;
  const gate = context.gates.of(object);
  const target = { object, name: reference.name, position, gate };
  if (
    !isSpeakable(context, target, place) ||
    !isConfirmed(context, reference, target, place, says)
  ) {
    return "refused";
  }
  return { target, why: annotation.why };
}
