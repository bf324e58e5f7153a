/** What there is to say about the rules themselves, made of the units that test them. */

import { machineName } from "../elf/index.js";
import type { Consequence, Need, Rule } from "./rule.js";

const NEEDS: Readonly<Record<Need, string>> = {
  sections: "the section headers",
  object: "sections and a symbol table",
  symbols: "symbols of the kernel and of the patched modules (`--symbols`, `--target`)",
  patch: "what the patch patches, which is read from the module",
  input: "the module before conversion (`--input`)",
};

const KINDS: Readonly<Record<Consequence["kind"], string>> = {
  refused: "refused",
  wrong: "loads, but wrong",
  crash: "crash",
  advice: "advice",
};

/** One rule as text. */
export function documentRule(rule: Rule): string {
  return `${sentencesOf(rule)
    .map(([head, text]) => (head === "" ? text : `${head}: ${text}`))
    .join("\n")}\n`;
}

/** The page of all rules, in Markdown. */
export function documentRules(rules: readonly Rule[]): string {
  const rows = rules.map(
    ({ id, title, severity, consequences }) =>
      `| [${id}](#${id.toLowerCase()}) | ${cell(title)} | ${severity} | ${[...new Set(consequences.map(({ kind }) => KINDS[kind]))].join(", ")} |`,
  );
  const sections = rules.map((rule) => {
    const [, ...rest] = sentencesOf(rule);
    const items = rest.map(([head, text]) => `- **${head}**: ${text}`);
    return `### ${rule.id}\n\n${rule.title}.\n\n${items.join("\n")}\n`;
  });
  return `${INTRODUCTION}
## The rules

| rule | what has to be so | severity | if not |
| ---- | ----------------- | -------- | ------ |
${rows.join("\n")}

${sections.join("\n")}`;
}

const INTRODUCTION = `# What klp-convert check tests

This page is made from the rules themselves; \`npm run golden\` makes it anew. [check.md](check.md) is
about the command.

Each rule is one thing that has to be so for the kernel to load a livepatch module, and for the module
to do what was meant. \`klp-convert check --explain L19\` prints a rule, \`check --list\` names them all.
A rule that lacks its input is reported as not checked, never as passed.
`;

function sentencesOf(rule: Rule): (readonly [string, string])[] {
  const { id, title, severity, needs, machines, kernels, consequences, remedy, source } = rule;
  const named = machines?.map(machineName).join(", ");
  return [
    ["", `${id}: ${title}`],
    ["severity", severity],
    ["needs", needs.map((need) => NEEDS[need]).join("; ") || "the file"],
    ...(named === undefined ? [] : [["machines", named] as const]),
    ...(kernels === undefined ? [] : [["kernels", kernels] as const]),
    ...consequences.map(({ kind, text, message, errno }) => {
      const said = message === undefined ? "" : `; the kernel prints \`${message}\``;
      const fails = errno === undefined ? "" : ` (${errno})`;
      return [KINDS[kind], `${text}${said}${fails}`] as const;
    }),
    ["remedy", remedy],
    ["source", source],
  ];
}

/** A text as a cell of a table. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("*", "\\*");
}
