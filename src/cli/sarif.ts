/**
 * Findings as a log in SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format), which code
 * review tools read. A place in a module is a byte of its file, and by name a section.
 */

import { type Finding, RULES } from "../check/index.js";
import type { Diagnostic, Severity } from "../diagnostics.js";
import { VERSION } from "../version.js";
import type { CheckedFile } from "./check-command.js";
import { consequenceText, placeText } from "./findings-text.js";

const LEVELS: Readonly<Record<Severity, string>> = {
  error: "error",
  warning: "warning",
  note: "note",
};

/** One run over all files. */
export function sarifLog(checked: readonly CheckedFile[]) {
  const rules = RULES.map(({ id, title, severity, remedy, source }) => ({
    id,
    shortDescription: { text: title },
    help: { text: `${remedy} (${source})` },
    defaultConfiguration: { level: LEVELS[severity] },
  }));
  const results = checked.flatMap(({ file, result, diagnostics }) => [
    ...[...diagnostics, ...(result?.plan?.diagnostics ?? [])].map((each) => resultOf(file, each)),
    ...(result?.examination?.findings ?? []).map((each) => resultOfFinding(file, each)),
  ]);
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "klp-convert", version: VERSION, rules } },
        columnKind: "utf16CodeUnits",
        results,
      },
    ],
  };
}

function resultOfFinding(file: string, finding: Finding) {
  const { rule, severity, section, symbol, fileOffset } = finding;
  const names = [section, symbol, finding.function].filter((name) => name !== undefined);
  const region = fileOffset === undefined ? {} : { region: { byteOffset: fileOffset } };
  const logical = names.map((name) => ({ name }));
  return {
    ruleId: rule,
    ruleIndex: RULES.findIndex(({ id }) => id === rule),
    level: LEVELS[severity],
    message: { text: textOf(finding) },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: uriOf(file) }, ...region },
        ...(logical.length > 0 && { logicalLocations: logical }),
      },
    ],
  };
}

/** What is the matter with a file itself, or with conversion: no rule has a number for it. */
function resultOf(file: string, { severity, code, file: told, message, notes }: Diagnostic) {
  return {
    ruleId: code,
    level: LEVELS[severity],
    message: { text: [message, ...notes].join("\n") },
    locations: [
      { physicalLocation: { artifactLocation: { uri: uriOf(told === "" ? file : told) } } },
    ],
  };
}

function textOf(finding: Finding): string {
  const consequence = consequenceText(finding.outcome);
  return [`${placeText(finding)}${finding.message}`, consequence, finding.remedy]
    .filter((line) => line !== undefined)
    .join("\n");
}

/** A path as a reference: absolute ones as file:, others as they are, relative to wherever. */
function uriOf(path: string): string {
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  return path.startsWith("/") ? `file://${encoded}` : encoded;
}
