// SPDX-License-Identifier: GPL-2.0-only

// What many conversions share of one list, or of several sources, answers each as the list itself does:
// a batch makes of a module what convert makes of it.

import { Diagnostics, Refusal } from "../../src/diagnostics.js";
import { type ConvertResult, convert, SymbolSources } from "../../src/index.js";
import { namesToLookUp } from "../../src/livepatch/index.js";
import {
  isSymbolsList,
  type SharedSymbols,
  type SymbolMap,
  scanSymbolsList,
  shareSymbolsList,
} from "../../src/symbols/index.js";
import type { Case, MadeFile } from "../cases.js";
import { claim } from "../fault.js";
import { differenceOf } from "./convert.js";

/** Names that other modules of a batch want. */
const OTHERS = ["one", "twin", "printk", "__ksymtab_one", "*vmlinux", "\xff", "__proto__", "probe"];

/** What a step gives, or that it was refused, and what it said. */
interface Ended<Result> {
  readonly result: Result | undefined;
  readonly said: Diagnostics;
}

function attempt<Result>(file: string, step: (said: Diagnostics) => Result): Ended<Result> {
  const said = new Diagnostics(file);
  try {
    return { result: step(said), said };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { result: undefined, said };
  }
}

function claimSame(what: string, alone: unknown, shared: unknown): void {
  const [one, two] = [JSON.stringify(alone), JSON.stringify(shared)];
  claim(one === two, "shared symbols", () => `${what}: ${differenceOf(one, two)}`);
}

/** All that a map can be asked about names. */
function answersOf(map: SymbolMap, names: readonly string[]): unknown {
  const objects = new Set(names.flatMap((name) => map.owners(name).map(({ object }) => object)));
  return [
    map.file,
    map.isList,
    names.map((name) => [map.owners(name), map.exporters(name)]),
    [...objects, "vmlinux", "none"].map((object) => [
      map.hasObject(object),
      // Facts have what they have in whatever order.
      Object.entries(map.facts(object) ?? {})
        .filter(([key]) => FACTS.includes(key))
        .sort(),
      map.isOrderDoubtful(object),
      names.map((name) => map.namespace(name, object)),
    ]),
    [...map.nearest(names)],
  ];
}

const FACTS = ["order", "release", "arch", "names", "depends"];

/** Throws Fault if shared symbols answer to `names` other than the files themselves. */
export function claimSharedAnswers(files: readonly MadeFile[], names: readonly string[]): void {
  const [first] = files;
  const isList = files.length === 1 && isSymbolsList(first!.bytes);
  const sources = new SymbolSources();
  for (const each of files) if (!isList) sources.add(each);
  const wanted = [...names, ...OTHERS];
  const alone = attempt("symbols", (said) => {
    return isList ? scanSymbolsList(first!, names, said) : sources.map(names, said);
  });
  const read = attempt("symbols", (said) => {
    return isList ? shareSymbolsList(first!, wanted, said) : sources.share(wanted, said);
  });
  if (read.result === undefined) {
    claim(alone.result === undefined, "shared symbols", () => "they are refused, the list is not");
    return;
  }
  const symbols = read.result;
  const shared = attempt("symbols", (said) => symbols.map(names, said));
  // What is wrong with the list is told before what is wrong with a line that somebody wants.
  const told = (...all: readonly Diagnostics[]) =>
    all.flatMap((each) => each.list().map((one) => JSON.stringify(one))).sort();
  claimSame("messages", told(alone.said), told(read.said, shared.said));
  claimSame("refusal", alone.result === undefined, shared.result === undefined);
  if (alone.result === undefined || shared.result === undefined) return;
  claimSame("answers", answersOf(alone.result, names), answersOf(shared.result, names));
}

/** Throws Fault if the conversion comes out otherwise with symbols that are shared. */
export function claimConvertedAlike(tried: Case, alone: ConvertResult): void {
  const { module, sources, options } = tried;
  const [first] = sources;
  if (first === undefined) return;
  const { kernel: _, ...rest } = options;
  const wanted = [...namesToLookUp(module.bytes, rest), ...OTHERS];
  const all = new SymbolSources();
  const isList = sources.length === 1 && isSymbolsList(first.bytes);
  const read = attempt<SharedSymbols>("list", (said) => {
    if (isList) return shareSymbolsList(first, wanted, said);
    for (const each of sources) all.add(each);
    return all.share(wanted, said);
  });
  if (read.result === undefined) {
    claim(alone.output === undefined, "shared symbols", () => "they are refused, the list is not");
    return;
  }
  const symbols = read.result;
  const shared = convert(module.bytes, { file: module.file, ...rest, symbols });
  claimSame("report", alone.report, shared.report);
  const bytes = (made: Uint8Array | undefined) => made && Buffer.from(made).toString("latin1");
  claimSame("output", bytes(alone.output), bytes(shared.output));
  // What is wrong with sources is told once, for all modules.
  const own = ({ diagnostics }: ConvertResult) =>
    diagnostics.filter(({ file }) => file === module.file);
  claimSame("messages", own(alone), own(shared));
}
