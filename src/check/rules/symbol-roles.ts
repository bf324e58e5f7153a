/** Whose a livepatch symbol is, what it is called, and what it is used as. */

import { EM_PPC64, SHN_LIVEPATCH } from "../../elf/index.js";
import { dependsOn, reasonToStay } from "../../livepatch/index.js";
import { VMLINUX } from "../../symbols/index.js";
import type { Entry } from "../entry-table.js";
import { symbolsInUse } from "../imports.js";
import { lineOfAbsent, lookUp } from "../kernel-lookup.js";
import { refusedWhenApplied } from "../loading-order.js";
import { type Lookup, lookupsOf, optionFor, ownerOf, placeOfEntry, symbolsIn } from "../lookups.js";
import { crash, HARMLESS, type Outcome } from "../outcome.js";
import type { Rule } from "../rule.js";
import type { LivepatchSection, Subject } from "../subject.js";

export const L41: Rule = {
  id: "L41",
  title: "A symbol that waits for another module is of one that it depends on",
  severity: "error",
  needs: ["object", "symbols"],
  consequences: [
    {
      kind: "refused",
      text: "the module is refused when the symbol's is not there",
      message: "livepatch: symbol '…' not found in symbol table",
      errno: "EINVAL",
    },
  ],
  remedy: "have it wait for a module that depends on the symbol's: --late-bind OWNER=PATCHED",
  source: "kernel/livepatch/core.c, klp_resolve_symbols",
  isStructural: false,
  test(subject, findings) {
    for (const lookup of lookupsOf(subject)) {
      const { object, name, use, place } = lookup;
      const gate = use?.section.gate;
      if (gate === undefined || gate === VMLINUX || gate === object) continue;
      const depends = dependsOn(subject.map, gate, object);
      if (depends === undefined) {
        findings.unchecked(`what ${gate} depends on is not known: ${optionFor(gate)}`);
      }
      if (depends !== false) continue;
      findings.add({
        place,
        message: `${name} of ${object} waits for ${gate}, which does not depend on ${object}`,
        // It may be loaded for another reason; nothing here can be sure of that.
        outcome: lookup.refuse(lineOfAbsent(name), "either"),
      });
    }
  },
};

export const L49: Rule = {
  id: "L49",
  title: "No symbol of vmlinux has a name with .llvm. on a kernel that looks names up without it",
  severity: "warning",
  needs: ["object"],
  kernels:
    "Linux 6.2 to 6.10, built with LTO of clang, look for vmlinux's symbols by names from which .llvm. and what follows is cut off; all others by whole names",
  consequences: [
    {
      kind: "refused",
      text: "no name that was cut off is equal to one that was not",
      message: "livepatch: symbol '…' not found in symbol table",
      errno: "EINVAL",
    },
  ],
  remedy: "use Linux 6.11 or later, or a symbol that clang has not renamed",
  source: "kernel/kallsyms.c, cleanup_symbol_name and compare_symbol_name",
  isStructural: false,
  test(subject, findings) {
    for (const { object, name, place, ...lookup } of lookupsOf(subject)) {
      if (object !== VMLINUX || !name.includes(".llvm.")) continue;
      if (!subject.isBefore("6.2") && !subject.isSince("6.2")) {
        findings.unchecked("the kernel's release is not known: .modinfo has no vermagic");
        return;
      }
      if (subject.isBefore("6.2") || subject.isSince("6.11")) return;
      findings.add({
        place,
        message: `${name}: Linux ${subject.release} looks for ${name.split(".llvm.")[0]}`,
        outcome: lookup.refuse(lineOfAbsent(name), "either"),
      });
    }
  },
};

/** Relocation types that only calls and jumps have. */
const CALLS: ReadonlySet<string> = new Set([
  "R_X86_64_PLT32",
  "R_390_PLT16DBL",
  "R_390_PLT32DBL",
  "R_PPC_REL24",
  "R_PPC64_REL24",
  "R_PPC64_REL24_NOTOC",
  "R_AARCH64_JUMP26",
  "R_AARCH64_CALL26",
  "R_LARCH_B16",
  "R_LARCH_B21",
  "R_LARCH_B26",
]);

export const L51: Rule = {
  id: "L51",
  title: "Only functions are called, and no code reads or writes them as data",
  severity: "warning",
  needs: ["object", "symbols"],
  consequences: [
    { kind: "wrong", text: "the code jumps into data, or takes instructions for a value" },
  ],
  remedy: "declare the symbol as what it is: a function or a variable",
  source: "arch/x86/kernel/module.c, apply_relocate_add, and the same of other machines",
  isStructural: false,
  test(subject, findings) {
    const map = subject.map!;
    const kinds = new Map<string, "function" | "data" | undefined>();
    const told = new Set<string>();
    for (const [section, entry] of subject.livepatchEntries()) {
      const { fields, object, name, position } = subject.symbolName(entry.symbol);
      if (fields < 3 || !subject.isLivepatchSymbol(entry.symbol)) continue;
      const use = useOf(subject, section, entry);
      if (use === undefined || told.has(`${entry.symbol} ${use}`)) continue;
      const key = `${entry.symbol}`;
      if (!kinds.has(key)) {
        const result = lookUp(
          symbolsIn(ownerOf(map, object, name), "whole"),
          object,
          name,
          position,
        );
        kinds.set(key, "symbol" in result ? kindOf(result.symbol.type) : undefined);
        // What is not found at all is told elsewhere.
        if ("symbol" in result && result.symbol.type === undefined) {
          findings.unchecked(`${map.file} does not say what is a function: ${optionFor(object)}`);
        }
      }
      const kind = kinds.get(key);
      if (kind === undefined || (kind === "data") !== (use === "call")) continue;
      told.add(`${entry.symbol} ${use}`);
      const message =
        use === "call"
          ? `${name} of ${object} is called, and it is data`
          : `${name} of ${object} is read or written as data, and it is a function`;
      findings.add({
        place: placeOfEntry(subject, section, entry),
        message,
        // The kernel does not look; what comes of it shows when the code runs.
        outcome: HARMLESS,
      });
    }
  },
};

