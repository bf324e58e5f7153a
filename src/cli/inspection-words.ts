/** Words for what an inspection found, the same on a terminal and on a page. */

import { counted, type Diagnostic, hex } from "../diagnostics.js";
import type {
  Form,
  FormName,
  Import,
  InspectedConversion,
  InspectedModule,
  InspectedPatch,
  LivepatchSymbol,
  Use,
} from "../inspect/index.js";

/** What a module is, in a few words. */
export function stateWords({ state, conversion }: InspectedModule): string {
  if (state === "ordinary") return "ordinary module, not a livepatch";
  if (state === "converted") return "converted livepatch module";
  if (state === "intermediate") return "intermediate livepatch module, to be converted";
  if (conversion?.outcome === "unchanged") return "livepatch module with nothing to convert";
  return "livepatch module without anything marked for conversion";
}

const FORM_WORDS: Readonly<Record<FormName, (count: number) => string>> = {
  "annotated names": (count) => `${counted(count, "annotated name")} .klp.sym.rela.*`,
  "module relocs": (count) => `${counted(count, "section")} .klp.module_relocs.*`,
  objtool: (count) => `${counted(count, "section")} __klp_relocs.* of objtool's form`,
  kpatch: (count) => `${counted(count, "section")} .kpatch.* of kpatch's intermediate form`,
  "plain names": (count) => `${counted(count, "plain name")}, known from the symbols`,
  "leftover entries": (count) =>
    `${counted(count, "section")} __klp_relocs.* that objtool klp post-link left, to no effect`,
};

/** What tells that a module is to be converted. */
export function formsWords(forms: readonly Form[]): string {
  return forms.map(({ form, marks }) => FORM_WORDS[form](marks.length)).join(", ");
}

const SOURCE_WORDS: Readonly<Record<InspectedPatch["source"], string>> = {
  "debug info": "read from its klp_patch, as debug info describes it",
  layout: "read from its klp_patch, by the relocations in it",
  sections: "read from .init.klp_objects",
  kpatch: "read from .kpatch.funcs",
  stated: "as stated",
  unknown: "unknown",
};

/** How it is known what the patch replaces, or why it is not. */
export function patchWords({ source, reason }: InspectedPatch): string {
  return reason === null ? SOURCE_WORDS[source] : `unknown: ${reason}`;
}

/** `unique`, or which of several. */
export function positionWords(position: number | null, homonyms?: number): string {
  if (position === null) return "?";
  if (position === 0) return "unique";
  return homonyms === undefined ? `${position}` : `${position} of ${homonyms}`;
}

/** The object that has a symbol, and what its relocations wait for if that is another. */
export function ownerWords({ object, uses }: LivepatchSymbol): string {
  const gates = [...new Set(uses.map(({ gate }) => gate))].filter((gate) => gate !== object);
  const others = gates.filter((gate) => gate !== null);
  const owner = object ?? "?";
  return others.length === 0 ? owner : `${owner} (bound with ${others.join(", ")})`;
}

/** Livepatch symbols by the object that has them, those of vmlinux first. */
export function byOwner(
  symbols: readonly LivepatchSymbol[],
): [owner: string, symbols: LivepatchSymbol[]][] {
  const groups = new Map<string, LivepatchSymbol[]>();
  for (const symbol of symbols) {
    const owner = ownerWords(symbol);
    const group = groups.get(owner);
    if (group === undefined) groups.set(owner, [symbol]);
    else group.push(symbol);
  }
  const isFirst = ([owner]: [string, unknown]) => owner === "vmlinux";
  return [...groups].sort((a, b) => Number(isFirst(b)) - Number(isFirst(a)));
}

/** A function, a variable, or a section where no symbol says which. */
export function userWords({ name, section }: Pick<Use, "name" | "section">): string {
  return name ?? section;
}

/** Who uses a symbol, and how often if it is more than once. */
export function useWords(use: Use, isLivepatch: boolean): string {
  const { gate, relocations } = use;
  const notes: string[] = [];
  if (relocations > 1) notes.push(`${relocations}`);
  // Which the kernel resolves to 0 without a word.
  if (isLivepatch && gate === null) notes.push("in no livepatch section");
  if (!isLivepatch && gate !== null) notes.push("in a livepatch section");
  return `${userWords(use)}${notes.length === 0 ? "" : ` (${notes.join(", ")})`}`;
}

/** Who an import is from. */
export function exporterWords({ exporters, reason, weak }: Import): string {
  if (exporters === null) return "?";
  if (exporters.length > 0) {
    return exporters
      .map(({ object, namespace }) =>
        namespace === null ? object : `${object} (namespace ${namespace})`,
      )
      .join(", ");
  }
  if (reason !== null) return `nobody: ${reason}`;
  return weak ? "nobody: it is weak, and becomes 0" : "nobody";
}

/** What conversion would do, as a sentence. */
export function conversionWords({ outcome, decisions, moved }: InspectedConversion): string {
  if (outcome === "refused") return "klp-convert refuses to convert it";
  if (outcome === "unchanged") return "there is nothing to convert";
  const symbols = new Set(
    decisions.flatMap((each) => (each.decision === "livepatch" ? each.livepatchName : [])),
  ).size;
  const relocations = moved.reduce((sum, each) => sum + each.relocations, 0);
  return `${counted(symbols, "symbol")} ${symbols === 1 ? "becomes a livepatch symbol" : "become livepatch symbols"}, ${counted(relocations, "relocation")} ${relocations === 1 ? "moves" : "move"} to ${counted(moved.length, "livepatch section")}`;
}

/** How many symbols of a name an object has, by the livepatch name, as far as conversion asked. */
export function homonymsOf(module: InspectedModule): ReadonlyMap<string, number> {
  return new Map(
    (module.conversion?.decisions ?? []).flatMap(({ livepatchName, homonyms }) =>
      livepatchName === undefined || homonyms === undefined ? [] : [[livepatchName, homonyms]],
    ),
  );
}

/** A message about a module that is named already. */
export function messageWords({ severity, section, offset, message }: Diagnostic): string {
  const place =
    section === undefined ? "" : `${section}${offset === undefined ? "" : `+${hex(offset)}`}: `;
  return `${severity}: ${place}${message}`;
}
