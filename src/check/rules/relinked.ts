/** What ld -r leaves of a converted module: it knows neither the type of its sections nor its symbols. */

import { hex } from "../../diagnostics.js";
import { SHF_RELA_LIVEPATCH, SHN_ABS } from "../../elf/index.js";
import { VMLINUX } from "../../symbols/index.js";
import { TOLERATED } from "../file-tests.js";
import { crash, HARMLESS, type Outcome, refused, wrong } from "../outcome.js";
import type { Rule } from "../rule.js";
import type { LivepatchSection, Subject } from "../subject.js";

/** SHT_LOOS + 4, as which GNU ld writes relocations of a flag that it does not know. */
const SHT_OF_LD = 0x60000004;

export const L75: Rule = {
  id: "L75",
  title: "The module was not linked again after conversion",
  severity: "error",
  needs: ["object"],
  consequences: [
    {
      kind: "wrong",
      text: "livepatch sections lose sh_info, so that their relocations are never applied",
    },
    {
      kind: "refused",
      text: "livepatch symbols become absolute ones",
      message: "livepatch: symbol … is not marked as a livepatch symbol",
      errno: "EINVAL",
    },
    { kind: "crash", text: "what waits for a module is then written to no section" },
  ],
  remedy: "convert behind the last ld -r, as the last step but the signature",
  source: "binutils, bfd/elf.c; kernel/livepatch/core.c, klp_resolve_symbols",
  isStructural: true,
  test(subject, findings) {
    const { symbols } = subject.elf;
    const livepatch = new Map(subject.livepatchSections.map((each) => [each.section, each]));
    for (const section of subject.elf.sections) {
      const { index, name, type, flags } = section;
      const isLivepatch = (flags & SHF_RELA_LIVEPATCH) !== 0 || name.startsWith(".klp.rela.");
      if (index === 0 || type !== SHT_OF_LD || !isLivepatch) continue;
      const each = livepatch.get(section);
      const outcome = each === undefined ? HARMLESS : outcomeOfSection(subject, each);
      findings.add({
        place: { section: name },
        message: `sh_type is ${hex(type)}, which ld -r makes of livepatch relocations`,
        ...(outcome.kind === "harmless" ? TOLERATED : { outcome }),
      });
    }
    const uses = firstUses(subject);
    for (const symbol of symbols.inSection(SHN_ABS)) {
      const name = symbols.name(symbol);
      if (!name.startsWith(".klp.sym.")) continue;
      const outcome = outcomeOfSymbol(subject, name, uses.get(symbol));
      findings.add({
        place: { symbol: name },
        message: `st_shndx of symbol ${symbol} is ${SHN_ABS} (SHN_ABS), which ld -r makes of livepatch symbols`,
        ...(outcome.kind === "harmless" ? TOLERATED : { outcome }),
      });
    }
  },
};

/** The type itself no kernel looks at on x86_64; elsewhere it is another rule. */
function outcomeOfSection(
  { patchedObjects }: Subject,
  { section, gate, target }: LivepatchSection,
): Outcome {
  if (target !== undefined || section.size === 0 || gate === undefined) return HARMLESS;
  if (gate === VMLINUX || patchedObjects?.has(gate) === false) {
    return wrong("its relocations are never applied");
  }
  return crash(`it writes to address 0 and on when ${gate} is there`);
}

interface Use {
  readonly each: LivepatchSection;
  readonly entry: number;
}

/** The first entry that the kernel comes to of each symbol that livepatch sections use. */
function firstUses(subject: Subject): Map<number, Use> {
  const uses = new Map<number, Use>();
  for (const { each, entry } of subject.firstUses) {
    const { index, symbol } = entry;
    const known = uses.get(symbol);
    // What is applied when the patch is loaded comes before what waits.
    const isEarlier = known?.each.gate !== VMLINUX && each.gate === VMLINUX;
    if (known === undefined || isEarlier) uses.set(symbol, { each, entry: index });
  }
  return uses;
}

function outcomeOfSymbol(subject: Subject, name: string, use: Use | undefined): Outcome {
  if (use === undefined) return HARMLESS;
  const { section, gate, target } = use.each;
  const table = subject.elf.symbols.section;
  const line = subject.isSince("7.3")
    ? `livepatch: symbol ${name} at rela sec ${table} idx ${use.entry} is not marked as a livepatch symbol`
    : `livepatch: symbol ${name} is not marked as a livepatch symbol`;
  const order = section.index + use.entry / 2 ** 32;
  if (gate === VMLINUX) {
    return target?.isLoaded ? refused("relocation", "EINVAL", line, { order }) : HARMLESS;
  }
  if (gate === undefined || subject.patchedObjects?.has(gate) === false) return HARMLESS;
  return refused("objects", "EINVAL", line, { order, when: { object: gate } });
}
