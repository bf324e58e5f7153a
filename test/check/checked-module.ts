// SPDX-License-Identifier: GPL-2.0-only

// Livepatch modules as the kernel loads them, for tests of the rules, and what a rule says of them.

import { examine } from "../../src/check/examine.js";
import type { Outcome } from "../../src/check/outcome.js";
import type { Rule } from "../../src/check/rule.js";
import { Subject } from "../../src/check/subject.js";
import { wantedNames } from "../../src/check/wanted-names.js";
import { Diagnostics } from "../../src/diagnostics.js";
import { readElf } from "../../src/elf/index.js";
import { SymbolSources } from "../../src/symbols/index.js";
import {
  buildElf,
  type RelocationDescription,
  SHF,
  SHN,
  type SymbolDescription,
} from "../elf-builder.js";
import type { Intermediate } from "../livepatch/intermediate.js";
import { ModuleData, type ObjectData } from "../livepatch/patch-data.js";

export interface CheckedModule extends Intermediate {
  /**
   * Livepatch relocations by the object that they wait for: names of symbols behind
   * `.klp.sym.`, each used at the next multiple of 8 unless an offset is given.
   */
  readonly waits?: Readonly<Record<string, readonly (string | RelocationDescription)[]>>;
  /** What the patch patches. Default: demo_show of klp_demo. */
  readonly objects?: readonly ObjectData[] | "none";
  /** Strings of .modinfo, beside the name and the license. */
  readonly info?: readonly string[];
  readonly license?: string;
  /** The section that is relocated. Default: .text. */
  readonly target?: string;
  /** .text has no function. */
  readonly stripped?: boolean;
  /** The first bytes of .text. */
  readonly code?: readonly number[];
}

export const RELEASE_6_1 = "6.1.0-56-amd64";
export const RELEASE_7_3 = "7.3.4+deb13-amd64";

const PATCHED: readonly ObjectData[] = [{ name: "klp_demo", funcs: ["demo_show"] }];

/** Builds the module. */
export function livepatchModule(module: CheckedModule): Uint8Array {
  const { waits = {}, objects = PATCHED, info = [], license = "GPL", code = [] } = module;
  const data = new ModuleData(module.layout === undefined ? {} : { layout: module.layout });
  if (objects !== "none") data.patch({ objects });
  const names = new Set(
    Object.values(waits).flatMap((entries) =>
      entries.map((each) => `.klp.sym.${typeof each === "string" ? each : each.symbol}`),
    ),
  );
  const symbols: SymbolDescription[] = [...names].map((name) => ({ name, section: SHN.LIVEPATCH }));
  const strings = [`license=${license}`, "livepatch=Y", "name=livepatch_demo", ...info];
  const description = data.describe({
    modinfo: strings.map((each) => `${each}\0`).join(""),
    ...module,
    symbols: [...(module.symbols ?? []), ...symbols],
  });
  let offset = 0;
  const relocations = Object.entries(waits).map(([gate, entries]) => ({
    section: module.target ?? ".text",
    name: `.klp.rela.${gate}${module.target ?? ".text"}`,
    flags: SHF.ALLOC | SHF.INFO_LINK | SHF.RELA_LIVEPATCH,
    entries: entries.map((each) => {
      const at = offset;
      offset += 8;
      if (typeof each !== "string") return { ...each, symbol: `.klp.sym.${each.symbol}` };
      return { offset: at, type: data.layout.absolute, symbol: `.klp.sym.${each}` };
    }),
  }));
  return buildElf({
    ...description,
    sections: description.sections!.map((each) =>
      each.name === ".text"
        ? { ...each, data: [...code, ...new Uint8Array(64)].slice(0, 64) }
        : each,
    ),
    symbols: description.symbols!.filter(({ name }) => !module.stripped || name !== "patched"),
    relocations: [...(description.relocations ?? []), ...relocations],
  });
}

export interface Given {
  /** Texts of symbol sources by the names of their files. */
  readonly symbols?: string | Readonly<Record<string, string | Uint8Array>>;
  readonly release?: string | undefined;
  readonly input?: Uint8Array;
}

/** What a rule says, in lines: severity and message, the outcome behind `->`, and what is unchecked. */
export function said(rule: Rule, module: CheckedModule | Uint8Array, given: Given = {}): string[] {
  const { findings, unchecked } = examine(subjectOf(module, given), [rule]);
  return [
    ...findings.map(
      ({ severity, section, offset, symbol, message, outcome }) =>
        `${severity}: ${placeText(section, offset, symbol)}${message} -> ${outcomeText(outcome)}`,
    ),
    ...unchecked.map(({ reason }) => `unchecked: ${reason}`),
  ];
}

/** The module with what is given beside it. */
export function subjectOf(module: CheckedModule | Uint8Array, given: Given): Subject {
  const { symbols, release = RELEASE_6_1, input } = given;
  const bytes = module instanceof Uint8Array ? module : livepatchModule(module);
  const unlooked = new Subject("in.ko", bytes, {});
  const parsed = input && readElf(input, new Diagnostics("input.ko"));
  if (symbols === undefined) return new Subject("in.ko", bytes, { release, input: parsed });
  const sources = new SymbolSources();
  const files = typeof symbols === "string" ? { list: symbols } : symbols;
  for (const [file, text] of Object.entries(files)) {
    const contents = typeof text === "string" ? new Uint8Array(Buffer.from(text, "latin1")) : text;
    sources.add({ file, bytes: contents });
  }
  const map = sources.map(wantedNames(unlooked), new Diagnostics("symbols"));
  return new Subject("in.ko", bytes, { release, map, input: parsed });
}

function placeText(
  section: string | undefined,
  offset: number | undefined,
  symbol: string | undefined,
): string {
  const place =
    section === undefined ? "" : `${section}${offset === undefined ? "" : `+${offset}`}: `;
  return place + (symbol === undefined ? "" : `[${symbol}] `);
}

/** An outcome in a line. */
export function outcomeText(outcome: Outcome): string {
  if (outcome.kind === "harmless") return "harmless";
  const order = outcome.in === "either" ? "" : ` (${outcome.in})`;
  if (outcome.kind !== "refused") return `${outcome.kind}${order}: ${outcome.text}`;
  const { when, stage, errno, message } = outcome;
  const who = when === "patch" ? "" : ` with ${when.object}`;
  return `refused in ${stage}${who}${order}: ${message} ${errno}`;
}
