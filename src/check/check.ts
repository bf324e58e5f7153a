/**
 * What the kernel will say of a module, said before. A finished module is held against the rules; of an
 * intermediate one conversion is tried, and its result held against them.
 */

import { type Diagnostic, Diagnostics, Refusal, type Severity } from "../diagnostics.js";
import { type ElfObject, type PartialBytes, readElf } from "../elf/index.js";
import { type ConvertResult, convert, nameInKernel, type Report } from "../livepatch/index.js";
import {
  lookUp,
  readableSymbols,
  type SymbolMap,
  type SymbolSource,
  SymbolSources,
} from "../symbols/index.js";
import { RULES } from "./contract.js";
import { type Examination, examine } from "./examine.js";
import { type Form, formOf } from "./form.js";
import type { Finding, Rule } from "./rule.js";
import { Subject } from "./subject.js";
import { wantedNames } from "./wanted-names.js";

export interface CheckOptions {
  /** Name of the module's file in messages; `module` if absent. */
  readonly file?: string;
  /** Symbols of the kernel and of the modules that are patched, from sources of any kind. */
  readonly symbols?: SymbolSource | SymbolSources;
  /** The kernel's release, or the version it begins with: `6.1`; vermagic's if absent. */
  readonly kernel?: string;
  /** The module as it was before conversion. */
  readonly input?: { readonly file: string; readonly bytes: Uint8Array };
}

/** What conversion would do to an intermediate module. */
export interface ConversionPlan {
  readonly report: Report;
  readonly diagnostics: readonly Diagnostic[];
}

export interface CheckResult {
  readonly form: Form;
  /** The kernel's release that the module was held against; null if it is not known. */
  readonly kernel: string | null;
  /** The machine, under the kernel's name for it; null if it has no livepatch. */
  readonly machine: string | null;
  /** Of an intermediate module: what conversion would do. */
  readonly plan?: ConversionPlan;
  /**
   * What the rules have come to; of an intermediate module, on what conversion makes of it. Absent if
   * there is nothing to hold against them: an ordinary module, or one that conversion refuses.
   */
  readonly examination?: Examination;
  /** About the sources of symbols and the input; an error among them is why there is nothing else. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Holds a module against the rules of the module loader and of livepatch.
 *
 * `bytes` may be anything; what is wrong with them is a finding, not an exception. Throws RangeError
 * if `kernel` does not begin with a version. Rules: docs/checks.md.
 */
export function check(bytes: Uint8Array, options: CheckOptions = {}): CheckResult {
  const { file = "module", symbols, kernel, input } = options;
  if (kernel !== undefined && !/^[0-9]+\.[0-9]+/.test(kernel)) {
    throw new RangeError(`"${kernel}" is no kernel's release`);
  }
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  const readable = symbols && readableSymbols(symbols);
  const faults: Diagnostics[] = [];
  const attempt = <Result>(name: string, step: (diagnostics: Diagnostics) => Result) => {
    const diagnostics = new Diagnostics(name);
    faults.push(diagnostics);
    try {
      return step(diagnostics);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return undefined;
    }
  };
  const nameOfSymbols = readable instanceof SymbolSources ? "symbols" : (readable?.file ?? "");
  /** What the symbols have of the names in a module; undefined if they cannot be read. */
  const look = (module: Subject) =>
    readable && attempt(nameOfSymbols, (said) => lookUp(readable, wantedNames(module), said));
  const told = () => faults.flatMap((each) => each.list());
  const ofSources = () => (readable instanceof SymbolSources ? readable.diagnostics : []);

  const alone = new Subject(file, plain, { release: kernel });
  const form = formOf(alone);
  const facts = { form, kernel: alone.release ?? null, machine: alone.machine?.name ?? null };
  const before = input && attempt(input.file, (said) => readElf(input.bytes, said));
  if (form === "ordinary" || (input !== undefined && before === undefined)) {
    return { ...facts, diagnostics: [...ofSources(), ...told()] };
  }
  const held = (module: Uint8Array, map: SymbolMap | undefined, from: ElfObject | undefined) =>
    examine(new Subject(file, module, { release: kernel, map, input: from }), RULES);

  /** Of a module that is to be converted. What is said of the symbols is among what conversion says. */
  const planned = (made: ConvertResult): CheckResult => {
    const { output, report, diagnostics } = made;
    const plan = { report, diagnostics };
    const about = { ...facts, form: "intermediate" as const, plan };
    if (output === undefined) return { ...about, diagnostics: told() };
    // What conversion names is known only now.
    const map = look(new Subject(file, output, { release: kernel }));
    const from = readElf(plain, new Diagnostics(file));
    return { ...about, examination: held(output, map, from), diagnostics: told() };
  };
  const convertIt = () => convert(plain, { file, ...(readable && { symbols: readable }) });
  if (form === "intermediate") return planned(convertIt());
  const map = look(alone);
  const diagnostics = () => [...ofSources(), ...told()];
  if (readable !== undefined && map === undefined) return { ...facts, diagnostics: diagnostics() };
  if (map !== undefined && isPlain(alone)) {
    const made = convertIt();
    if (made.outcome === "converted") return planned(made);
  }
  return { ...facts, examination: held(plain, map, before), diagnostics: diagnostics() };
}

/** Nothing stands against the module: no error, and with `fatalWarnings` no warning either. */
export function isClean({ form, plan, examination }: CheckResult, fatalWarnings: boolean): boolean {
  if (form === "ordinary") return true;
  const said = [...(plan?.diagnostics ?? []), ...(examination?.findings ?? [])];
  const isBad = ({ severity }: { readonly severity: Severity }) =>
    severity === "error" || (fatalWarnings && severity === "warning");
  return examination !== undefined && !said.some(isBad);
}

/** Nothing in the module is livepatch's yet, so that its plain names may be meant for a converter. */
function isPlain({ object, livepatchSections }: Subject): boolean {
  return object !== undefined && livepatchSections.length === 0;
}

const STRUCTURAL_RULES = RULES.filter(({ isStructural }) => isStructural);

/**
 * The structural rules that a converter's output breaks and its input does not: faults of the converter.
 * `input` is the module it was made from.
 */
export function checkOutput(
  output: Uint8Array | PartialBytes,
  input: Uint8Array | PartialBytes,
): Finding[] {
  const from = readElf(input, new Diagnostics("module"));
  const errorsOf = (module: Uint8Array | PartialBytes, rules: readonly Rule[]) =>
    examine(new Subject("module", module, { input: from }), rules).findings.filter(
      ({ severity }) => severity === "error",
    );
  const found = errorsOf(output, STRUCTURAL_RULES);
  if (found.length === 0) return [];
  // What the author's own sections break is no fault of the conversion.
  const broken = new Set(found.map(({ rule }) => rule));
  const rules = RULES.filter(({ id }) => broken.has(id));
  const before = new Set(errorsOf(input, rules).map(keyOf));
  return found.filter((each) => !before.has(keyOf(each)));
}

function keyOf({ rule, section, symbol }: Finding): string {
  // Conversion renames what it resolves.
  return [rule, section, symbol && nameInKernel(symbol)].join(" ");
}
