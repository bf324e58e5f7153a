// SPDX-License-Identifier: GPL-2.0-only

// A livepatch module that breaks no rule, for tests to break one, and what the rules say of it.

import { RULES } from "../../../src/check/contract.js";
import { type Examination, examine } from "../../../src/check/examine.js";
import type { Outcome } from "../../../src/check/outcome.js";
import type { Finding, Rule } from "../../../src/check/rule.js";
import { Subject, type Surroundings } from "../../../src/check/subject.js";
import {
  buildIndexedElf,
  type ElfIndex,
  type RelocationSectionDescription,
  type SectionDescription,
  SHF,
  SHN,
  type SymbolDescription,
} from "../../elf-builder.js";
import { LAYOUTS, type TestLayout } from "../../livepatch/intermediate.js";
import { ModuleData } from "../../livepatch/patch-data.js";

export const LIVEPATCH = SHF.ALLOC | SHF.INFO_LINK | SHF.RELA_LIVEPATCH;
export const MODINFO = "name=lp\0livepatch=Y\0vermagic=6.1.0-1-amd64 SMP mod_unload \0";
export const ARM64: TestLayout = { ...LAYOUTS[0], name: "arm64", machine: 183, absolute: 257 };
export const PPC64: TestLayout = { ...LAYOUTS[0], name: "ppc64le", machine: 21, absolute: 38 };

export interface Wanted {
  readonly layout?: TestLayout;
  readonly modinfo?: string;
  readonly symbols?: readonly SymbolDescription[];
  readonly sections?: readonly SectionDescription[];
  /** Livepatch sections and others, behind those that are there. */
  readonly relocations?: readonly RelocationSectionDescription[];
  /** Instead of the two livepatch sections and their symbols. */
  readonly only?: true;
  /** The module that the patch patches, beside vmlinux; null for none. Default: ext4. */
  readonly patched?: string | null;
  /** There is no klp_patch. */
  readonly patchUnknown?: true;
}

export const ONE = ".klp.sym.vmlinux.one,0";
export const OTHER = ".klp.sym.ext4.other,2";

/** A symbol that livepatch resolves. */
export function livepatchSymbol(name: string): SymbolDescription {
  return { name, section: SHN.LIVEPATCH };
}

/** A livepatch section called `name` that relocates `section` by these symbols, 8 bytes apart. */
export function livepatchSection(
  name: string,
  section: string | number,
  symbols: readonly (string | number)[],
  { absolute }: TestLayout = LAYOUTS[0],
): RelocationSectionDescription {
  const entries = symbols.map((symbol, i) => ({ offset: 8 * i, type: absolute, symbol }));
  return { name, section, flags: LIVEPATCH, entries };
}

/**
 * Builds a module that patches vmlinux and ext4, with `.klp.rela.vmlinux.text` of ONE, twice, and
 * `.klp.rela.ext4.data` of OTHER.
 */
export function build(wanted: Wanted = {}): { bytes: Uint8Array } & ElfIndex {
  const { layout = LAYOUTS[0], symbols = [], relocations = [] } = wanted;
  const data = new ModuleData({ layout });
  const { patched = "ext4" } = wanted;
  const objects = [
    { name: null, funcs: ["f"] },
    ...(patched === null ? [] : [{ name: patched, funcs: ["g"] }]),
  ];
  if (!wanted.patchUnknown) data.patch({ objects });
  const description = data.describe({
    layout,
    modinfo: wanted.modinfo ?? MODINFO,
    symbols: [...(wanted.only ? [] : [livepatchSymbol(ONE), livepatchSymbol(OTHER)]), ...symbols],
    ...(wanted.sections && { sections: wanted.sections }),
  });
  const good = [
    livepatchSection(".klp.rela.vmlinux.text", ".text", [ONE, ONE], layout),
    livepatchSection(".klp.rela.ext4.data", ".data", [OTHER], layout),
  ];
  return buildIndexedElf({
    ...description,
    relocations: [...description.relocations!, ...(wanted.only ? [] : good), ...relocations],
  });
}

const FIELDS = {
  sh_type: [4, 4],
  sh_flags: [8, 8],
  sh_size: [32, 8],
  sh_link: [40, 4],
  sh_info: [44, 4],
  sh_addralign: [48, 8],
  sh_entsize: [56, 8],
} as const;

/** A module with one field of a section's header changed; ELF64, little-endian. */
export function withField(
  { bytes, sections, headerOffsets }: { bytes: Uint8Array } & ElfIndex,
  section: string,
  field: keyof typeof FIELDS,
  value: number,
): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  const [offset, size] = FIELDS[field];
  const at = headerOffsets[sections.get(section)!]! + offset;
  if (size === 8) view.setBigUint64(at, BigInt(value), true);
  else view.setUint32(at, value, true);
  return copy;
}

/** What all rules say of a module. */
export function examineModule(
  bytes: Uint8Array,
  surroundings: Surroundings = {},
  rules: readonly Rule[] = RULES,
): Examination {
  return examine(new Subject("lp.ko", bytes, surroundings), rules);
}

/** The rules of these tests; others have tests of their own, and modules that suit them. */
export const OURS = RULES.filter(
  ({ id }) => (id >= "L17" && id <= "L40") || id === "L50" || id === "L74",
);

/** What a module breaks, in the order of the rules. */
export function broken(
  bytes: Uint8Array,
  surroundings: Surroundings = {},
): readonly Pick<Finding, "rule" | "severity" | "message" | "outcome">[] {
  return examine(new Subject("lp.ko", bytes, surroundings), OURS).findings;
}

/** The one finding that a module has; throws Error if there are others, or none. */
export function theOne(bytes: Uint8Array, surroundings: Surroundings = {}): Finding {
  const { findings } = examineModule(bytes, surroundings, OURS);
  if (findings.length !== 1) {
    throw new Error(`found ${JSON.stringify(findings, undefined, 1)}`);
  }
  return findings[0]!;
}

/** What the kernel makes of it, in few words. */
export function inShort(outcome: Outcome): string {
  if (outcome.kind === "harmless") return "harmless";
  const only = outcome.in === "either" ? "" : ` (${outcome.in})`;
  if (outcome.kind !== "refused") return `${outcome.kind}: ${outcome.text}${only}`;
  const { when, stage, errno, message } = outcome;
  const object = when === "patch" ? "" : ` with ${when.object}`;
  return `${stage}${object}: ${errno}: ${message}${only}`;
}

/** A finding as one line. */
export function line({
  rule,
  severity,
  section,
  offset,
  symbol,
  message,
  outcome,
}: Finding): string {
  const place = [section, offset, symbol].filter((each) => each !== undefined).join(" ");
  return `${rule} ${severity} at ${place}: ${message} => ${inShort(outcome)}`;
}
