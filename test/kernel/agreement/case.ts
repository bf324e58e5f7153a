// A case of the corpus: a good converted module with one thing changed.
import type { ModuleFile } from "../module-file.js";

/** The converted modules that are edited: those a kernel here can load, and those of fixtures. */
export type BaseName = LoadedBase | FixtureBase;
export type LoadedBase =
  | "livepatch-cmdline"
  | "livepatch-demo"
  | "livepatch-places"
  | "livepatch-homonym";
export type FixtureBase = "ppc64le" | "s390x" | "aarch64";

export interface Case {
  /** What files are called, reports and the rows of the table. */
  readonly id: string;
  /** The rule of the loader that is broken; none for a change that is of no consequence. */
  readonly rule?: string;
  readonly base: BaseName;
  /** The edit, in words. */
  readonly what: string;
  readonly edit: Edit;
  /** The rule is one of kernels since this release; to others the change is of no consequence. */
  readonly since?: string;
  /** Likewise one of kernels before this release. */
  readonly before?: string;
  /** The release that it is checked for, one of which there is nothing to boot. */
  readonly kernel?: string;
  /** Lines that are not to be shown while the patch is enabled, and those instead of them. */
  readonly patched?: readonly (readonly [shown: string, instead: string])[];
  /** Loaded into a kernel of its own, since it may do harm that shows only later. */
  readonly isAlone?: true;
  /** The answer is up to what there is in memory that is not the module's. */
  readonly isByChance?: true;
}

/** Changes the file of a converted module; `checksums` are those of what the targets export. */
export type Edit = (file: ModuleFile, checksums: ReadonlyMap<string, number>) => void;

/** Cases of one rule and base, a line each. */
export function casesOf(
  rule: string | undefined,
  base: BaseName,
  edits: Readonly<Record<string, readonly [what: string, edit: Edit]>>,
  settings: Pick<Case, "before" | "isAlone" | "isByChance" | "kernel" | "patched" | "since"> = {},
): Case[] {
  return Object.entries(edits).map(([id, [what, edit]]) => ({
    id,
    ...(rule === undefined ? {} : { rule }),
    base,
    what,
    edit,
    ...settings,
  }));
}
