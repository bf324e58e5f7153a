/** The patch itself: the functions that it puts in the place of others, and the objects that it names. */

import { hex } from "../../diagnostics.js";
import {
  type ElfObject,
  type Section,
  SHF_EXECINSTR,
  STT_FILE,
  STT_SECTION,
} from "../../elf/index.js";
import { type PatchedFunction, placeOfFunction } from "../../livepatch/index.js";
import { kernelSpelling, VMLINUX } from "../../symbols/index.js";
import { orderOfDirectory, orderOfSize } from "../loading-order.js";
import { HARMLESS, type Outcome, refused, type When, wrong } from "../outcome.js";
import { isMisnamed } from "../patched-objects.js";
import type { Rule } from "../rule.js";
import type { Subject } from "../subject.js";

export const L70: Rule = {
  id: "L70",
  title: "Every function that replaces another has a symbol, with its size",
  severity: "error",
  needs: ["object", "patch"],
  kernels:
    "Before Linux 7.2, kallsyms takes the nearest symbol before the function for its own, wherever that is; since then only one of the module's code",
  consequences: [
    {
      kind: "refused",
      text: "there is no symbol before the function either",
      message: "livepatch: kallsyms size lookup failed for '…' replacement",
      errno: "ENOENT",
    },
    {
      kind: "advice",
      text: "another symbol's size is taken, and stacks are searched for too much",
    },
  ],
  remedy:
    "do not strip it: strip --strip-debug keeps what is needed; in assembly say .size NAME, .-NAME",
  source:
    "kernel/livepatch/core.c, klp_init_object_loaded; kernel/module/kallsyms.c, find_kallsyms_symbol",
  isStructural: false,
  test(subject, findings) {
    const symbols = new NearestSymbols(subject.elf);
    for (const [object, functions] of subject.patch.objects!) {
      for (const [i, each] of functions.entries()) {
        const spot = each.replacement?.spot;
        if (spot === undefined) continue;
        const own = symbols.at(spot.section, spot.offset);
        if (own !== undefined && own.size > 0) continue;
        const where = `${spot.section.name}+${hex(spot.offset)}`;
        const line = `livepatch: kallsyms size lookup failed for '${each.name}' replacement`;
        const isFound = own !== undefined || isSized(subject, symbols, spot);
        const when: When = object === VMLINUX ? "patch" : { object };
        const order = orderOfSize(subject, object, i);
        const outcome: Outcome =
          isFound || isMisnamed(subject, object)
            ? HARMLESS
            : refused("objects", "ENOENT", line, { order, when });
        findings.add({
          place: placeOfFunction(each),
          message:
            own === undefined
              ? `the function that replaces ${each.name}, at ${where}, has no symbol`
              : `the symbol of the function that replaces ${each.name}, ${own.name} at ${where}, has no size`,
          outcome,
          ...(isFound && { severity: "warning" as const }),
        });
      }
    }
  },
};

/** The kernel takes some symbol before the function for its own, and the distance to the next for its size. */
function isSized(
  subject: Subject,
  symbols: NearestSymbols,
  { section, offset }: { readonly section: Section; readonly offset: number },
): boolean {
  if (symbols.isAnyUpTo(section, offset)) return true;
  if (!subject.isSince("7.2") && symbols.hasOneBelow(subject)) return true;
  return (section.flags & SHF_EXECINSTR) !== 0 && symbols.isAnyInCodeBefore(section);
}

interface NamedSymbol {
  readonly name: string;
  readonly size: number;
}

/** The named symbols of a module by their places. */
class NearestSymbols {
  readonly #object: ElfObject;
  readonly #at = new Map<string, NamedSymbol>();
  /** By section: the least offset that a symbol is at. */
  readonly #least = new Map<number, number>();
  /** The first section of code that stays and has a symbol. */
  #firstCode = Number.POSITIVE_INFINITY;
  #hasUnkept = false;

  constructor(object: ElfObject) {
    this.#object = object;
    const { symbols } = object;
    for (let symbol = 1; symbol < symbols.count; symbol++) {
      const type = symbols.type(symbol);
      const section = object.sectionOfSymbol(symbol);
      if (section === undefined || !symbols.isNamed(symbol)) continue;
      if (type === STT_SECTION || type === STT_FILE) continue;
      const name = symbols.name(symbol);
      // is_mapping_symbol
      if (/^(?:\$|\.L|L0)/.test(name)) continue;
      const value = symbols.value(symbol);
      const key = `${section.index} ${value}`;
      const size = symbols.size(symbol);
      const known = this.#at.get(key);
      if (known === undefined || size > known.size) this.#at.set(key, { name, size });
      const least = this.#least.get(section.index);
      if (least === undefined || value < least) this.#least.set(section.index, value);
      if (isUnkept(section)) this.#hasUnkept = true;
      if (isStayingCode(section)) this.#firstCode = Math.min(this.#firstCode, section.index);
    }
  }

