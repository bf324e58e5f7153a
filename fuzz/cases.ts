// SPDX-License-Identifier: GPL-2.0-only

// A case follows from a seed and a number, and from nothing else: which function is tried, on what
// files, and what was done to them.

import { MANIFESTS, REPORTS } from "./batch-corpus.js";
import type { Corpus, CorpusSource } from "./corpus.js";
import { bytesOfLatin1, copyOf, type Draft, putTogether } from "./draft.js";
import { BYTE_MUTATIONS, PACKED_MUTATIONS } from "./mutations/bytes.js";
import { DRAFT_MUTATIONS } from "./mutations/drafts.js";
import { JSON_MUTATIONS, WORD_MUTATIONS } from "./mutations/json.js";
import { TEXT_MUTATIONS } from "./mutations/texts.js";
import { PACKED } from "./packed-corpus.js";
import { Random } from "./random.js";

export const TARGETS = ["convert", "symbols", "check", "inspect", "batch", "unpack"] as const;
export type Target = (typeof TARGETS)[number];

/** How often each is tried: the number of a case decides, so that leaving some out changes no other. */
const TURNS: readonly Target[] = [
  "convert",
  "symbols",
  "convert",
  "check",
  "convert",
  "symbols",
  "check",
  "inspect",
  "convert",
  "batch",
];

/** Of the turns of batches, one in this many is a compressed module's, which takes longer. */
const UNPACKED_IN = 4;

export function targetOf(number: number): Target {
  const target = TURNS[number % TURNS.length]!;
  const round = Math.floor(number / TURNS.length);
  return target === "batch" && round % UNPACKED_IN === 0 ? "unpack" : target;
}

export interface Options {
  readonly sympos?: readonly string[];
  readonly lateBind?: readonly string[];
  readonly patchedObjects?: readonly string[];
  readonly strict?: boolean;
  readonly kernel?: string;
}

/** A file, and what was done to make it. */
export interface MadeFile {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly story: readonly string[];
}

export interface Case {
  readonly target: Target;
  /** The module as it was before anything was done to it. */
  readonly before: Uint8Array;
  readonly module: MadeFile;
  readonly sources: readonly MadeFile[];
  readonly options: Options;
}

/** One edit, with numbers of its own: leaving out another does not change it. */
interface Edit {
  readonly kind: "draft" | "bytes" | "text";
  readonly name: string;
  readonly seed: number;
}

/** Which edits of a case to leave out, by their number. */
export type LeftOut = ReadonlySet<number>;

/** Makes cases; counts their edits, so that a smaller case can be looked for. */
export class CaseMaker {
  readonly #corpus: Corpus;
  /** Edits of the last case, those left out among them. */
  edits = 0;
  #leftOut: LeftOut = new Set();

  constructor(corpus: Corpus) {
    this.#corpus = corpus;
  }

  make(seed: number, number: number, leftOut: LeftOut = new Set()): Case {
    this.edits = 0;
    this.#leftOut = leftOut;
    const random = new Random(seed, number, 0x6b6c70);
    const target = targetOf(number);
    if (target === "symbols") {
      const count = random.few(3);
      const sources = Array.from({ length: count }, () => this.#source(random, 6));
      const module = { file: "none", bytes: new Uint8Array(), story: [] };
      return { target, before: module.bytes, module, sources, options: {} };
    }
    if (target === "batch") return this.#batch(random);
    if (target === "unpack") return this.#packed(random);
    const { modules } = this.#corpus;
    const from = random.pick(modules);
    const isModuleKept = random.oneIn(12);
    const module = isModuleKept
      ? { file: "in.ko", bytes: from.bytes, story: [from.name] }
      : this.#mutated(random, "in.ko", from, random.pick(modules));
    return {
      target,
      before: from.bytes,
      module,
      sources: this.#sourcesFor(random, from.list),
      options: optionsOf(random),
    };
  }

  /** A manifest, or up to three reports. */
  #batch(random: Random): Case {
    const files = random.pick([MANIFESTS, REPORTS]);
    const count = files === MANIFESTS ? 1 : random.few(3);
    const kinds = { ...TEXT_MUTATIONS, ...JSON_MUTATIONS, ...WORD_MUTATIONS };
    const sources = Array.from({ length: count }, () => {
      return this.#mutatedText(random, random.pick(files), files, kinds);
    });
    const module = { file: "none", bytes: new Uint8Array(), story: [] };
    return { target: "batch", before: module.bytes, module, sources, options: {} };
  }

