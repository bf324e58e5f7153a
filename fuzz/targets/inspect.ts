// SPDX-License-Identifier: GPL-2.0-only

// inspect and compareModules, and what the command line makes of them: whatever a file has, there is
// something to say about it and nothing is thrown; and the same whatever lies around the input.

import { comparisonText } from "../../src/cli/comparison-text.js";
import type { InspectionDocument } from "../../src/cli/inspect-command.js";
import { inspectionText } from "../../src/cli/inspection-text.js";
import { inspectionPage } from "../../src/cli/page/index.js";
import { compareModules, inspect } from "../../src/index.js";
import type { Case } from "../cases.js";
import { claim } from "../fault.js";
import { FILLINGS, type Filling, Guarded } from "../guarded.js";
import { timed } from "../limits.js";
import { claimMarkup, claimVisible } from "../printed.js";
import { claimSound, differenceOf } from "./convert.js";

/** Tries it; returns what came of it, in a word or two. */
export function tryInspect(tried: Case): string {
  const [first, second] = FILLINGS.map((filling) => run(tried, filling)) as [Document, Document];
  const [summary, again] = [JSON.stringify(first), JSON.stringify(second)];
  claim(summary === again, "the same result again", () => differenceOf(summary, again));
  const { inspections, comparison, diagnostics } = first;
  const inspection = inspections.at(-1);
  claimSound([...inspection!.diagnostics, ...diagnostics]);
  claim(
    inspection!.module !== null ||
      inspection!.diagnostics.some(({ severity }) => severity === "error"),
    "refusal",
    () => "neither a module nor an error",
  );
  claimVisible(inspectionText(inspection!));
  if (comparison !== null) claimVisible(comparisonText("before.ko", "after.ko", comparison));
  claimMarkup(timed("inspectionPage", () => inspectionPage(first)));
  if (inspection!.module === null) return "unreadable";
  return `${inspection!.module.state}${comparison === null ? "" : ", compared"}`;
}

type Document = InspectionDocument;

function run({ before, module, sources }: Case, filling: Filling): Document {
  const input = new Guarded(module.bytes, filling);
  const other = new Guarded(before, filling);
  const [only] = sources.map(({ file, bytes }) => ({ file, guarded: new Guarded(bytes, filling) }));
  const symbols = only && { file: only.file, bytes: only.guarded.view };
  const files = [
    { file: "before.ko", bytes: other.view },
    { file: module.file, bytes: input.view },
  ] as const;
  const inspections = files.map(({ file, bytes }) =>
    timed("inspect", () => inspect(bytes, { file, ...(symbols && { symbols }) })),
  );
  const { comparison, diagnostics } = timed("compareModules", () => compareModules(...files));
  for (const each of [input, other, only?.guarded]) each?.claimUntouched();
  return {
    schema: "klp-convert-inspection",
    schemaVersion: 1,
    version: "0",
    symbolSources: [],
    inspections,
    comparison,
    diagnostics,
  };
}
