// SPDX-License-Identifier: GPL-2.0-only

// What rules find in a module, as lines that tests compare.

import { RULES } from "../../../src/check/contract.js";
import { examine } from "../../../src/check/examine.js";
import type { Outcome } from "../../../src/check/outcome.js";
import type { Finding } from "../../../src/check/rule.js";
import { Subject } from "../../../src/check/subject.js";
import { Diagnostics } from "../../../src/diagnostics.js";
import { readElf } from "../../../src/elf/index.js";
import { SymbolSources } from "../../../src/symbols/index.js";

export interface Beside {
  readonly release?: string;
  /** The module before conversion. */
  readonly input?: Uint8Array;
  /** A symbols list. */
  readonly symbols?: { readonly file: string; readonly bytes: Uint8Array };
  /** Names that are looked up in it; all that rules of places ask for if absent. */
  readonly names?: readonly string[];
}

export function subjectOf(bytes: Uint8Array, beside: Beside = {}): Subject {
  const { release, input, symbols, names } = beside;
  const diagnostics = new Diagnostics("input");
  const plain = new Subject("out.ko", bytes, {});
  const wanted = new Set(names);
  const count = plain.object?.symbols.count ?? 0;
  for (let symbol = 1; symbol < count; symbol++) wanted.add(plain.symbolName(symbol).name);
  return new Subject("out.ko", bytes, {
    release,
    ...(input && { input: readElf(input, diagnostics) }),
    ...(symbols && { map: SymbolSources.of(symbols).map(wanted, diagnostics) }),
  });
}

/** The findings of some rules, one a line: number, severity, place, message, what the kernel does. */
export function findingsOf(bytes: Uint8Array, beside: Beside, ids: readonly string[]): string[] {
  const rules = RULES.filter(({ id }) => ids.includes(id));
  expectAll(rules.length, ids.length);
  const { findings, unchecked } = examine(subjectOf(bytes, beside), rules);
  return [
    ...findings.map(lineOf),
    ...unchecked.map(({ rule, reason }) => `${rule} unchecked: ${reason}`),
  ];
}

function expectAll(found: number, wanted: number): void {
  if (found !== wanted) throw new Error(`${wanted} rules were asked for and ${found} are there`);
}

function lineOf({ rule, severity, section, offset, symbol, message, outcome }: Finding): string {
  const at = offset === undefined ? "" : `+0x${offset.toString(16)}`;
  const place = section === undefined ? (symbol ?? "") : `${section}${at}`;
  return `${rule} ${severity} ${place}: ${message} => ${outcomeText(outcome)}`;
}

export function outcomeText(outcome: Outcome): string {
  switch (outcome.kind) {
    case "harmless":
      return "harmless";
    case "refused": {
      const { when, stage, errno, message } = outcome;
      return `refused (${when === "patch" ? stage : `${stage}, ${when.object}`}) ${errno} ${message}`;
    }
    default:
      return `${outcome.kind}: ${outcome.text}`;
  }
}
