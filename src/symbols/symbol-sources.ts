/**
 * All that a user gave as sources of symbols, read one after the other and put together. From it
 * come a symbols list for later, or the answers to what a conversion asks now.
 */

import { counted, type Diagnostic, Diagnostics, Refusal } from "../diagnostics.js";
import { scanParts } from "./found-symbols.js";
import { factOf, kernelSpelling, type ListVersion } from "./list-format.js";
import { mergeParts } from "./merge-parts.js";
import type { ObjectPart } from "./object-part.js";
import { type SharedSymbols, shareParts } from "./shared-symbols.js";
import { readSource } from "./sources/read-source.js";
import type { SymbolSource } from "./sources/source.js";
import type { SymbolMap } from "./symbol-map.js";
import { type WrittenList, writeList } from "./write-list.js";

export interface SymbolSourcesOptions {
  /** The kernel's release (`uname -r`), for sources that do not say it. */
  readonly release?: string;
}

export interface ListOptions {
  /** `0.1` if absent. */
  readonly format?: ListVersion;
  /** Objects to keep; all if absent. */
  readonly objects?: readonly string[];
  /** Names of symbols to keep, with their exports; all if absent. */
  readonly keep?: readonly string[];
}

export class SymbolSources {
  readonly #release: string | undefined;
  readonly #parts: ObjectPart[] = [];
  readonly #files: string[] = [];
  readonly #diagnostics: Diagnostics[] = [];
  #isAnyRefused = false;
  #merged: readonly ObjectPart[] | undefined;

  /** What was read already as it is, and a single source read. */
  static of(symbols: SymbolSource | SymbolSources): SymbolSources {
    if (symbols instanceof SymbolSources) return symbols;
    const sources = new SymbolSources();
    sources.add(symbols);
    return sources;
  }

  /** Throws RangeError if the release is not one word. */
  constructor({ release }: SymbolSourcesOptions = {}) {
    if (release !== factOf(release)) throw new RangeError(`"${release}" is no kernel's release`);
    this.#release = release;
  }

  /** All messages about the sources, in the order they were found. */
  get diagnostics(): Diagnostic[] {
    return this.#diagnostics.flatMap((each) => each.list());
  }

  /**
   * Reads a source, of whatever kind it is. What is wrong with it goes to {@link diagnostics}, and
   * the next can be added all the same: faults of all sources come out of one run.
   */
  add(source: SymbolSource): void {
    this.#files.push(source.file);
    this.#merged = undefined;
    const options = { release: this.#release };
    const parts = this.#attempt(source.file, (diagnostics) => {
      return readSource(source, options, diagnostics);
    });
    this.#isAnyRefused ||= parts === undefined;
    for (const part of parts ?? []) {
      this.#parts.push({ ...part, release: part.release ?? this.#release });
    }
  }

  /** Writes a symbols list; undefined if an error among {@link diagnostics} stands in the way. */
  list({ format = "0.1", objects, keep }: ListOptions = {}): WrittenList | undefined {
    return this.#attempt(this.#name, (diagnostics) => {
      const merged = this.#merge(diagnostics);
      const chosen = objects === undefined ? merged : choose(merged, objects, diagnostics);
      diagnostics.throwIfFailed();
      return writeList(chosen, { version: format, ...(keep && { keep }) }, diagnostics);
    });
  }

  /**
   * The answers to `names`, as a conversion asks for them. Throws Refusal if an error among {@link diagnostics} stands in the way,
   * or one that is added to `faults`: of a line that the names lead to.
   */
  map(names: Iterable<string>, faults: Diagnostics): SymbolMap {
    return scanParts(this.#whole(), this.#name, names, faults);
  }

  /** Likewise for all names that many conversions ask for, in threads that share memory. */
  share(names: Iterable<string>, faults: Diagnostics): SharedSymbols {
    return shareParts(this.#whole(), this.#name, names, faults);
  }

  /** Throws Refusal if an error among {@link diagnostics} stands in the way. */
  #whole(): readonly ObjectPart[] {
    const merged = this.#attempt(this.#name, (diagnostics) => this.#merge(diagnostics));
    if (merged === undefined) throw new Refusal(this.#name);
    return merged;
  }

  /** The sources as a message names them together. */
  get #name(): string {
    const [first = "no source", ...others] = this.#files;
    return others.length === 0 ? first : `${first} and ${counted(others.length, "other source")}`;
  }

  /** Throws Refusal if a source was refused, or sources do not go together. */
  #merge(diagnostics: Diagnostics): readonly ObjectPart[] {
    if (this.#merged !== undefined) return this.#merged;
    if (this.#isAnyRefused) throw new Refusal(this.#name);
    if (this.#parts.length === 0) {
      diagnostics.error("sources-empty", "there are no symbols in any source");
      diagnostics.refuse();
    }
    this.#checkKernels(diagnostics);
    const merged = mergeParts(this.#parts, diagnostics);
    this.#isAnyRefused = diagnostics.failed;
    diagnostics.throwIfFailed();
    this.#merged = merged;
    return merged;
  }

  /** All of one machine, which is certain to be wrong otherwise, and of one release. */
  #checkKernels(diagnostics: Diagnostics): void {
    const machines = this.#filesBy(({ arch }) => arch);
    if (machines.size > 1) {
      diagnostics.error(
        "sources-machine",
        `the sources are of ${machines.size} machines: ${listed(machines)}`,
      );
    }
    const releases = this.#filesBy(({ release }) => release);
    if (this.#release !== undefined) releases.set(this.#release, "as stated");
    if (releases.size > 1) {
      diagnostics.warning(
        "sources-release",
        `the sources are of ${releases.size} kernels: ${listed(releases)}`,
        {},
        ["positions are right only for the kernel that an object is from; give sources of one"],
      );
    }
  }

  /** The first file, by name, of each value that parts have. */
  #filesBy(fact: (part: ObjectPart) => string | undefined): Map<string, string> {
    const files = new Map<string, string>();
    for (const part of this.#parts) {
      const value = fact(part);
      if (value === undefined) continue;
      const known = files.get(value);
      if (known === undefined || part.file < known) files.set(value, part.file);
    }
    return files;
  }

  /** Runs one step with messages of its own; undefined if it was refused. */
  #attempt<Result>(file: string, step: (diagnostics: Diagnostics) => Result): Result | undefined {
    const diagnostics = new Diagnostics(file);
    try {
      return step(diagnostics);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return undefined;
    } finally {
      this.#diagnostics.push(diagnostics);
    }
  }
}

/** Up to five values with their files, in order. */
function listed(files: ReadonlyMap<string, string>): string {
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  const shown = sorted.slice(0, 5).map(([value, file]) => `${value} (${file})`);
  return shown.join(", ") + (sorted.length > 5 ? `, and ${sorted.length - 5} more` : "");
}

/** The objects of these names; adds an error for each that no source has. */
function choose(
  parts: readonly ObjectPart[],
  names: readonly string[],
  diagnostics: Diagnostics,
): ObjectPart[] {
  const wanted = new Set(names.map(kernelSpelling));
  for (const name of wanted) {
    if (parts.some(({ object }) => object === name)) continue;
    const has = parts.map(({ object }) => object);
    diagnostics.error("objects", `object ${name} is in no source`, {}, [
      `there ${has.length === 1 ? "is" : "are"} ${has.slice(0, 10).join(", ")}${has.length > 10 ? ` and ${has.length - 10} more` : ""}`,
    ]);
  }
  return parts.filter(({ object }) => wanted.has(object));
}
