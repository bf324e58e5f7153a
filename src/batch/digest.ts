/** What jobs are known by across runs and machines: their contents, and never a time or a place. */

import { createHash } from "node:crypto";
import { VERSION } from "../version.js";
import type { JobOptions } from "./job.js";

/** `sha256:…` of all `pieces`, one after the other. */
export function digestOf(...pieces: readonly (Uint8Array | string)[]): string {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return `sha256:${hash.digest("hex")}`;
}

/** The digest of sources, in whatever order they are given; null if there are none. */
export function digestOfSources(digests: readonly string[]): string | null {
  const [only] = digests;
  if (digests.length < 2) return only ?? null;
  return digestOf([...digests].sort().join("\n"));
}

/** All that a job's output depends on. */
export function keyOfJob(
  input: string,
  symbols: string | null,
  { sympos, lateBind, patchedObjects, strict }: JobOptions,
): string {
  const parts = [VERSION, symbols, input, sympos, lateBind, patchedObjects, strict];
  return digestOf(JSON.stringify(parts));
}
