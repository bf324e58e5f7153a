/** One module on a page. */

import { counted, type Diagnostic } from "../../diagnostics.js";
import type {
  ConversionResult,
  Import,
  InspectedConversion,
  InspectedModule,
  InspectedPatch,
  Inspection,
  LivepatchSection,
  Use,
} from "../../inspect/index.js";
import {
  conversionWords,
  exporterWords,
  formsWords,
  homonymsOf,
  messageWords,
  ownerWords,
  patchWords,
  positionWords,
  stateWords,
  useWords,
} from "../inspection-words.js";
import { type DiagramOptions, diagram } from "./diagram.js";
import { type Edge, type Graph, graphOf, type PictureGroup } from "./graph.js";
import { type Content, html, type Markup, NOTHING, name, names } from "./markup.js";
import { type Cell, type Row, table } from "./table.js";

/** Rows of a table that are shown without being asked for; a link to one of more opens them. */
const OPEN_MOST = 40;

/** The article of a file; its ids begin with `id`. */
export function moduleArticle({ file, module, diagnostics }: Inspection, id: string): Markup {
  const body =
    module === null
      ? html`<p class="state fault">This file could not be read.</p>
`
      : moduleBody(module, id);
  return html`<article id="${id}" aria-labelledby="${id}-head">
<h2 id="${id}-head">${name(file)}</h2>
${body}${messages("Messages", diagnostics, "h3")}</article>
`;
}

function moduleBody(module: InspectedModule, id: string): Markup {
  const { conversion } = module;
  const parts = conversion?.result ?? module;
  const isPlanned = conversion?.outcome === "converted";
  const then = isPlanned ? " after conversion" : "";
  const isLivepatch = module.state !== "ordinary" || parts.symbols.length > 0;
  return html`<p class="state ${module.state}">${stateWords(module)}</p>
${facts(module)}${module.patch === null ? NOTHING : patchSection(module.patch)}${conversion === null ? NOTHING : conversionSection(conversion)}${isLivepatch ? livepatchSections(module, parts, id, then, isPlanned) : NOTHING}${importsSection(parts.imports, conversion?.outcome === "refused", then)}`;
}

function facts({ modinfo, ...module }: InspectedModule): Markup {
  const value = (wanted: string) => modinfo.find(({ key }) => key === wanted)?.value;
  const namespaces = modinfo.filter(({ key }) => key === "import_ns").map((each) => each.value);
  const depends = value("depends")?.split(",") ?? [];
  const rows: [string, Content][] = [
    ["Name", value("name") ?? ""],
    ["Version", value("version") ?? ""],
    ["Machine", `${module.machine}, ${module.elfClass} bit, ${module.byteOrder}-endian`],
    ["Kernel", value("vermagic")?.trim() ?? ""],
    ["Depends on", depends.join(", ")],
    ["Namespaces", namespaces.join(", ")],
    ["Signature", module.signed ? "appended" : ""],
    ["Marked by", formsWords(module.forms)],
  ];
  const known = rows.filter(([, content]) => content !== "");
  return html`<dl class="facts">
${known.map(
  ([
    term,
    content,
  ]) => html`<div${term === "Marked by" ? html` class="long"` : ""}><dt>${term}</dt><dd>${content}</dd></div>
`,
)}</dl>
`;
}

function patchSection(patch: InspectedPatch): Markup {
  if (patch.objects === null) {
    return html`<section><h3>Patch</h3><p>What the patch replaces is ${patchWords(patch)}.</p></section>
`;
  }
  const rows = patch.objects.flatMap(({ name: object, functions }) =>
    functions.length === 0
      ? [{ cells: [name(object), "", "", ""] }]
      : functions.map(({ name: replaced, position, replacement }) => ({
          cells: [
            name(replaced),
            name(object),
            positionWords(position),
            replacement === null
              ? "set when the module runs"
              : name(
                  replacement.name ?? `${replacement.section}+0x${replacement.offset.toString(16)}`,
                ),
          ],
        })),
  );
  const columns = [
    { head: "Replaced function" },
    { head: "Object" },
    { head: "Position" },
    { head: "Replaced by" },
  ];
  return html`<section><h3>Patch</h3>
${longTable(`Functions that the patch replaces, ${patchWords(patch)}`, columns, rows)}</section>
`;
}

