/**
 * A symbol of a module is looked for while the module comes up, or once it is live, as the patch was
 * loaded before it or after. Both have to find the same symbol, and it has to stay.
 */

import type { ElfObject, Section } from "../../elf/index.js";
import { faultOfPosition, meaningsOf } from "../../livepatch/index.js";
import { VMLINUX } from "../../symbols/index.js";
import { importsOf } from "../imports.js";
import { orderOfReplacing } from "../loading-order.js";
import {
  isApplied,
  judgedLookups,
  lookupsOf,
  optionFor,
  ownerOf,
  placeOfEntry,
  reasonsOfDoubt,
} from "../lookups.js";
import { HARMLESS, refused, wrong } from "../outcome.js";
import type { Findings, Rule } from "../rule.js";
import type { Subject } from "../subject.js";
import { outcomeOf } from "./found-symbols.js";

export const L45: Rule = {
  id: "L45",
  title: "A livepatch symbol is the one that the intermediate module means at the same place",
  severity: "error",
  needs: ["object", "input"],
  consequences: [
    { kind: "wrong", text: "the code uses another function or variable, and nothing is said" },
  ],
  remedy: "convert the intermediate module again, and do nothing to the result",
  source: "kernel/livepatch/core.c, klp_find_object_symbol",
  isStructural: false,
  test(subject, findings) {
    const { machine, input, map } = subject;
    if (machine === undefined) {
      findings.unchecked("the machine is none that has livepatch");
      return;
    }
    const meanings = meaningsOf(input!, machine);
    const before = spellings(input!);
    const after = spellings(subject.elf);
    const bySpelling = new Map([...meanings].map(([section, each]) => [before.get(section), each]));
    const told = new Set<string>();
    const notFound = new Set(
      judgedLookups(subject).flatMap(({ lookup: { use }, fault }) =>
        use === undefined || fault === "unsteady" || fault === "freed"
          ? []
          : `${use.entry.symbol} ${use.section.gate}`,
      ),
    );
    const imports = new Set<string>();
    for (const { name } of importsOf(subject)) imports.add(name);
    for (const [section, entry] of subject.livepatchEntries()) {
      const { target, gate } = section;
      // What is not found is no other symbol, and is told elsewhere.
      if (notFound.has(`${entry.symbol} ${gate}`)) continue;
      if (target === undefined || !subject.isLivepatchSymbol(entry.symbol)) continue;
      const { fields, object, name, position } = subject.symbolName(entry.symbol);
      const meaning = bySpelling.get(after.get(target))?.get(entry.offset);
      if (fields < 3 || meaning === undefined) continue;
      const { said } = meaning;
      // The kernel refuses it before it finds anything.
      if (object === VMLINUX && gate !== VMLINUX) continue;
      // The place is still that of an import: then it is the entry that has moved.
      if (said === undefined && imports.has(meaning.name)) continue;
      const isOther =
        meaning.name !== name ||
        // 0 is that of a unique symbol, which is also the first.
        (said !== undefined &&
          (said.object !== object || Math.max(said.position, 1) !== Math.max(position, 1)));
      if (!isOther) {
        if (said !== undefined || position < 2) continue;
        findings.unchecked(
          `nothing in the module before conversion says which ${name} of ${object} is meant`,
        );
        continue;
      }
      const key = `${entry.symbol} ${meaning.name} ${said?.object} ${said?.position}`;
      if (told.has(key)) continue;
      told.add(key);
      const meant =
        said === undefined
          ? meaning.name
          : `${meaning.name} of ${said.object}, position ${said.position}`;
      const isUsed = isApplied(subject, section);
      findings.add({
        place: placeOfEntry(subject, section, entry),
        message: `it is ${name} of ${object}, position ${position}, and was ${meant}`,
        outcome: isUsed
          ? wrong(`${name} of ${object} is used where ${meaning.name} was meant`)
          : HARMLESS,
      });
    }
    for (const { object, position } of map === undefined ? [] : lookupsOf(subject)) {
      if (position === 0 || !map!.isOrderDoubtful(object)) continue;
      findings.unchecked(
        `the symbols of ${object} in ${map!.file} may have lost their order: ${optionFor(object)}`,
      );
    }
  },
};

/** Sections by their names, and by their number among those of one name; conversion removes none of them. */
function spellings({ sections }: ElfObject): ReadonlyMap<Section, string> {
  const counts = new Map<string, number>();
  return new Map(
    sections.map((section) => {
      const count = counts.get(section.name) ?? 0;
      counts.set(section.name, count + 1);
      return [section, `${count} ${section.name}`];
    }),
  );
}

