/**
 * Addresses of functions. A kernel that guards indirect calls leaves its mark only on functions whose
 * address it takes itself: with IBT it takes ENDBR from the others (apply_seal_endbr), with kCFI it has
 * no hash in front of them that fits. A direct call of such a function is fine; a call by its address,
 * which a patch alone has taken, is a fault.
 *
 * The configuration is not in vermagic, but the patch itself was compiled with it: its own functions
 * begin with ENDBR, or the compiler has left what kCFI needs.
 */

import { EM_AARCH64, EM_X86_64, type Section, SHF_EXECINSTR, STT_FUNC } from "../../elf/index.js";
import { appliedTables, kernelName, placeOf } from "../applied-relocations.js";
import type { Entry } from "../entry-table.js";
import { HARMLESS } from "../outcome.js";
import type { Rule } from "../rule.js";
import type { Subject } from "../subject.js";

// Shown by x86_64-6.12 endbr: the kernel has taken ENDBR from one of two functions.
export const L73: Rule = {
  id: "L73",
  title: "No address is taken of a function of the kernel that guards indirect calls",
  severity: "warning",
  needs: ["object", "symbols"],
  machines: [EM_X86_64, EM_AARCH64],
  kernels:
    "x86_64 has IBT since 5.18 and kCFI since 6.1, if it is configured so; Debian's 6.1 is not",
  consequences: [
    {
      kind: "advice",
      text: "if the kernel never takes the address itself, an indirect call of the function is a fault (#CP, or a CFI failure)",
    },
  ],
  remedy:
    "call the function directly; where a pointer is needed, point to a function of the patch that calls it",
  source: "arch/x86/kernel/alternative.c, apply_seal_endbr; tools/objtool/check.c, validate_ibt",
  isStructural: false,
  test(subject, findings) {
    const guard = guardOfIndirectCalls(subject);
    if (guard === undefined) return;
    const { map } = subject;
    for (const table of appliedTables(subject)) {
      if (table.gate === undefined) continue;
      for (const entry of subject.entries(table.section)) {
        if (!takesAddress(subject, table.target, entry)) continue;
        const { fields, object, name } = subject.symbolName(entry.symbol);
        if (fields < 3 || !subject.isLivepatchSymbol(entry.symbol)) continue;
        const owner = map!.owners(name).find((each) => each.object === object);
        const types = new Set(owner?.symbols.map(({ type }) => type));
        if (owner === undefined || types.has(undefined)) {
          findings.unchecked(`the type of ${name} in ${object} is not known`);
          continue;
        }
        // A weak symbol may be of either kind, and so may one of several homonyms.
        if (![...types].some((type) => /^[tTwWi]$/.test(type!))) continue;
        findings.add({
          place: placeOf(subject, table.target, entry),
          message: `${subject.typeName(entry.type)} takes the address of ${kernelName(subject, entry.symbol)}, a function of ${object}, and the patch is built for a kernel with ${guard}`,
          outcome: HARMLESS,
        });
      }
    }
  },
};

/** What guards indirect calls in the kernel that the patch is built for; undefined if nothing does. */
function guardOfIndirectCalls({ elf, header }: Subject): string | undefined {
  const names = new Set(elf.sections.map(({ name }) => name));
  const { symbols } = elf;
  const isX86 = header?.machine === EM_X86_64;
  if (names.has(".kcfi_traps") || names.has(".cfi_sites")) return "kCFI";
  if (isX86 && names.has(".ibt_endbr_seal")) return "IBT";
  for (let symbol = 1; symbol < symbols.count; symbol++) {
    if (/^__(cfi|kcfi_typeid)_/.test(symbols.nameIfShort(symbol) ?? "")) return "kCFI";
    if (!isX86 || symbols.type(symbol) !== STT_FUNC) continue;
    const section = elf.sectionOfSymbol(symbol);
    if (section !== undefined && isEndbr(section, symbols.value(symbol))) return "IBT";
  }
  return undefined;
}

const ENDBR64 = [0xf3, 0x0f, 0x1e, 0xfa];

function isEndbr({ data }: Section, offset: number): boolean {
  return ENDBR64.every((byte, i) => data[offset + i] === byte);
}

/** R_X86_64_64, _32 and _32S. */
const X86_ABSOLUTE = [1, 10, 11];
/** R_X86_64_PC32, _PLT32 and _PC64. */
const X86_RELATIVE = [2, 4, 24];
/** R_AARCH64_ABS64, and those of adrp, adr and mov. */
const ARM64_ADDRESSES = [257, 263, 264, 265, 266, 267, 268, 269, 274, 275, 276];

function takesAddress({ header }: Subject, target: Section, { type, offset }: Entry): boolean {
  if (header?.machine === EM_AARCH64) return ARM64_ADDRESSES.includes(type);
  if (X86_ABSOLUTE.includes(type)) return true;
  // Distances in data are of tables that the kernel patches code by, not of pointers.
  if (!X86_RELATIVE.includes(type) || (target.flags & SHF_EXECINSTR) === 0) return false;
  return !isBranch(target.data, offset);
}

/** call, jmp, and jcc of 32 bits. */
function isBranch(data: Uint8Array, offset: number): boolean {
  const [before = 0, last = 0] = [data[offset - 2], data[offset - 1]];
  return last === 0xe8 || last === 0xe9 || (before === 0x0f && (last & 0xf0) === 0x80);
}
