// SPDX-License-Identifier: GPL-2.0-only

// SymbolSources: whatever the sources have, they are read or refused, and a list that was made of them
// says the same again.

import { Diagnostics, Refusal } from "../../src/diagnostics.js";
import { SymbolSources } from "../../src/index.js";
import type { Case } from "../cases.js";
import { claim } from "../fault.js";
import { FILLINGS, type Filling, Guarded, strictFile } from "../guarded.js";
import { timed } from "../limits.js";
import { claimSound, differenceOf } from "./convert.js";
import { claimSharedAnswers } from "./shared.js";

const NAMES = ["one", "two", "show", "probe", "demo_homonym", "_printk", "", "__proto__", "x"];

/** Tries it; returns what came of it, in a word or two. */
export function trySymbols(tried: Case): string {
  const [first, second] = FILLINGS;
  const answer = timed("SymbolSources", () => run(tried, first, false));
  const again = run(tried, second, true);
  claim(answer === again, "the same result again", () => differenceOf(answer, again));
  claimSharedAnswers(tried.sources, NAMES);
  let outcome = "refused";
  for (const format of ["0.1", "0.2"] as const) {
    const sources = given(tried.sources.map(({ file, bytes }) => ({ file, bytes })));
    const list = listOf(sources, format);
    if (list === undefined) continue;
    outcome = "a list";
    const read = given([{ file: "list", bytes: list }]);
    const listed = listOf(read, format);
    const errors = read.diagnostics.filter(({ severity }) => severity === "error");
    claim(errors.length === 0, "the list is read", () => errors[0]!.message);
    claim(
      listed !== undefined && Buffer.compare(listed, list) === 0,
      "the list is written again",
      () => differenceOf(text(list), text(listed ?? new Uint8Array())),
    );
  }
  return outcome;
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

function given(
  files: readonly { readonly file: string; readonly bytes: Uint8Array }[],
): SymbolSources {
  const sources = new SymbolSources();
  for (const each of files) sources.add(each);
  return sources;
}

function listOf(sources: SymbolSources, format: "0.1" | "0.2"): Uint8Array | undefined {
  const written = sources.list({ format });
  const isFailed = sources.diagnostics.some(({ severity }) => severity === "error");
  claim(
    isFailed === (written === undefined),
    "refusal",
    () => `a list in spite of an error, or none without`,
  );
  return written && Buffer.concat(written.pieces);
}

/** All that can be asked, as text; `inParts` reads files as from a disk. */
function run(tried: Case, filling: Filling, inParts: boolean): string {
  const files = tried.sources.map(({ file, bytes }) => ({
    file,
    guarded: new Guarded(bytes, filling),
  }));
  const sources = new SymbolSources();
  for (const { file, guarded } of files) {
    sources.add({ file, bytes: inParts ? strictFile(guarded.view) : guarded.view });
  }
  const said: unknown[] = [];
  for (const format of ["0.1", "0.2"] as const) {
    const written = sources.list({ format });
    said.push(written?.pieces.map(text));
  }
  said.push(sources.list({ objects: ["vmlinux"], keep: NAMES })?.pieces.map(text));
  const faults = new Diagnostics("symbols");
  try {
    const map = sources.map(NAMES, faults);
    for (const name of NAMES) {
      const owners = map.owners(name).map(({ object, symbols }) => {
        return [object, symbols, map.facts(object), map.isOrderDoubtful(object)];
      });
      said.push(owners, map.exporters(name));
    }
    said.push(map.nearest(["on", "tow", "demo_homonyn"]));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const isTold =
      faults.failed || sources.diagnostics.some(({ severity }) => severity === "error");
    claim(isTold, "refusal", () => "a refusal without an error");
  }
  claimSound([...sources.diagnostics, ...faults.list()]);
  for (const { guarded } of files) guarded.claimUntouched();
  return JSON.stringify([said, sources.diagnostics, faults.list()]);
}