  #packed(random: Random): Case {
    const { name, bytes: packed, plain } = random.pick(PACKED);
    let bytes = packed;
    const story = [name];
    const names = Object.keys(PACKED_MUTATIONS);
    const edits = Array.from({ length: random.few(4) }, (): Edit => {
      return { kind: "bytes", name: random.pick(names), seed: random.next() };
    });
    for (const edit of this.#keep(edits)) {
      if (bytes.length === 0) break;
      bytes = PACKED_MUTATIONS[edit.name]!(bytes, new Random(edit.seed), packed);
      story.push(`${edit.name} (${edit.seed})`);
    }
    const module = { file: name, bytes, story };
    return { target: "unpack", before: plain, module, sources: [], options: {} };
  }

  /** Mostly the list that resolves the module's symbols, as it is. */
  #sourcesFor(random: Random, list: string): MadeFile[] {
    switch (random.below(8)) {
      case 0:
        return [];
      case 1:
        return [this.#mutatedText(random, { name: "its list", text: list })];
      case 2:
        return [
          { file: "Symbols.list", bytes: bytesOfLatin1(list), story: ["its list"] },
          this.#source(random, 2),
        ];
      default:
        return [{ file: "Symbols.list", bytes: bytesOfLatin1(list), story: ["its list"] }];
    }
  }

  /** A source of symbols of any kind; once in `keptIn` as it is. */
  #source(random: Random, keptIn: number): MadeFile {
    const from = random.pick(this.#corpus.sources);
    if (random.oneIn(keptIn)) {
      return { file: from.name, bytes: bytesOfLatin1(from.text), story: [from.name] };
    }
    if (from.draft === undefined) return this.#mutatedText(random, from);
    const bytes = bytesOfLatin1(from.text);
    const elfs = this.#corpus.sources.filter(({ draft }) => draft !== undefined);
    const other = random.pick(elfs);
    return this.#mutated(
      random,
      from.name,
      { name: from.name, bytes, draft: from.draft },
      {
        name: other.name,
        bytes: bytesOfLatin1(other.text),
        draft: other.draft!,
      },
    );
  }

  #mutated(
    random: Random,
    file: string,
    from: { readonly name: string; readonly bytes: Uint8Array; readonly draft: Draft },
    other: { readonly bytes: Uint8Array; readonly draft: Draft; readonly name: string },
  ): MadeFile {
    // A file with bytes changed is mostly refused for its headers; a draft gets further.
    const kinds = random.below(8);
    const edits: Edit[] = [];
    if (kinds < 7) edits.push(...editsOf(random, "draft", DRAFT_MUTATIONS, 5));
    if (kinds > 5) edits.push(...editsOf(random, "bytes", BYTE_MUTATIONS, 3));
    const kept = this.#keep(edits);
    const story = [from.name];
    let { bytes } = from;
    const onDraft = kept.filter(({ kind }) => kind === "draft");
    if (onDraft.length > 0) {
      const draft = copyOf(from.draft);
      for (const { name, seed } of onDraft) {
        DRAFT_MUTATIONS[name]!(draft, new Random(seed), other.draft);
        story.push(`${name} (${seed}, with ${other.name})`);
      }
      bytes = putTogether(draft);
    }
    for (const { kind, name, seed } of kept) {
      if (kind !== "bytes" || bytes.length === 0) continue;
      bytes = BYTE_MUTATIONS[name]!(bytes, new Random(seed), other.bytes);
      story.push(`${name} (${seed}, with ${other.name})`);
    }
    return { file, bytes, story };
  }

  #mutatedText(
    random: Random,
    { name, text }: CorpusSource,
    texts: readonly CorpusSource[] = this.#corpus.sources.filter(
      ({ draft }) => draft === undefined,
    ),
    mutations = TEXT_MUTATIONS,
  ): MadeFile {
    const other = random.pick(texts);
    const story = [name];
    let changed = text;
    for (const edit of this.#keep(editsOf(random, "text", mutations, 6))) {
      changed = mutations[edit.name]!(changed, new Random(edit.seed), other.text);
      story.push(`${edit.name} (${edit.seed}, with ${other.name})`);
    }
    return { file: name, bytes: bytesOfLatin1(changed), story };
  }

  #keep(edits: readonly Edit[]): Edit[] {
    return edits.filter(() => !this.#leftOut.has(this.edits++));
  }
}

function editsOf(
  random: Random,
  kind: Edit["kind"],
  mutations: Readonly<Record<string, unknown>>,
  most: number,
): Edit[] {
  const names = Object.keys(mutations);
  return Array.from({ length: random.few(most) }, () => {
    return { kind, name: random.pick(names), seed: random.next() };
  });
}

function optionsOf(random: Random): Options {
  if (!random.oneIn(3)) return {};
  return {
    ...(random.oneIn(3) && {
      sympos: [
        random.pick([
          "vmlinux:one=1",
          "vmlinux:probe=2",
          "klp_demo:demo_homonym=3",
          "klp-demo:probe@file.c",
          "vmlinux:twin=4294967295",
          "ext4:other=0",
        ]),
      ],
    }),
    ...(random.oneIn(3) && {
      lateBind: [random.pick(["klp_demo=snd_hda_intel", "klp_dep=klp_demo"])],
    }),
    ...(random.oneIn(3) && {
      patchedObjects: random.pick([
        ["vmlinux"],
        ["klp_demo", "vmlinux"],
        ["ext4"],
        ["snd-hda-intel"],
      ]),
    }),
    ...(random.oneIn(3) && { strict: true }),
    ...(random.oneIn(2) && {
      kernel: random.pick(["4.12", "5.8", "5.10", "6.1", "6.6.0-x", "6.19"]),
    }),
  };
}

/** All bytes of a case. */
export function sizeOf({ module, sources }: Case): number {
  return sources.reduce((sum, { bytes }) => sum + bytes.length, module.bytes.length);
}
