/**
 * The page's style. Colours are variables with a value for each scheme; whatever is text has a
 * contrast of 4.5 or more with what is behind it, which the tests of the page compute.
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1c2024; --muted: #57606a; --line: #d0d5db; --head: #f3f5f7;
  --link: #0b57b0; --focus: #0b57b0; --fault: #b42318; --warning: #8a5300;
  --patched: #e8f0fb; --patched-line: #7ba3d6; --user: #f6f7f8; --user-line: #a9b1ba;
  --symbol: #ffffff; --symbol-line: #8b949e; --object: #24405f; --on-object: #ffffff;
  --edge: #8b97a5; --strong: #0b57b0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15181c; --ink: #e4e7eb; --muted: #a3adb8; --line: #363c44; --head: #1e2329;
    --link: #8ab8f5; --focus: #8ab8f5; --fault: #ff9a8f; --warning: #f0bd66;
    --patched: #1c2f47; --patched-line: #4f7db5; --user: #20252b; --user-line: #59636e;
    --symbol: #191d22; --symbol-line: #6b7580; --object: #b9d2f0; --on-object: #10202f;
    --edge: #6d7985; --strong: #8ab8f5;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-padding-top: 1rem; }
body {
  margin: 0 auto; max-width: 62rem; padding: 1.5rem 1.25rem 4rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  overflow-wrap: break-word;
}
code, .diagram text, summary code {
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
code { font-size: .875em; unicode-bidi: isolate; overflow-wrap: anywhere; }
dd, li, caption, .messages { overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 0 0 .25rem; }
h3 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
h4 { font-size: 1rem; margin: 1.25rem 0 .5rem; font-weight: 600; }
p { margin: .5rem 0; max-width: 46rem; }
a { color: var(--link); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 2px; }
.skip { position: absolute; left: 1rem; top: -4rem; padding: .5rem .75rem; background: var(--paper); }
.skip:focus { top: .5rem; z-index: 1; }
header p, .count { color: var(--muted); }
.count { font-size: .875rem; margin-left: .35rem; }
article { border-top: 1px solid var(--line); margin-top: 2.5rem; padding-top: 1.5rem; }
.state { margin-top: 0; color: var(--muted); }
.fault, .error { color: var(--fault); }
.warning { color: var(--warning); }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: .25rem 1.5rem; margin: 1rem 0; }
.facts div { display: flex; gap: .75rem; }
.facts .long { grid-column: 1 / -1; }
dt { color: var(--muted); flex: 0 0 6.5rem; }
dd { margin: 0; min-width: 0; }
.messages { padding-left: 1.1rem; }
.messages ul { padding-left: 1.1rem; color: var(--muted); font-size: .9375rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; font-size: .9375rem; }
caption { text-align: left; color: var(--muted); padding-bottom: .4rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .9rem .35rem 0; border-bottom: 1px solid var(--line); font-weight: 400; }
thead th { font-weight: 600; font-size: .875rem; white-space: nowrap; }
tr > :last-child { padding-right: 0; }
tbody th { min-width: 12rem; }
.right { text-align: right; font-variant-numeric: tabular-nums; }
tr:target > * { background: var(--patched); }
details { border: 1px solid var(--line); border-radius: 6px; margin: .4rem 0; }
summary { cursor: pointer; padding: .5rem .75rem; border-radius: 6px; }
details[open] > summary { border-bottom: 1px solid var(--line); border-radius: 6px 6px 0 0; }
details > :not(summary) { margin: .75rem; }
details > table { width: calc(100% - 1.5rem); }
figure { margin: 1rem 0 1.75rem; }
figcaption { margin-bottom: .5rem; }
.diagram { display: block; width: 100%; height: auto; overflow: visible; }
.diagram.wide { max-width: 865px; }
.diagram.narrow { display: none; max-width: 460px; }
.diagram text { fill: var(--ink); font-size: 13px; white-space: pre; }
.diagram.narrow text { font-size: 12px; }
.diagram .note { fill: var(--muted); font-size: 11px; }
.diagram.narrow .note { font-size: 11px; }
.diagram rect { fill: var(--user); stroke: var(--user-line); }
.patched rect { fill: var(--patched); stroke: var(--patched-line); }
.symbol rect { fill: var(--symbol); stroke: var(--symbol-line); }
.object rect { fill: var(--object); stroke: var(--object); }
.diagram .object text { fill: var(--on-object); font-weight: 600; }
.diagram path { pointer-events: none; }
.edge, .again, .rail { fill: none; stroke: var(--edge); stroke-width: 1.5; }
.planned .edge, .planned .rail { stroke-dasharray: 5 4; }
.again { stroke: none; }
.arrow { fill: var(--edge); }
.node:is(:hover, :focus-visible) :is(.edge, .again, .rail) { stroke: var(--strong); stroke-width: 2.5; }
.node:is(:hover, :focus-visible) .arrow { fill: var(--strong); }
.node:focus-visible { outline: none; }
.node:focus-visible rect { stroke: var(--focus); stroke-width: 3; }
.node:hover rect { stroke: var(--strong); }
@media screen and (max-width: 44rem) {
  body { padding: 1rem 1rem 3rem; }
  .diagram.wide { display: none; }
  .diagram.narrow { display: block; }
  .facts div { display: block; }
  table, tbody, tr, th, td { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  caption { display: block; }
  tbody tr { border-bottom: 1px solid var(--line); padding: .5rem 0; }
  th, td { border: 0; padding: .1rem 0; display: flex; gap: .75rem; }
  tbody th { min-width: 0; font-weight: 600; }
  tbody th::before, tbody td::before { content: attr(data-head); color: var(--muted); flex: 0 0 6rem; font-size: .875rem; overflow-wrap: normal; }
  tbody th > div, tbody td > div { min-width: 0; }
  tbody td:has(> div:empty) { display: none; }
  .right { text-align: left; }
}
@media print {
  :root {
    color-scheme: light;
    --paper: #ffffff; --ink: #000000; --muted: #444444; --line: #bbbbbb; --head: #ffffff;
    --link: #000000; --focus: #000000; --fault: #000000; --warning: #000000;
    --patched: #eeeeee; --patched-line: #555555; --user: #ffffff; --user-line: #777777;
    --symbol: #ffffff; --symbol-line: #777777; --object: #ffffff; --on-object: #000000;
    --edge: #666666; --strong: #666666;
  }
  .object rect { stroke: #000000; stroke-width: 2; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  .skip { display: none; }
  a { text-decoration: none; }
  h2, h3, h4, figcaption, caption, summary { break-after: avoid; }
  tr, figure svg { break-inside: avoid; }
  details { border: 0; margin: .75rem 0; }
  summary { padding: 0; list-style: none; border: 0 !important; }
  details::details-content { content-visibility: visible !important; display: block !important; block-size: auto !important; overflow: visible !important; }
  details > :not(summary) { margin: .5rem 0; }
  details > table { width: 100%; }
}
`;