function conversionSection(conversion: InspectedConversion): Markup {
  const { removedSections, removedDependencies, diagnostics, outcome } = conversion;
  const removed =
    outcome === "converted" && removedSections.length > 0
      ? html`<p>Sections that go: ${names(removedSections)}.</p>
`
      : NOTHING;
  const dependencies =
    removedDependencies.length > 0
      ? html`<p>No longer in <code>depends=</code>: ${names(removedDependencies)}.</p>
`
      : NOTHING;
  const told = diagnostics.filter(({ code }) => code !== "nothing-to-convert");
  return html`<section><h3>Conversion</h3>
<p>On conversion ${conversionWords(conversion)}.</p>
${removed}${dependencies}${messages("What convert says", told, "h4")}</section>
`;
}

function livepatchSections(
  module: InspectedModule,
  parts: ConversionResult,
  id: string,
  then: string,
  isPlanned: boolean,
): Markup {
  const graph = graphOf(module, parts);
  if (graph.symbols.length === 0 && parts.sections.length === 0) {
    return html`<section><h3>Livepatch symbols${then}</h3><p>None.</p></section>
`;
  }
  const options = { id, homonyms: homonymsOf(module), isPlanned };
  return html`<section><h3>Who uses what${then}</h3>
<p>Functions on the left use the symbols on the right, which livepatch looks up in the object above
them.${isPlanned ? " Dashed lines will be there once the module is converted." : ""} A box leads to its row in the tables below.</p>
${graph.groups.map((group) => pictureGroup(group, options))}</section>
${usersSection(graph, id, then)}${symbolsSection(graph, options, then)}${sectionsSection(parts.sections, then)}`;
}

function pictureGroup(
  { owner, symbols, users, pictures }: PictureGroup,
  options: DiagramOptions,
): Markup {
  const caption = html`${name(owner)}: ${counted(symbols, "symbol")}, used by ${counted(users, "function or variable", "functions and variables")}`;
  const [only, ...others] = pictures;
  if (only !== undefined && others.length === 0) {
    return html`<figure><figcaption>${caption}</figcaption>
${diagram(only.picture, options)}</figure>
`;
  }
  // One picture of all that would be a knot; the lists open one by one.
  const figures = pictures.map(
    ({
      title,
      picture,
    }) => html`<details><summary>${name(title)} <span class="count">${counted(picture.symbols.length, "symbol")}</span></summary>
<figure>${diagram(picture, options)}</figure></details>
`,
  );
  return html`<div class="group"><h4>${caption}</h4>
${figures}</div>
`;
}

function usersSection({ users }: Graph, id: string, then: string): Markup {
  if (users.length === 0) return NOTHING;
  const rows = users.map(({ number, label, kind, replaces, uses }) => ({
    id: `${id}-u${number}`,
    cells: [
      name(label),
      kind,
      replaces.length === 0 ? "" : names(replaces),
      commas(uses, (edge) => symbolLink(edge, id)),
    ],
  }));
  const columns = [{ head: "User" }, { head: "Kind" }, { head: "Replaces" }, { head: "Symbols" }];
  return html`<section><h3>Users of livepatch symbols${then}</h3>
${longTable("Functions and variables, and the livepatch symbols each uses", columns, rows)}</section>
`;
}

function symbolLink({ symbol, relocations }: Edge, id: string): Markup {
  const count = relocations > 1 ? ` (${relocations})` : "";
  return html`<a href="#${id}-s${symbol.number}">${name(symbol.symbol.name)}</a>${count}`;
}

