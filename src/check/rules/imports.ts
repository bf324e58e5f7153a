/**
 * Undefined symbols that are left: the module loader looks for each among what vmlinux and the modules
 * that are loaded export, and binds it for good.
 */

import { type ElfObject, SHN_UNDEF, STB_WEAK } from "../../elf/index.js";
import { dependsOn } from "../../livepatch/index.js";
import { kernelSpelling, type SymbolMap, VMLINUX } from "../../symbols/index.js";
import {
  dependenciesOf,
  doubtOf,
  EXPORTED_FOR_CERTAIN,
  exporterOf,
  type Import,
  importsOf,
  isLeftover,
  symbolsInUse,
} from "../imports.js";
import { HARMLESS, type LoadOrder, type Outcome, refused, wrong } from "../outcome.js";
import type { Findings, Rule, Violation } from "../rule.js";
import type { Subject } from "../subject.js";

const UNKNOWN_SYMBOL = "…: Unknown symbol … (err -2)";
const SOURCE = "kernel/module/main.c, simplify_symbols";

/** What the module loader says of an import that it does not find. */
function notFound(subject: Subject, { symbol, name }: Import, only: LoadOrder = "either"): Outcome {
  const line = `${subject.ownName}: Unknown symbol ${name} (err -2)`;
  return refused("imports", "ENOENT", line, { order: symbol, only });
}

export const L52: Rule = {
  id: "L52",
  title: "No undefined symbol is an export of a module",
  severity: "error",
  needs: ["object", "symbols"],
  consequences: [
    {
      kind: "refused",
      text: "the patch, if it is loaded before the module",
      message: UNKNOWN_SYMBOL,
      errno: "ENOENT",
    },
    { kind: "wrong", text: "a weak symbol is 0 if the patch is loaded before the module" },
  ],
  remedy: "convert it with the symbols of the module, so that it is bound when that is loaded",
  source: "kernel/module/main.c, resolve_symbol and ref_module",
  isStructural: false,
  test(subject, findings) {
    const map = subject.map!;
    const { patch } = subject;
    const depends = new Set(dependenciesOf(subject));
    const ties = new Map<string, string | undefined>();
    const used = symbolsInUse(subject);
    const isZero = (each: Import, text: string, only?: LoadOrder) =>
      used.has(each.symbol) ? wrong(text, only) : HARMLESS;
    for (const each of importsOf(subject)) {
      const exporter = exporterOf(map, each);
      if (exporter === undefined || exporter === VMLINUX) continue;
      if (patch.objects === undefined) {
        findings.unchecked(`which objects the patch patches is not known: ${patch.reason}`);
      }
      if (!ties.has(exporter)) ties.set(exporter, tieTo(subject, map, exporter));
      const tie = ties.get(exporter);
      if (tie !== undefined) {
        findings.add({
          place: { symbol: each.name },
          message: `${exporter} exports it, ${tie}`,
          outcome: each.weak
            ? isZero(each, `${each.name} is 0`, "before")
            : notFound(subject, each, "before"),
        });
        continue;
      }
      // Whoever reads depends= has it loaded first.
      const isFirst = depends.has(exporter);
      findings.add({
        place: { symbol: each.name },
        message: isFirst
          ? `${exporter} exports it, and cannot be unloaded as long as the patch is there`
          : `${exporter} exports it, which nothing has loaded before the patch: depends= does not name it`,
        severity: "warning",
        outcome: isFirst
          ? HARMLESS
          : each.weak
            ? isZero(each, `${each.name} is 0 if ${exporter} is not loaded`)
            : notFound(subject, each),
        remedy: "have it wait for a module that depends on it: --late-bind OWNER=PATCHED",
      });
    }
  },
};

/** What a module has to do with those that are patched; undefined if nothing. */
function tieTo(subject: Subject, map: SymbolMap, module: string): string | undefined {
  for (const object of subject.patch.objects?.keys() ?? []) {
    if (object === module) return "which the patch patches";
    if (object !== VMLINUX && dependsOn(map, object, module) === true) {
      return `which ${object} depends on`;
    }
  }
  return undefined;
}

