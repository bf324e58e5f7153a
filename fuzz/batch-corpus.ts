// SPDX-License-Identifier: GPL-2.0-only

// Texts that a batch reads: manifests, of words and of JSON, and reports of earlier runs in both forms.

import {
  documentOf,
  type JobRecord,
  type JobResult,
  lineOfJob,
  lineOfSummary,
  type ReportFrame,
  recordOfJob,
} from "../src/batch/index.js";
import type { CorpusSource } from "./corpus.js";

const OPTIONS = {
  sympos: ["vmlinux:one=2"],
  lateBind: ["klp_demo=ext4"],
  patchedObjects: ["vmlinux", "ext4"],
  strict: true,
};

const MANIFEST = `# all of them
a.ko out/a.ko Symbols.list
'b c.ko' "out/b c.ko" one\\ list two # both

${JSON.stringify({ in: "d.ko", out: "out/d.ko", symbols: ["Symbols.list"], ...OPTIONS })}
  ${JSON.stringify({ in: "e\n\u00e9\u{1f600}.ko", out: "out/e.ko", symbols: [] })}
f.ko out/f.ko 'it'\\''s' "a \\" quote"
`;

const result = (outcome: JobResult["outcome"]): JobResult => ({
  outcome,
  inputDigest: outcome === "failed" ? null : `sha256:${"1".repeat(64)}`,
  outputDigest: outcome === "converted" ? `sha256:${"2".repeat(64)}` : null,
  diagnostics: [
    {
      severity: outcome === "refused" ? "error" : "note",
      code: "unknown-symbol",
      file: "a.ko",
      section: ".text",
      offset: 8,
      symbol: "one",
      message: "symbol one is in no object",
      notes: ["near: two, in vmlinux"],
    },
  ],
});

function records(from: number): JobRecord[] {
  return (["converted", "refused", "failed", "unchanged"] as const).map((outcome, i) => {
    const number = from + i;
    const files = { input: `${number}.ko`, output: `out/${number}.ko`, symbols: ["Symbols.list"] };
    const options = { sympos: [], lateBind: [], patchedObjects: [], strict: false };
    const job = { number, line: i === 3 ? undefined : number, ...files, options };
    const key = outcome === "failed" ? null : `sha256:${"3".repeat(64)}`;
    return recordOfJob(job, { ...result(outcome), key, upToDate: i === 3 }, null);
  });
}

const frame = (shards: readonly string[], interrupted: string | null): ReportFrame => ({
  version: "0.1.0",
  shards,
  symbolSources: [
    { symbols: ["Symbols.list"], digest: `sha256:${"4".repeat(64)}`, diagnostics: [] },
  ],
  summary: {
    jobs: interrupted === null ? 4 : 6,
    converted: 1,
    unchanged: 1,
    refused: 1,
    failed: 1,
    upToDate: 1,
    notBegun: interrupted === null ? 0 : 2,
    interrupted,
  },
});

const asLines = (jobs: readonly JobRecord[], of: ReportFrame) =>
  [...jobs.map(lineOfJob), lineOfSummary(of)].join("");
const asDocument = (jobs: readonly JobRecord[], of: ReportFrame) =>
  [
    ...documentOf(
      of,
      jobs.map((job) => JSON.stringify(job)),
    ),
  ].join("");

/** One character per byte, as the mutations of texts want it. */
const utf8 = (text: string) => Buffer.from(text).toString("latin1");

export const MANIFESTS: readonly CorpusSource[] = [
  { name: "a manifest", text: utf8(MANIFEST) },
  { name: "a manifest of one line", text: "a b\n" },
];

export const REPORTS: readonly CorpusSource[] = [
  { name: "a report", text: utf8(asDocument(records(1), frame([], null))) },
  { name: "a report of lines", text: utf8(asLines(records(1), frame([], null))) },
  { name: "the first part", text: utf8(asDocument(records(1), frame(["1/2"], "SIGTERM"))) },
  { name: "the second part", text: utf8(asLines(records(5), frame(["2/2"], null))) },
];
