// SPDX-License-Identifier: GPL-2.0-only

// A report that was read again: one field broken at a time, and the exact message.

import { describe, expect, test } from "vitest";
import {
  documentOf,
  type JobRecord,
  lineOfJob,
  lineOfSummary,
  parseReport,
  type ReportFrame,
} from "../../src/batch/index.js";
import { Diagnostics } from "../../src/diagnostics.js";

const DIAGNOSTIC = {
  severity: "warning",
  code: "module-export",
  file: "in.ko",
  symbol: "f",
  section: ".text",
  offset: 2 ** 53,
  message: "m",
  notes: ["n"],
} as const;

const JOB: JobRecord = {
  job: 3,
  line: null,
  input: "a",
  output: "b",
  symbols: ["l"],
  sympos: [],
  lateBind: [],
  patchedObjects: ["vmlinux"],
  strict: true,
  outcome: "converted",
  upToDate: false,
  key: "sha256:0",
  digests: { symbols: null, input: "sha256:1", output: "sha256:2" },
  diagnostics: [DIAGNOSTIC],
};

const FRAME: ReportFrame = {
  version: "9.9.9",
  shards: ["2/3"],
  symbolSources: [{ symbols: ["l"], digest: null, diagnostics: [] }],
  summary: {
    jobs: 2,
    converted: 1,
    unchanged: 0,
    refused: 0,
    failed: 0,
    upToDate: 0,
    notBegun: 1,
    interrupted: "SIGTERM",
  },
};

const asDocument = (job: object, frame: object) =>
  [...documentOf(frame as ReportFrame, [JSON.stringify(job)])].join("");
const asLines = (job: object, frame: object) =>
  lineOfJob(job as JobRecord) + lineOfSummary(frame as ReportFrame);
const FORMS = [
  ["a document", asDocument],
  ["lines", asLines],
] as const;

function read(text: string) {
  const diagnostics = new Diagnostics("report");
  const report = parseReport(text, diagnostics);
  const faults = diagnostics.list().map(({ line, message }) => {
    return line === undefined ? message : `${line}: ${message}`;
  });
  return { report, faults };
}

/** Stands in a text for what is nested deeper than anything that goes down into it by calls. */
const DEEP = "<deep>";
const withDeep = (text: string) =>
  text.replace(`"${DEEP}"`, "[".repeat(100_000) + "]".repeat(100_000));

describe.each(FORMS)("a report that is %s", (_, write) => {
  test("says what was written, its version too, and nothing that is in no report", () => {
    const { report, faults } = read(withDeep(write({ ...JOB, more: DEEP }, { ...FRAME, more: 1 })));
    expect(faults).toEqual([]);
    expect(report).toEqual({ ...FRAME, jobs: [JOB] });
    expect(write(report!.jobs[0]!, report!)).toBe(write(JOB, FRAME));
  });

  test.each<[keyof JobRecord, ...unknown[]]>([
    ["job", undefined, "3", -1, 1.5],
    ["line", undefined, "3"],
    ["input", undefined, null, 3],
    ["output", undefined, null, 3],
    ["symbols", undefined, "l", [3], [[]]],
    ["sympos", undefined, null, [{}]],
    ["lateBind", undefined, {}],
    ["patchedObjects", undefined, [null]],
    ["strict", undefined, 1],
    ["outcome", undefined, "toString", null],
    ["upToDate", undefined, 0],
    ["key", undefined, 3],
    ["digests", undefined, null, {}, { ...JOB.digests, output: { toString: 1 } }],
    ["diagnostics", undefined, {}, [null], [{ ...DIAGNOSTIC, notes: DEEP }]],
    ["diagnostics", [{ ...DIAGNOSTIC, severity: "fatal" }], [{ ...DIAGNOSTIC, offset: "0" }]],
  ])("is damaged if the %s of a job is something else", (field, ...values) => {
    for (const value of values) {
      const text = withDeep(write({ ...JOB, [field]: value }, FRAME));
      expect(read(text)).toEqual({
        report: undefined,
        faults: ["the report is damaged: it has jobs without a job's fields"],
      });
    }
  });

  test.each<[keyof ReportFrame, ...unknown[]]>([
    ["version", undefined, 1],
    ["shards", undefined, "1/2", ["1"], ["3/2"], ["01/2"], ["1/2", "1/3"], ["1/1e9"]],
    ["symbolSources", {}, [{ symbols: ["l"], digest: null }]],
  ])("is damaged if its %s is something else", (field, ...values) => {
    for (const value of values) {
      expect(read(write(JOB, { ...FRAME, [field]: value }))).toEqual({
        report: undefined,
        faults: [`the report is damaged: its "${field}" is not as a batch writes it`],
      });
    }
  });

  test.each([
    ["notBegun", -1],
    ["jobs", 2 ** 53],
    ["interrupted", 3],
  ])("is damaged if the %s of its summary is %s", (field, value) => {
    const summary = { ...FRAME.summary, [field]: value };
    expect(read(write(JOB, { ...FRAME, summary }))).toEqual({
      report: undefined,
      faults: ['the report is damaged: its "summary" is not as a batch writes it'],
    });
  });
});

describe("lines of a report", () => {
  const [job, summary] = [lineOfJob(JOB), lineOfSummary(FRAME)];

  test("may be cut off in the last, and not in another", () => {
    expect(read(job + job.slice(0, 9))).toEqual({ report: { jobs: [JOB] }, faults: [] });
    expect(read(`${job.slice(0, -1)}\n${job.slice(0, 9)}\n${summary}`)).toEqual({
      report: undefined,
      faults: ["2: the report is damaged: this is no object of JSON"],
    });
    expect(read(`${job}[]\n${summary}`).faults).toEqual([
      "2: the report is damaged: this is no object of JSON",
    ]);
  });

  test("need no newline at the end", () => {
    expect(read(job + summary.trimEnd()).report).toEqual({ ...FRAME, jobs: [JOB] });
  });
});

test("a version of the form that is no number is told, whatever it is", () => {
  const head = '{"schema":"klp-convert-batch-report","schemaVersion":';
  const other = (found: string) => [`the report's schemaVersion is ${found} when it should be 1`];
  expect(read(`${head}2}`).faults).toEqual(other("2"));
  expect(read(`${head}"1"}`).faults).toEqual(other("no whole number"));
  expect(read(`${head}${"[".repeat(100_000)}${"]".repeat(100_000)}}`).faults).toEqual(
    other("no whole number"),
  );
});