/** kernel: include/linux/license.h, license_is_gpl_compatible */
const GPL_LICENSES = [
  "GPL",
  "GPL v2",
  "GPL and additional rights",
  "Dual BSD/GPL",
  "Dual MIT/GPL",
  "Dual MPL/GPL",
];

export const L53: Rule = {
  id: "L53",
  title: "Every undefined symbol that is not weak is exported, to modules of this license",
  severity: "error",
  needs: ["object"],
  consequences: [
    {
      kind: "refused",
      text: "the module loader does not find it",
      message: UNKNOWN_SYMBOL,
      errno: "ENOENT",
    },
  ],
  remedy: "convert it with the symbols of the kernel it is for",
  source: `${SOURCE} and find_exported_symbol_in_section`,
  isStructural: false,
  test(subject, findings) {
    const license = subject.info("license") ?? "unspecified";
    const isGpl = GPL_LICENSES.includes(license);
    // Without the names of sections there is no telling what .modinfo says.
    const hasNames = subject.elf.sections.some((each) => each.name !== "");
    const { map } = subject;
    const doubt = doubtOf(subject);
    let isAnyOpen = false;
    for (const each of importsOf(subject)) {
      const { name, weak } = each;
      if (!isGpl && hasNames && name === EXPORTED_FOR_CERTAIN) {
        findings.add({
          place: { symbol: name },
          message: `it is exported to modules under the GPL only, as others may be, and the module's license is "${license}"`,
          outcome: weak ? wrong(`${name} is 0`) : notFound(subject, each),
          remedy: 'MODULE_LICENSE("GPL");',
        });
        continue;
      }
      if (weak || isLeftover(name) || (map && exporterOf(map, each) !== undefined)) continue;
      isAnyOpen = true;
      if (doubt === undefined) findings.add(unexported(subject, each));
    }
    if (isAnyOpen && doubt !== undefined) findings.unchecked(doubt);
  },
};

function unexported(subject: Subject, each: Import): Violation {
  const { name } = each;
  const owners = subject.map!.owners(name).map(({ object }) => object);
  const has = owners.length === 0 ? "" : `, though ${owners.slice(0, 3).join(", ")} has it`;
  return {
    place: { symbol: name },
    message: `nothing exports ${name}${has}`,
    outcome: notFound(subject, each),
  };
}

export const L54: Rule = {
  id: "L54",
  title: "A weak undefined symbol is exported, or meant to be 0",
  severity: "warning",
  needs: ["object", "symbols"],
  consequences: [{ kind: "wrong", text: "the module loader makes it 0 and says nothing" }],
  remedy: "convert it with the symbols of the kernel it is for",
  source: SOURCE,
  isStructural: false,
  test(subject, findings) {
    const map = subject.map!;
    const { input } = subject;
    const doubt = doubtOf(subject);
    const used = symbolsInUse(subject);
    const meant = input && weakNamesOf(input);
    for (const each of importsOf(subject)) {
      const { name, symbol } = each;
      if (!each.weak || isLeftover(name) || exporterOf(map, each) !== undefined) continue;
      if (!used.has(symbol)) continue;
      const owners = map.owners(name).map(({ object }) => object);
      // What no object has can be meant for other kernels; then it was there before.
      if (owners.length === 0 && meant?.has(name) === true) continue;
      if (doubt !== undefined) {
        findings.unchecked(doubt);
        continue;
      }
      if (owners.length === 0 && meant === undefined) {
        findings.unchecked(`whether ${name}, which is weak, is meant to be 0: --input`);
        continue;
      }
      const has = owners.length === 0 ? "" : `, though ${owners.slice(0, 3).join(", ")} has it`;
      findings.add({
        place: { symbol: name },
        message: `nothing exports it${has}: it is 0`,
        outcome: wrong(`${name} is 0`),
      });
    }
  },
};

/** The weak undefined symbols of a module. */
function weakNamesOf({ symbols }: ElfObject): ReadonlySet<string> {
  const names = new Set<string>();
  for (const symbol of symbols.inSection(SHN_UNDEF)) {
    if (symbols.binding(symbol) === STB_WEAK) names.add(symbols.name(symbol));
  }
  return names;
}