function symbolsSection(
  { symbols }: Graph,
  { id, homonyms }: DiagramOptions,
  then: string,
): Markup {
  const rows = symbols.map(({ number, symbol }) => ({
    id: `${id}-s${number}`,
    cells: [
      name(symbol.name),
      ownerWords(symbol),
      positionWords(symbol.position, homonyms.get(symbol.livepatchName)),
      symbol.relocations,
      usesCell(symbol.uses, true),
    ],
  }));
  const columns = [
    { head: "Symbol" },
    { head: "Object" },
    { head: "Position" },
    { head: "Uses", right: true },
    { head: "In" },
  ];
  return html`<section><h3>Livepatch symbols${then}</h3>
${longTable("Symbols that livepatch looks up", columns, rows)}</section>
`;
}

function sectionsSection(sections: readonly LivepatchSection[], then: string): Markup {
  if (sections.length === 0) return NOTHING;
  const rows = sections.map((each) => ({
    cells: [name(each.name), name(each.gate ?? "?"), name(each.target), each.relocations],
  }));
  const columns = [
    { head: "Section" },
    { head: "Waits for" },
    { head: "Relocates" },
    { head: "Relocations", right: true },
  ];
  return html`<section><h3>Livepatch sections${then}</h3>
${longTable("Sections of relocations that livepatch applies", columns, rows)}</section>
`;
}

function importsSection(imports: readonly Import[], isRefused: boolean, then: string): Markup {
  const heading = isRefused ? "Undefined symbols" : `Imports${then}`;
  if (imports.length === 0) {
    return html`<section><h3>${heading}</h3><p>None.</p></section>
`;
  }
  const rows = imports.map((each) => ({
    cells: [
      html`${name(each.name)}${each.weak ? " (weak)" : ""}`,
      exporterWords(each),
      each.relocations,
      usesCell(each.uses, false),
    ],
  }));
  const columns = [
    { head: "Symbol" },
    { head: "From" },
    { head: "Uses", right: true },
    { head: "In" },
  ];
  const isOpen = imports.some(({ exporters }) => exporters === null);
  const hint = isOpen
    ? html`<p>With <code>--symbols LIST</code> it is looked up who exports them.</p>
`
    : NOTHING;
  return html`<section><h3>${heading}</h3>
${hint}${longTable("Symbols that the module loader resolves", columns, rows)}</section>
`;
}

/** A table; a long one is closed at first. */
function longTable(caption: string, columns: readonly Cell[], rows: readonly Row[]): Markup {
  const made = table(caption, columns, rows);
  if (rows.length <= OPEN_MOST) return made;
  return html`<details><summary>${caption} <span class="count">${counted(rows.length, "row")}</span></summary>
${made}</details>
`;
}

function usesCell(uses: readonly Use[], isLivepatch: boolean): Content {
  if (uses.length === 0) return "nothing that is loaded";
  return names(uses.map((use) => useWords(use, isLivepatch)));
}

/** Diagnostics as a list, under a heading; nothing for none. */
export function messages(
  heading: string,
  diagnostics: readonly Diagnostic[],
  level: "h3" | "h4",
): Markup {
  if (diagnostics.length === 0) return NOTHING;
  const head = level === "h3" ? html`<h3>${heading}</h3>` : html`<h4>${heading}</h4>`;
  const items = diagnostics.map((each) => {
    const notes = each.notes.map((note) => html`<li>${note}</li>`);
    const below = notes.length === 0 ? NOTHING : html`<ul>${notes}</ul>`;
    return html`<li class="${each.severity}">${messageWords(each)}${below}</li>
`;
  });
  return html`${head}
<ul class="messages">
${items}</ul>
`;
}

function commas<Item>(items: readonly Item[], markupOf: (item: Item) => Markup): Markup {
  return html`${items.map((item, i) => html`${i === 0 ? "" : ", "}${markupOf(item)}`)}`;
}