  /** The symbol at a place, the largest of several. */
  at(section: Section, offset: number): NamedSymbol | undefined {
    return this.#at.get(`${section.index} ${offset}`);
  }

  /** There is a symbol at the place or before it, in the same section. */
  isAnyUpTo(section: Section, offset: number): boolean {
    const least = this.#least.get(section.index);
    return least !== undefined && least <= offset;
  }

  /** There is a symbol in code that is laid out before a section of code. */
  isAnyInCodeBefore({ index }: Section): boolean {
    return this.#firstCode < index;
  }

  /**
   * There is a symbol below all memory of modules: one of vmlinux that was resolved, or one in what
   * is read and not kept, which is in ordinary memory.
   */
  hasOneBelow(subject: Subject): boolean {
    if (this.#hasUnkept) return true;
    const { symbols } = this.#object;
    for (const { each, entry } of subject.firstUses) {
      if (each.gate === VMLINUX && symbols.name(entry.symbol).startsWith(".klp.sym.vmlinux."))
        return true;
    }
    return false;
  }
}

/** kernel/module/main.c, rewrite_section_headers */
function isUnkept({ name, isLoaded }: Section): boolean {
  return !isLoaded || name === ".modinfo" || name === "__versions";
}

/** kernel/module/main.c, layout_sections: all code that is not freed is laid out first, section by section. */
function isStayingCode({ name, flags, isLoaded }: Section): boolean {
  return isLoaded && (flags & SHF_EXECINSTR) !== 0 && !name.startsWith(".init");
}

export const L71: Rule = {
  id: "L71",
  title: "The patch names every object as the kernel does, and each object and function once",
  severity: "error",
  needs: ["object", "patch"],
  consequences: [
    { kind: "wrong", text: "the kernel looks for a module of that name, which there never is" },
    {
      kind: "refused",
      text: "what is replaced twice has one directory in sysfs; positions 0 and 1 are the same",
      message: "sysfs: cannot create duplicate filename '/kernel/livepatch/…'",
      errno: "EEXIST",
    },
  ],
  remedy: "name each object once, as lsmod does, and in each object each function once",
  source: "kernel/livepatch/core.c, klp_find_object_module, klp_init_object and klp_init_func",
  isStructural: false,
  test(subject, findings) {
    const { misnamed, objects, repeated } = subject.patch;
    const directory = `/kernel/livepatch/${pathName(subject.ownName)}`;
    for (const [name, { section, offset }] of misnamed) {
      findings.add({
        place: { section: section.name, offset },
        message: `the patch calls an object ${name}, which no module is ever called`,
        outcome: wrong(`nothing of ${name} is patched`),
        remedy:
          name === VMLINUX
            ? "leave .name out: the object without a name is vmlinux"
            : `.name = "${kernelSpelling(name)}"`,
      });
    }
    for (const [name, { section, offset }] of repeated) {
      const order = orderOfDirectory(subject, kernelSpelling(name), 0);
      findings.add({
        place: { section: section.name, offset },
        message: `the patch has object ${name} twice`,
        outcome: duplicate(`${directory}/${name}`, order),
        remedy: "put the functions of both into one array",
      });
    }
    for (const [object, functions] of objects!) {
      // The second object's directory is not made any more.
      if (repeated.has(object)) continue;
      const seen = new Map<string, PatchedFunction>();
      for (const [i, each] of functions.entries()) {
        const { name, position } = each;
        const key = `${position === 0 ? 1 : position} ${name}`;
        const first = seen.get(key);
        if (first === undefined) {
          seen.set(key, each);
          continue;
        }
        const made = `${pathName(name)},${position === 0 ? 1 : position}`;
        findings.add({
          place: placeOfFunction(each),
          message: `${name} of ${object} is replaced twice, at ${placesOf(first, each)}`,
          outcome: duplicate(
            `${directory}/${object}/${made}`,
            orderOfDirectory(subject, object, i + 1),
          ),
        });
      }
    }
  },
};

/** The positions of two functions that have one directory. */
function placesOf(a: PatchedFunction, b: PatchedFunction): string {
  return a.position === b.position
    ? `position ${a.position}`
    : `positions ${a.position} and ${b.position}, which are the same`;
}

function duplicate(path: string, order: number): Outcome {
  const line = `sysfs: cannot create duplicate filename '${path}'`;
  return refused("objects", "EEXIST", line, { order });
}

/** lib/kobject.c, kobject_set_name_vargs */
function pathName(name: string): string {
  return name.replaceAll("/", "!");
}
