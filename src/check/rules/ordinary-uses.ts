/**
 * Ordinary relocations of symbols that only livepatch gives an address. The module loader applies them
 * all the same, with st_value, which is 0.
 */

import { R_NONE, SHN_LIVEPATCH, SHN_UNDEF, STB_WEAK } from "../../elf/index.js";
import {
  LIVEPATCH_SECTION_PREFIX,
  LIVEPATCH_SYMBOL_PREFIX,
  TOMBSTONE_PREFIX,
} from "../../livepatch/index.js";
import { usedAsZero } from "../address-zero.js";
import { graded, isVisited } from "../application.js";
import { entryPlace } from "../entry-place.js";
import { HARMLESS } from "../outcome.js";
import type { Consequence, Findings, Rule } from "../rule.js";
import type { Subject } from "../subject.js";
import { Resolutions } from "../symbol-uses.js";

const CONVERT_AGAIN = "convert the intermediate module again, and do nothing to the result";

const CONSEQUENCES: readonly Consequence[] = [
  {
    kind: "wrong",
    text: "the module loader takes 0 for its address, and says nothing, unless a livepatch section of vmlinux that stands before has had the symbol resolved",
  },
  {
    kind: "refused",
    text: "arm64 refuses relocations of a limited range, from which address 0 is too far",
    message: "Modules: module …: overflow in relocation type … val …",
    errno: "ENOEXEC",
  },
];

export const L35: Rule = {
  id: "L35",
  title:
    "Symbols that stand in for livepatch's, .klp.tombstone.* and SHN_LIVEPATCH of other names, have no ordinary relocations but such that do nothing",
  severity: "error",
  needs: ["object"],
  consequences: CONSEQUENCES,
  remedy: "convert the intermediate module: klp-convert IN OUT, or objtool klp post-link",
  source: "kernel/module/main.c, simplify_symbols and apply_relocations",
  isStructural: true,
  test(subject, findings) {
    testUses(subject, findings, (symbol, name) => {
      if (name.startsWith(TOMBSTONE_PREFIX)) {
        // A strong one keeps the module from being loaded, which is another rule.
        const isWeak = subject.elf.symbols.binding(symbol) === STB_WEAK;
        const isUndefined = subject.elf.symbols.sectionIndex(symbol) === SHN_UNDEF;
        if (subject.isLivepatchSymbol(symbol) || (isUndefined && isWeak)) return "a stand-in";
      }
      return subject.isLivepatchSymbol(symbol) && !name.startsWith(LIVEPATCH_SYMBOL_PREFIX)
        ? "a livepatch symbol"
        : undefined;
    });
  },
};

export const L36: Rule = {
  id: "L36",
  title: "No ordinary relocation that does something is of a livepatch symbol",
  severity: "error",
  needs: ["object"],
  consequences: CONSEQUENCES,
  remedy: CONVERT_AGAIN,
  source: "kernel/module/main.c, simplify_symbols and apply_relocations",
  isStructural: true,
  test(subject, findings) {
    testUses(subject, findings, (symbol, name) =>
      subject.isLivepatchSymbol(symbol) && name.startsWith(LIVEPATCH_SYMBOL_PREFIX)
        ? "a livepatch symbol"
        : undefined,
    );
  },
};

function testUses(
  subject: Subject,
  findings: Findings,
  kindOf: (symbol: number, name: string) => string | undefined,
): void {
  const { symbols } = subject.elf;
  const kinds = kindsOf(subject, kindOf);
  if (kinds === undefined) return;
  const resolved = new Resolutions(subject);
  for (const [section, target] of subject.ordinaryTables()) {
    // It lost its flag, which is one violation and not one for each entry.
    if (section.name.startsWith(LIVEPATCH_SECTION_PREFIX)) continue;
    const table = subject.table(section);
    const { count, symbols: used, types } = table;
    for (let at = 0; at < count; at++) {
      const symbol = used[at]!;
      const kind = kinds[symbol];
      if (kind === undefined || types[at] === R_NONE) continue;
      const entry = table.entry(at);
      findings.add({
        place: entryPlace(subject, { section, target }, entry),
        message: `${subject.typeName(entry.type)} in ${section.name} is of ${symbols.name(symbol)}, ${kind}`,
        ...graded(
          isVisited(subject, target) && !resolved.isBefore(symbol, section)
            ? usedAsZero(subject, section, entry)
            : HARMLESS,
        ),
      });
    }
  }
}

/** What `kindOf` says of each symbol, of SHN_LIVEPATCH or undefined; undefined if nothing of any. */
function kindsOf(
  { elf: { symbols } }: Subject,
  kindOf: (symbol: number, name: string) => string | undefined,
): readonly (string | undefined)[] | undefined {
  let kinds: (string | undefined)[] | undefined;
  for (const index of [SHN_LIVEPATCH, SHN_UNDEF]) {
    for (const symbol of symbols.inSection(index)) {
      const kind = kindOf(symbol, symbols.name(symbol));
      if (kind === undefined) continue;
      kinds ??= new Array<string | undefined>(symbols.count).fill(undefined);
      kinds[symbol] = kind;
    }
  }
  return kinds;
}
