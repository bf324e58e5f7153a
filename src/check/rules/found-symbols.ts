/**
 * What livepatch looks for has to be there: the symbols of livepatch relocations, and the functions that
 * the patch replaces.
 */

import { counted } from "../../diagnostics.js";
import {
  type JudgedLookup,
  judgedLookups,
  lookupsOf,
  optionFor,
  ownerOf,
  reasonsOfDoubt,
} from "../lookups.js";
import { HARMLESS, type Outcome } from "../outcome.js";
import type { Consequence, Findings, Rule } from "../rule.js";
import type { Subject } from "../subject.js";

const SOURCE = "kernel/livepatch/core.c, klp_find_object_symbol";
const LATE =
  "of a module's symbol: if the patch was loaded before, the module is refused when it is loaded; if it is loaded after, the patch";

function refusedWith(message: string): readonly Consequence[] {
  return [{ kind: "refused", text: LATE, message: `livepatch: ${message}`, errno: "EINVAL" }];
}

/** What comes of a search that fails. */
export function outcomeOf({ lookup, refused }: JudgedLookup): Outcome {
  return refused === undefined ? HARMLESS : lookup.refuse(refused.line, refused.in);
}

function addFaults(
  subject: Subject,
  findings: Findings,
  fault: JudgedLookup["fault"],
  message: (judged: JudgedLookup) => string,
  remedy: (judged: JudgedLookup) => string | undefined,
): void {
  for (const each of judgedLookups(subject)) {
    if (each.fault !== fault) continue;
    const made = remedy(each);
    findings.add({
      place: each.lookup.place,
      message: message(each),
      outcome: outcomeOf(each),
      ...(made !== undefined && { remedy: made }),
    });
  }
  for (const reason of reasonsOfDoubt(subject)) findings.unchecked(reason);
}

export const L42: Rule = {
  id: "L42",
  title: "Every symbol that livepatch looks for is one of the object that should have it",
  severity: "error",
  needs: ["object", "symbols"],
  consequences: refusedWith("symbol '…' not found in symbol table"),
  remedy: "give the module the symbols of the kernel it is for, and convert it again",
  source: SOURCE,
  isStructural: false,
  test(subject, findings) {
    const absent = judgedLookups(subject).filter(({ fault }) => fault === "absent");
    const names = absent.map(({ lookup }) => lookup.name);
    const nearest = names.length === 0 ? undefined : subject.map!.nearest([...new Set(names)]);
    addFaults(
      subject,
      findings,
      "absent",
      ({ lookup: { object, name } }) => `${object} has no ${name}`,
      ({ lookup: { name } }) => {
        const near = nearest?.get(name) ?? [];
        if (near.length === 0) return undefined;
        return `near it are ${near.map((each) => `${each.name} of ${each.object}`).join(", ")}`;
      },
    );
  },
};

export const L43: Rule = {
  id: "L43",
  title: "Position 0 is that of a symbol that its object has once",
  severity: "error",
  needs: ["object", "symbols"],
  consequences: refusedWith("unresolvable ambiguity for symbol '…' in object '…'"),
  remedy: "say which is meant: KLP_SYMPOS, .old_sympos, or --sympos OBJECT:NAME=POSITION",
  source: SOURCE,
  isStructural: false,
  test(subject, findings) {
    addFaults(
      subject,
      findings,
      "ambiguous",
      ({ lookup: { object, name }, owner }) =>
        `position 0 says that ${name} is unique, but ${object} has it ${counted(owner!.symbols.length, "time")}`,
      ({ lookup, owner }) => pastePosition(lookup, owner!.symbols.length),
    );
  },
};

export const L44: Rule = {
  id: "L44",
  title: "A position is one that the symbol's object has",
  severity: "error",
  needs: ["object", "symbols"],
  consequences: refusedWith("symbol position … for symbol '…' in object '…' not found"),
  remedy: "give the module the symbols of the kernel it is for, and convert it again",
  source: SOURCE,
  isStructural: false,
  test(subject, findings) {
    addFaults(
      subject,
      findings,
      "beyond",
      ({ lookup: { object, name, printedPosition }, owner }) =>
        `position ${printedPosition} of ${name}, but ${object} has it ${counted(owner!.symbols.length, "time")}`,
      ({ lookup, owner }) => pastePosition(lookup, owner!.symbols.length),
    );
  },
};

/** What says a position that there is. */
function pastePosition({ of, object, name }: JudgedLookup["lookup"], count: number): string {
  const positions = count === 1 ? "0" : `1 to ${count}`;
  const option = of === "function" ? ".old_sympos = " : `--sympos ${object}:${name}=`;
  return `${option}POSITION, which can be ${positions}`;
}

export const L48: Rule = {
  id: "L48",
  title: "The symbol that livepatch finds is not at address 0",
  severity: "error",
  needs: ["object", "symbols"],
  kernels:
    "Before Linux 6.15, x86_64 has per-CPU symbols at address 0: fixed_percpu_data, __per_cpu_start",
  consequences: refusedWith("symbol '…' not found in symbol table"),
  remedy: "reach it in another way: through a symbol that is not at address 0",
  source: SOURCE,
  isStructural: false,
  test(subject, findings) {
    addFaults(
      subject,
      findings,
      "zero",
      ({ lookup: { object, name } }) =>
        `${name} of ${object} is at address 0, which livepatch takes for not found`,
      () => undefined,
    );
    // The symbols of modules are never there; their addresses are offsets until they are loaded.
    for (const { object, name } of lookupsOf(subject)) {
      const owner = ownerOf(subject.map!, object, name);
      if (owner?.symbols.every(({ address }) => address === undefined) !== true) continue;
      if (optionFor(object) !== "--symbols") continue;
      findings.unchecked(`${subject.map!.file} does not say addresses of ${object}: --symbols`);
    }
  },
};
