/**
 * The page that `inspect --html` writes: one file that needs nothing else, no network and no script.
 * It is bundled into a file of its own, see build.mjs.
 */

import { counted } from "../../diagnostics.js";
import type { Inspection } from "../../inspect/index.js";
import type { InspectionDocument } from "../inspect-command.js";
import { stateWords } from "../inspection-words.js";
import { comparisonArticle } from "./comparison-article.js";
import { html, Markup, NOTHING, name, names } from "./markup.js";
import { messages, moduleArticle } from "./module-article.js";
import { STYLE } from "./style.js";
import { table } from "./table.js";

/** The page's text. */
export function inspectionPage(document: InspectionDocument): string {
  const { inspections, comparison, symbolSources, diagnostics, version } = document;
  const [first, second] = inspections;
  const title = inspections.length === 1 ? first!.file : counted(inspections.length, "module");
  const changes =
    comparison === null ? NOTHING : comparisonArticle(first!.file, second!.file, comparison);
  const symbols =
    symbolSources.length === 0 ? NOTHING : html`, symbols from ${names(symbolSources)}`;
  const index = inspections.length === 1 ? NOTHING : indexOf(inspections, comparison !== null);
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>${title} &ndash; klp-convert inspect</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>
<h1>What is in ${inspections.length === 1 ? "a module" : counted(inspections.length, "module")}</h1>
<p>Told by klp-convert ${version}${symbols}.</p>
</header>
${index}<main id="main" tabindex="-1">
${messages("Messages", diagnostics, "h3")}${changes}${inspections.map((each, i) => moduleArticle(each, `m${i + 1}`))}</main>
</body>
</html>
`.text;
}

function indexOf(inspections: readonly Inspection[], hasChanges: boolean): Markup {
  const rows = inspections.map(({ file, module }, i) => {
    const parts = module?.conversion?.result ?? module;
    const replaced = (module?.patch?.objects ?? []).flatMap(({ functions }) => functions);
    return {
      cells: [
        html`<a href="#m${i + 1}">${name(file)}</a>`,
        module === null ? "could not be read" : stateWords(module),
        module?.patch?.objects ? replaced.length : "",
        parts === null ? "" : parts.symbols.length,
        parts === null ? "" : parts.imports.length,
      ],
    };
  });
  const columns = [
    { head: "File" },
    { head: "Is" },
    { head: "Replaces", right: true },
    { head: "Livepatch symbols", right: true },
    { head: "Imports", right: true },
  ];
  const changes = hasChanges
    ? html`<p><a href="#changes">What changed from the first to the second</a></p>
`
    : NOTHING;
  return html`<nav aria-label="Index">
${changes}${table("Files on this page", columns, rows)}</nav>
`;
}
