/**
 * Reads lines `ADDRESS TYPE NAME`, which /proc/kallsyms, System.map and `nm -n` all have, the first
 * with `\t[MODULE]` behind symbols of modules. Which of them it is, the lines tell: kallsyms names
 * modules, and shows zeros for addresses to those who may not know them; the others have types and
 * names that kallsyms never has.
 */

import { nameOfBytes } from "../../byte-string.js";
import type { Diagnostics } from "../../diagnostics.js";
import { kernelSpelling } from "../list-format.js";
import type { ObjectPart } from "../object-part.js";
import { AddressTable } from "./address-table.js";
import { isIgnoredName, isIgnoredType, isNmOnlyType } from "./ignored-symbols.js";
import { kallsymsParts } from "./kallsyms.js";
import { nmPart } from "./nm-part.js";
import type { ReadOptions } from "./source.js";
import { countLines, eachTextLine, highHalf, isType, lowHalf, skip } from "./text-lines.js";

/** What the lines have said when all of them are read. */
interface AddressText {
  readonly table: AddressTable;
  /** Names of modules; `table.extra` counts them from 1. */
  readonly modules: readonly string[];
  /** Hexadecimal digits of an address. */
  readonly digits: number;
  /** Names of symbols that are undefined. */
  readonly undefinedNames: ReadonlySet<string>;
}

/**
 * Reads a text of such lines: vmlinux, and the modules that kallsyms shows.
 *
 * Adds every fault with its line number to `diagnostics` and throws Refusal if there is one: a line
 * of another form, lines that have lost their order, a text about a module or vmlinux.o.
 */
export function readAddressText(
  bytes: Uint8Array,
  options: ReadOptions,
  diagnostics: Diagnostics,
): ObjectPart[] {
  const text = parse(bytes, diagnostics);
  diagnostics.throwIfFailed();
  const mayBeKallsyms = text.undefinedNames.size === 0 && !hasSignsOfNm(text);
  if (text.modules.length > 0 || (mayBeKallsyms && text.table.isAscending())) {
    return kallsymsParts(text.table, text.modules, text.digits, diagnostics);
  }
  return [nmPart(text.table, text.undefinedNames, text.digits, options, diagnostics)];
}

function parse(bytes: Uint8Array, diagnostics: Diagnostics): AddressText {
  const table = new AddressTable(bytes, countLines(bytes));
  const modules = new Map<string, number>();
  const undefinedNames = new Set<string>();
  let digits = 8;
  eachTextLine(bytes, diagnostics, (line, start, end) => {
    const address = skip(bytes, start, end, true);
    const addressEnd = isType(bytes, address, skip(bytes, address, end, false))
      ? address
      : skip(bytes, address, end, false);
    const type = skip(bytes, addressEnd, end, true);
    const typeEnd = skip(bytes, type, end, false);
    const name = skip(bytes, typeEnd, end, true);
    const nameEnd = skip(bytes, name, end, false);
    const rest = skip(bytes, nameEnd, end, true);
    const low = lowHalf(bytes, address, addressEnd);
    const high = highHalf(bytes, address, addressEnd);
    const hasAddress = addressEnd > address;
    const isModule = end > rest && bytes[rest] === 0x5b && bytes[end - 1] === 0x5d;
    if (
      (hasAddress && (low < 0 || high < 0)) ||
      !isType(bytes, type, typeEnd) ||
      nameEnd === name ||
      (end > rest && !isModule)
    ) {
      const shown = nameOfBytes(bytes, start, Math.min(end, start + 80));
      diagnostics.error("source-line", `"${shown}" is not ADDRESS TYPE NAME`, { line });
      return;
    }
    // nm -n begins with what is undefined, and so has no address.
    if (!hasAddress) {
      undefinedNames.add(nameOfBytes(bytes, name, nameEnd));
      return;
    }
    if (addressEnd - address > 8) digits = 16;
    let module = 0;
    if (isModule) {
      const object = kernelSpelling(nameOfBytes(bytes, rest + 1, end - 1));
      module = modules.get(object) ?? modules.size + 1;
      modules.set(object, module);
    }
    table.add(high, low, bytes[type]!, name, nameEnd, module);
  });
  return { table, modules: [...modules.keys()], digits, undefinedNames };
}

/**
 * A type or a name that kallsyms never shows. Absolute symbols are one, unless they are percpu
 * variables, whose addresses kallsyms takes for absolute on x86 up to 6.14; then their section's
 * bounds are too.
 */
function hasSignsOfNm({ table }: AddressText): boolean {
  let absolutes = 0;
  let absoluteBounds = 0;
  for (let row = 0; row < table.count; row++) {
    const type = String.fromCharCode(table.type[row]!);
    if (isNmOnlyType(type)) return true;
    const name = table.name(row);
    if (isIgnoredName(name, undefined) === true) return true;
    if (!isIgnoredType(type, name)) continue;
    absolutes++;
    if (PERCPU_BOUNDS.test(name)) absoluteBounds++;
  }
  return absolutes > 0 && absoluteBounds === 0 && !table.hasOnlyZeros();
}

/** The first symbols of the percpu section, and its ends (arch/x86/kernel/vmlinux.lds.S). */
const PERCPU_BOUNDS = /^(?:__per_cpu_start|__per_cpu_end|fixed_percpu_data|irq_stack_union)$/;
