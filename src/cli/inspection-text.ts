/** An inspection as text for a terminal. */

import type {
  Import,
  InspectedConversion,
  InspectedModule,
  InspectedPatch,
  Inspection,
  LivepatchSection,
  LivepatchSymbol,
  Use,
} from "../inspect/index.js";
import { visible } from "./diagnostic-text.js";
import {
  byOwner,
  conversionWords,
  exporterWords,
  formsWords,
  homonymsOf,
  messageWords,
  patchWords,
  positionWords,
  stateWords,
  useWords,
} from "./inspection-words.js";
import { type Column, labelledText, tableText } from "./text-table.js";

/** Users of one symbol that are listed; of more it is said how many there are. */
const USERS_MOST = 12;

/** What is in a module; empty if it could not be read, of which the diagnostics tell. */
export function inspectionText({ file, module }: Inspection): string {
  if (module === null) return "";
  const { conversion } = module;
  const { symbols, sections, imports } = conversion?.result ?? module;
  const then = conversion?.outcome === "converted" ? " after conversion" : "";
  const parts = [
    headText(file, module),
    module.patch === null ? "" : patchText(module.patch),
    conversion === null ? "" : conversionText(conversion),
    isNoMatter(module, symbols) ? "" : symbolsText(symbols, homonymsOf(module), then),
    isNoMatter(module, sections) ? "" : sectionsText(sections, then),
    importsText(imports, conversion?.outcome === "refused", then),
  ];
  return parts.filter((part) => part !== "").join("\n");
}

/** That a module which is no livepatch has nothing of one need not be said. */
function isNoMatter({ state }: InspectedModule, parts: readonly unknown[]): boolean {
  return state === "ordinary" && parts.length === 0;
}

function headText(file: string, module: InspectedModule): string {
  const value = (wanted: string) => module.modinfo.find(({ key }) => key === wanted)?.value;
  const namespaces = module.modinfo.filter(({ key }) => key === "import_ns");
  const facts: [string, string | undefined][] = [
    ["name", value("name")],
    ["version", value("version")],
    ["machine", `${module.machine}, ${module.elfClass} bit, ${module.byteOrder}-endian`],
    ["kernel", value("vermagic")?.trim()],
    ["depends on", value("depends")?.split(",").join(", ")],
    ["namespaces", namespaces.map((each) => each.value).join(", ")],
    ["signature", module.signed ? "appended" : undefined],
    ["marked by", formsWords(module.forms)],
  ];
  const lines = facts.map(([label, fact]) =>
    fact ? labelledText(`  ${label.padEnd(10)}  `, fact) : "",
  );
  return labelledText("", `${file}: ${stateWords(module)}`) + lines.join("");
}

function patchText(patch: InspectedPatch): string {
  if (patch.objects === null) return labelledText("", `Patch: ${patchWords(patch)}`);
  const rows = (patch.objects ?? []).flatMap(({ name, functions }) =>
    functions.length === 0
      ? [[name, "", "", ""]]
      : functions.map((each, i) => [
          i === 0 ? name : "",
          each.name,
          positionWords(each.position),
          each.replacement === null ? "set when the module runs" : placeWords(each.replacement),
        ]),
  );
  const columns = [
    { head: "OBJECT" },
    { head: "REPLACES" },
    { head: "POSITION" },
    { head: "BY FUNCTION" },
  ];
  return section(`Patch (${patchWords(patch)})`, columns, rows);
}

function placeWords(place: Pick<Use, "name" | "section" | "offset">): string {
  return place.name ?? `${place.section}+0x${place.offset.toString(16)}`;
}

function conversionText(conversion: InspectedConversion): string {
  const { removedSections, removedDependencies, diagnostics } = conversion;
  const removed = [
    ...(removedSections.length === 0 || conversion.outcome !== "converted"
      ? []
      : [`removed: ${removedSections.join(", ")}`]),
    ...(removedDependencies.length === 0
      ? []
      : [`no longer in depends=: ${removedDependencies.join(", ")}`]),
  ];
  const messages = diagnostics
    .filter(({ code }) => code !== "nothing-to-convert")
    .map((each) => {
      // Notes may be lines to paste, which have to stay whole.
      const notes = each.notes.map((note) => `      ${visible(note)}\n`);
      return labelledText("  ", messageWords(each)) + notes.join("");
    });
  return (
    labelledText("Conversion: ", conversionWords(conversion)) +
    removed.map((line) => labelledText("  ", line)).join("") +
    messages.join("")
  );
}

function symbolsText(
  symbols: readonly LivepatchSymbol[],
  homonyms: ReadonlyMap<string, number>,
  then: string,
): string {
  const rows = byOwner(symbols).flatMap(([owner, ofOwner]) =>
    ofOwner.map((each, i) => [
      i === 0 ? owner : "",
      each.name,
      positionWords(each.position, homonyms.get(each.livepatchName)),
      `${each.relocations}`,
      usersText(each.uses, true),
    ]),
  );
  const columns = [
    { head: "OBJECT" },
    { head: "SYMBOL" },
    { head: "POSITION" },
    { head: "USES", right: true },
    { head: "IN" },
  ];
  return section(`Livepatch symbols${then}`, columns, rows);
}

function sectionsText(sections: readonly LivepatchSection[], then: string): string {
  const rows = sections.map(({ name, gate, target, relocations }) => [
    name,
    gate ?? "?",
    target,
    `${relocations}`,
  ]);
  const columns = [
    { head: "SECTION" },
    { head: "WAITS FOR" },
    { head: "RELOCATES" },
    { head: "RELOCATIONS", right: true },
  ];
  return section(`Livepatch sections${then}`, columns, rows);
}

function importsText(imports: readonly Import[], isRefused: boolean, then: string): string {
  const rows = imports.map((each) => [
    each.weak ? `${each.name} (weak)` : each.name,
    exporterWords(each),
    `${each.relocations}`,
    usersText(each.uses, false),
  ]);
  const columns = [
    { head: "SYMBOL" },
    { head: "FROM" },
    { head: "USES", right: true },
    { head: "IN" },
  ];
  const heading = isRefused ? "Undefined symbols" : `Imports${then}`;
  const isOpen = imports.some(({ exporters }) => exporters === null);
  const hint = isOpen ? "  ? with --symbols LIST it is looked up who exports them\n" : "";
  return section(heading, columns, rows) + hint;
}

function usersText(uses: readonly Use[], isLivepatch: boolean): string {
  if (uses.length === 0) return "nothing that is loaded";
  // One function may use a symbol through sections of several kinds.
  const words = uses.slice(0, USERS_MOST).map((use) => useWords(use, isLivepatch));
  const more = uses.length - words.length;
  return words.join(", ") + (more === 0 ? "" : `, and ${more} more, which --json lists`);
}

function section(
  heading: string,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  if (rows.length === 0) return labelledText("", `${heading}: none`);
  return labelledText("", heading) + tableText(columns, rows);
}
