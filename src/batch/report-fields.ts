/**
 * What a report that is read has to have, field by field. It comes from another run, perhaps of another
 * machine, and what it says is put into the next report; so nothing is taken that was not looked at.
 */

import type { Diagnostic, Severity } from "../diagnostics.js";
import { JOB_OUTCOMES } from "./job.js";
import type { JobRecord, ListRecord, Summary } from "./report.js";
import { parseShard } from "./shard.js";

/** A value that was looked at; undefined if it is none of the kind. */
type Read<Value> = (value: unknown) => Value | undefined;

export type Fields = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const text: Read<string> = (value) => (typeof value === "string" ? value : undefined);
const flag: Read<boolean> = (value) => (typeof value === "boolean" ? value : undefined);
const finite: Read<number> = (value) =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;
const count: Read<number> = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;

function oneOf<Value extends string>(values: readonly Value[]): Read<Value> {
  return (value) => values.find((each) => each === value);
}

function orNull<Value>(read: Read<Value>): Read<Value | null> {
  return (value) => (value === null ? null : read(value));
}

function listOf<Value>(read: Read<Value>): Read<readonly Value[]> {
  return (value) => {
    if (!Array.isArray(value)) return undefined;
    const items = value.map(read);
    return items.some((item) => item === undefined) ? undefined : (items as Value[]);
  };
}

type Readers<Value> = { readonly [Key in keyof Value]-?: Read<Value[Key]> };

/** An object of these fields, of which it may lack the `optional`; what else it has is left out. */
function objectOf<Value extends object>(
  fields: Readers<Value>,
  optional: readonly (keyof Value)[] = [],
): Read<Value> {
  const required = (Object.keys(fields) as (keyof Value & string)[]).filter(
    (key) => !optional.includes(key),
  );
  return (value) => {
    if (!isObject(value) || !required.every((key) => Object.hasOwn(value, key))) return undefined;
    const read: Partial<Value> = {};
    // In the order in which they stand: what is merged comes out as it was written.
    for (const [name, item] of Object.entries(value)) {
      if (!Object.hasOwn(fields, name)) continue;
      const key = name as keyof Value;
      const found = fields[key](item);
      if (found === undefined) return undefined;
      read[key] = found;
    }
    return read as Value;
  };
}

const SEVERITIES: readonly Severity[] = ["error", "warning", "note"];

const diagnostics = listOf(
  objectOf<Diagnostic>(
    {
      severity: oneOf(SEVERITIES),
      code: text,
      file: text,
      section: text,
      offset: finite,
      symbol: text,
      line: count,
      message: text,
      notes: listOf(text),
    },
    ["section", "offset", "symbol", "line"],
  ),
);

export const readJobRecord = objectOf<JobRecord>({
  job: count,
  line: orNull(count),
  input: text,
  output: text,
  symbols: listOf(text),
  sympos: listOf(text),
  lateBind: listOf(text),
  patchedObjects: listOf(text),
  strict: flag,
  outcome: oneOf(JOB_OUTCOMES),
  upToDate: flag,
  key: orNull(text),
  digests: objectOf<JobRecord["digests"]>({
    symbols: orNull(text),
    input: orNull(text),
    output: orNull(text),
  }),
  diagnostics,
});

/** Parts `I/N` of one batch. */
function shards(value: unknown): readonly string[] | undefined {
  const found = listOf(text)(value);
  const isOf = (shard: string, of: string) => {
    const parsed = parseShard(shard);
    return typeof parsed !== "string" && shard === `${parsed.index}/${of}`;
  };
  const [, of = ""] = found?.[0]?.split("/") ?? [];
  return found?.every((shard) => isOf(shard, of)) ? found : undefined;
}

/** All of a report but its jobs. */
export const FRAME_FIELDS = {
  version: text,
  shards,
  symbolSources: listOf(
    objectOf<ListRecord>({ symbols: listOf(text), digest: orNull(text), diagnostics }),
  ),
  summary: objectOf<Summary>({
    jobs: count,
    converted: count,
    unchanged: count,
    refused: count,
    failed: count,
    upToDate: count,
    notBegun: count,
    interrupted: orNull(text),
  }),
};
