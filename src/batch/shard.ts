/**
 * A part of a batch, for one machine of several. Which job is in which part depends on nothing but the
 * name of its output, so that every machine comes to the same without asking.
 */

import { createHash } from "node:crypto";

export interface Shard {
  /** Counted from 1. */
  readonly index: number;
  readonly count: number;
}

/** Reads `I/N`; a text if it makes no sense. */
export function parseShard(text: string): Shard | string {
  const [, index, count] = /^([0-9]{1,6})\/([0-9]{1,6})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (!(shard.index >= 1 && shard.index <= shard.count)) {
    return `"${text}" is not I/N, such as 1/4 to 4/4`;
  }
  return shard;
}

/** Whether the job with this output, as it was given, belongs to a shard. */
export function isInShard(output: string, { index, count }: Shard): boolean {
  const hash = createHash("sha256").update(output).digest();
  return hash.readUInt32BE(0) % count === index - 1;
}