export const L46: Rule = {
  id: "L46",
  title:
    "A symbol of a module is found, and is the same, while the module comes up and once it is live",
  severity: "error",
  needs: ["object", "symbols"],
  consequences: [
    { kind: "wrong", text: "which symbol is used depends on which module is loaded first" },
    {
      kind: "refused",
      text: "in one of the two orders, the module or the patch",
      message: "livepatch: symbol '…' not found in symbol table",
      errno: "EINVAL",
    },
  ],
  remedy: "reach it in another way: no position means this symbol in both orders of loading",
  source: "kernel/module/kallsyms.c, add_kallsyms and module_kallsyms_on_each_symbol",
  isStructural: false,
  test(subject, findings) {
    for (const each of judgedLookups(subject)) {
      if (each.fault !== "unsteady") continue;
      const { lookup, owner } = each;
      const { name, object, position } = lookup;
      const isDecided = each.refused === undefined && lookup.isMade;
      findings.add({
        place: lookup.place,
        message: `${name} of ${object}: ${faultOfPosition(owner!, position)}`,
        outcome: isDecided
          ? wrong(`which ${name} of ${object} is used depends on which module is loaded first`)
          : outcomeOf(each),
      });
    }
    uncheckedTables(subject, findings);
  },
};

export const L47: Rule = {
  id: "L47",
  title: "No symbol that livepatch finds is in memory that its object frees after initialisation",
  severity: "error",
  needs: ["object", "symbols"],
  consequences: [
    { kind: "wrong", text: "the code uses memory that was freed" },
    {
      kind: "refused",
      text: "a module that is live has forgotten the symbol",
      message: "livepatch: symbol '…' not found in symbol table",
      errno: "EINVAL",
    },
    {
      kind: "refused",
      text: "a function of vmlinux's init memory is nowhere for ftrace",
      message: "livepatch: failed to find location for function '…'",
      errno: "EINVAL",
    },
  ],
  remedy: "do without it: whatever is __init is gone by the time the patch is used",
  source: "kernel/module/kallsyms.c, is_core_symbol; kernel/livepatch/patch.c, klp_patch_func",
  isStructural: false,
  test(subject, findings) {
    const functions = new Map<string, number>();
    for (const each of judgedLookups(subject)) {
      if (each.fault !== "freed") continue;
      const { lookup, owner } = each;
      const { name, object, position, place } = lookup;
      const of = `${name} of ${object}`;
      if (object === VMLINUX) {
        const message = `${of}: it is in init memory, which vmlinux frees when it is up`;
        const index = functions.get(object) ?? 0;
        functions.set(object, index + 1);
        const outcome = !lookup.isMade
          ? HARMLESS
          : lookup.of === "function"
            ? refused(
                "objects",
                "EINVAL",
                `livepatch: failed to find location for function '${name}'`,
                { order: orderOfReplacing(subject, object, index) },
              )
            : wrong(`${of} is used, in memory that was freed`);
        findings.add({ place, message, outcome });
        continue;
      }
      const message = `${of}: ${faultOfPosition(owner!, position)}`;
      findings.add({ place, message, outcome: outcomeOf(each) });
      // If the patch was there first the symbol is found, and then freed under the patch's hands.
      const isFoundFirst = each.refused?.in === "after" && lookup.times.length > 1;
      if (lookup.of === "function" || !isFoundFirst || !lookup.isMade) continue;
      findings.add({
        place,
        message: `${of} is found while ${object} comes up, and freed under the patch`,
        outcome: wrong(`${of} is used, in memory that was freed`, "before"),
      });
    }
    uncheckedTables(subject, findings);
    uncheckedInit(subject, findings);
  },
};

/** Only a module's file says what is there only while it comes up. */
function uncheckedTables(subject: Subject, findings: Findings): void {
  for (const reason of reasonsOfDoubt(subject)) findings.unchecked(reason);
  const { map } = subject;
  const objects = new Set<string>();
  for (const { object, name } of lookupsOf(subject)) {
    if (object !== VMLINUX && ownerOf(map!, object, name) !== undefined) objects.add(object);
  }
  for (const object of objects) {
    if (map!.facts(object)?.order === "symtab") continue;
    findings.unchecked(
      `which symbols ${object} has only while it comes up is not known: ${optionFor(object)}`,
    );
  }
}

/** Only vmlinux's own file, or a list made of it, says what it frees. */
function uncheckedInit(subject: Subject, findings: Findings): void {
  const facts = subject.map!.facts(VMLINUX);
  if (facts === undefined || facts.arch !== undefined) return;
  if (!lookupsOf(subject).some(({ object }) => object === VMLINUX)) return;
  findings.unchecked(
    `${subject.map!.file} does not say what is in vmlinux's init memory: --symbols vmlinux`,
  );
}