const MODULES = "module:";

export const L55: Rule = {
  id: "L55",
  title: "The namespace of every import is imported, and is not one of named modules",
  severity: "error",
  needs: ["object", "symbols"],
  kernels:
    "Since Linux 6.16, namespaces module:… are for the modules that they name, and cannot be imported",
  consequences: [
    {
      kind: "refused",
      text: "the symbol is not for a module that does not import its namespace",
      message: "…: module uses symbol (…) from namespace …, but does not import it.",
      errno: "EINVAL",
    },
    {
      kind: "refused",
      text: "a namespace of modules is imported",
      message: "…: module tries to import module namespace: …",
      errno: "EPERM",
    },
  ],
  remedy: "MODULE_IMPORT_NS(…); of a namespace module:… make it a livepatch symbol",
  source: "kernel/module/main.c, verify_namespace_is_imported and setup_modinfo",
  isStructural: false,
  test(subject, findings) {
    const map = subject.map!;
    if (subject.elf.sections.every(({ name }) => name === "")) {
      findings.unchecked("there are no names of sections, and .modinfo cannot be found");
      return;
    }
    const hasModules = subject.isSince("6.16");
    const imported = new Set<string>();
    for (const [key, value] of subject.modinfo) if (key === "import_ns") imported.add(value);
    const [first] = [...imported].filter((each) => hasModules && each.startsWith(MODULES));
    if (first !== undefined) {
      findings.add({
        place: { section: ".modinfo" },
        message: `it imports ${first}, which is for the modules that it names`,
        outcome: refused(
          "imports",
          "EPERM",
          `${subject.ownName}: module tries to import module namespace: ${first}`,
          { order: -1 },
        ),
        remedy: "leave MODULE_IMPORT_NS out, and make the symbol a livepatch symbol",
      });
    }
    for (const each of importsOf(subject)) {
      const exporter = exporterOf(map, each);
      if (exporter === undefined) continue;
      const namespace = map.namespace(each.name, exporter);
      if (namespace === undefined) {
        uncheckedNamespace(map, each, exporter, findings);
        continue;
      }
      if (imported.has(namespace)) continue;
      if (hasModules && isFor(namespace, subject.ownName)) continue;
      const isOfModules = hasModules && namespace.startsWith(MODULES);
      findings.add({
        place: { symbol: each.name },
        message: `${exporter} exports it to namespace ${namespace}, which the module does not import`,
        outcome: refused(
          "imports",
          "EINVAL",
          `${subject.ownName}: module uses symbol (${each.name}) from namespace ${namespace}, but does not import it.`,
          { order: each.symbol, only: exporter === VMLINUX ? "either" : "after" },
        ),
        remedy: isOfModules
          ? "convert it with the symbols of the kernel it is for: it becomes a livepatch symbol"
          : `MODULE_IMPORT_NS(${subject.isSince("6.13") ? `"${namespace}"` : namespace});`,
      });
    }
  },
};

/** verify_module_namespace: names with commas between, each of which may end with `*`. */
function isFor(namespace: string, module: string): boolean {
  if (!namespace.startsWith(MODULES)) return false;
  const name = kernelSpelling(module);
  return namespace
    .slice(MODULES.length)
    .split(",")
    .some((each) => {
      const pattern = kernelSpelling(each);
      return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
    });
}

/** kallsyms shows exports without their namespaces; ELF files and Module.symvers have both. */
function uncheckedNamespace(
  map: SymbolMap,
  { name }: Import,
  exporter: string,
  findings: Findings,
): void {
  const entries = map.owners(`__ksymtab_${name}`).find(({ object }) => object === exporter);
  const isFromSymvers = entries?.symbols.some(
    ({ address, type, line }) => address === undefined && type === undefined && line === undefined,
  );
  if (map.facts(exporter)?.arch !== undefined || isFromSymvers === true) return;
  findings.unchecked(
    `${map.file} does not say to which namespaces ${exporter} exports: --symbols Module.symvers`,
  );
}