/** What the letter of nm says: a function, or data; undefined for those that may be either. */
function kindOf(type: string | undefined): "function" | "data" | undefined {
  if (type === undefined) return undefined;
  if (/[tT]/.test(type)) return "function";
  return /[dDbBrRgGsSvVA]/.test(type) ? "data" : undefined;
}

/** What an entry does with its symbol; undefined if that cannot be seen. */
function useOf(
  subject: Subject,
  { target }: LivepatchSection,
  { type, offset }: Entry,
): "call" | "access" | undefined {
  const name = subject.typeName(type);
  if (CALLS.has(name)) return "call";
  // Behind the ModRM byte of an operand at %rip: MOV from or to memory, of a byte or a word.
  if (name !== "R_X86_64_PC32" || target === undefined || offset < 2) return undefined;
  const opcode = target.data[offset - 2] ?? 0;
  const isAtIp = ((target.data[offset - 1] ?? 0) & 0xc7) === 5;
  return isAtIp && opcode >= 0x88 && opcode <= 0x8b ? "access" : undefined;
}

/** Names that vmlinux has nothing of. */
const NOWHERE = ["_GLOBAL_OFFSET_TABLE_", "__this_module", ".TOC."];

export const L57: Rule = {
  id: "L57",
  title: "Names that the module loader or the machine looks for are no livepatch symbols",
  severity: "error",
  needs: ["object"],
  consequences: [
    {
      kind: "crash",
      text: "if its relocations are ordinary ones, ftrace or the kernel that rewrites code finds it at address 0, and warns",
    },
    {
      kind: "refused",
      text: "powerpc64 does not know the call of ftrace any more, which has no nop behind it",
      message: "…: Expected nop after call, got … at …",
      errno: "ENOEXEC",
    },
    {
      kind: "refused",
      text: "what the loader sets itself is in no symbol table",
      message: "livepatch: symbol '…' not found in symbol table",
      errno: "EINVAL",
    },
  ],
  remedy: "convert the intermediate module again: such names stay as they are",
  source: "arch/powerpc/kernel/module_64.c, is_mprofile_ftrace_call; kernel/module/main.c",
  isStructural: true,
  test(subject, findings) {
    const machine = subject.header?.machine ?? 0;
    const { symbols } = subject.elf;
    // Asked when there is one to ask for.
    let lookups: ReadonlyMap<string, Lookup> | undefined;
    let inOrdinary: ReadonlySet<number> | undefined;
    for (const symbol of symbols.inSection(SHN_LIVEPATCH)) {
      const { name } = subject.symbolName(symbol);
      const reason = name === "" ? undefined : reasonToStay(name, machine);
      if (reason === undefined) continue;
      const spelled = symbols.name(symbol);
      lookups ??= firstLookups(subject);
      inOrdinary ??= symbolsInUse(subject);
      const lookup = lookups.get(spelled);
      const outcome = inOrdinary.has(symbol)
        ? crash(`what looks for ${name} finds it at address 0`)
        : outcomeOfFixedName(subject, name, lookup);
      findings.add({
        place: lookup?.place ?? { symbol: spelled },
        message: `${name} is a livepatch symbol, but it has to stay: ${reason}`,
        outcome,
        ...(outcome === HARMLESS && { severity: "warning" as const }),
      });
    }
  },
};

/** The first search for each symbol, by its whole name. */
function firstLookups(subject: Subject): Map<string, Lookup> {
  const first = new Map<string, Lookup>();
  for (const each of lookupsOf(subject)) {
    const symbol = each.place.symbol!;
    if (each.of === "symbol" && !first.has(symbol)) first.set(symbol, each);
  }
  return first;
}

function outcomeOfFixedName(subject: Subject, name: string, lookup: Lookup | undefined): Outcome {
  if (lookup?.use === undefined || !lookup.isMade) return HARMLESS;
  const isNowhere = NOWHERE.includes(name) && lookup.object === VMLINUX;
  if (isNowhere && !subject.map?.owners(name).some(({ object }) => object === VMLINUX))
    return lookup.refuse(lineOfAbsent(name), "either");
  const isOfFtrace = name === "_mcount" || name === "ftrace_caller";
  if (subject.header?.machine === EM_PPC64 && isOfFtrace) {
    const line = `${subject.ownName}: Expected nop after call, got … at …`;
    return refusedWhenApplied(subject, lookup.use.section, lookup.use.entry.index, "ENOEXEC", line);
  }
  // The relocation is applied before anybody looks at the instruction.
  return HARMLESS;
}
