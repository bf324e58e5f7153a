/**
 * Reads lines `ADDRESS TYPE NAME`, which /proc/kallsyms, System.map and `nm -n` all have, the first
 * with `\t[MODULE]` behind symbols of modules. Which of them it is, the lines tell: kallsyms names
 * modules, and shows zeros for addresses to those who may not know them; the others have types and
 * names that kallsyms never has.
 */

import { nameOfBytes } from "../../byte-string.js";
import type { Diagnostics } from "../../diagnostics.js";
import { faultOfObjectName, kernelSpelling, VMLINUX } from "../list-format.js";
import { isListable, ListLines } from "../list-lines.js";
import { chunkOf, isInNameOrder, type ObjectPart } from "../object-part.js";
import { AddressTable } from "./address-table.js";
import { isIgnoredName, isIgnoredType, isNmOnlyType } from "./ignored-symbols.js";
import { kernelPart } from "./kernel-part.js";
import type { ReadOptions } from "./source.js";
import { countLines, eachTextLine, hexValue, isType, skip } from "./text-lines.js";

/** BPF and the tracers show the code they make under names of modules that there are not. */
const NOT_MODULES = /^(?:bpf|__builtin__.*)$/;

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
  if (text.modules.length > 0 || (mayBeKallsyms && isAscending(text.table))) {
    return kallsymsParts(text, options, diagnostics);
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
    const low = hexValue(bytes, Math.max(address, addressEnd - 8), addressEnd);
    const high = addressEnd - address > 8 ? hexValue(bytes, address, addressEnd - 8) : 0;
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
    const name = nameOfRow(table, row);
    if (isIgnoredName(name, undefined) === true) return true;
    if (!isIgnoredType(type, name)) continue;
    absolutes++;
    if (PERCPU_BOUNDS.test(name)) absoluteBounds++;
  }
  return absolutes > 0 && absoluteBounds === 0 && !hasOnlyZeros(table);
}

/** The first symbols of the percpu section, and its ends (arch/x86/kernel/vmlinux.lds.S). */
const PERCPU_BOUNDS = /^(?:__per_cpu_start|__per_cpu_end|fixed_percpu_data|irq_stack_union)$/;

function nameOfRow(table: AddressTable, row: number): string {
  return nameOfBytes(table.names, table.nameStart[row], table.nameEnd[row]);
}

function hasOnlyZeros({ count, high, low }: AddressTable): boolean {
  for (let row = 0; row < count; row++) if (high[row] !== 0 || low[row] !== 0) return false;
  return true;
}

/** Rows of vmlinux (`extra` is 0) come in the order of their addresses. */
function isAscending(table: AddressTable): boolean {
  let previous = -1;
  for (let row = 0; row < table.count; row++) {
    if (table.extra[row] !== 0) continue;
    if (previous >= 0 && table.compareAddresses(previous, row) > 0) return false;
    previous = row;
  }
  return true;
}

/** kallsyms is in the kernel's order as it is, also where all addresses are hidden. */
function kallsymsParts(
  { table, modules, digits }: AddressText,
  { release }: ReadOptions,
  diagnostics: Diagnostics,
): ObjectPart[] {
  if (!isAscending(table)) {
    diagnostics.error("source-order", "the addresses of vmlinux do not ascend", {}, [
      "the lines are in another order than the kernel's, and of modules it cannot be had back",
      RETAKE,
    ]);
    diagnostics.refuse();
  }
  const isHidden = hasOnlyZeros(table);
  const lines = [VMLINUX, ...modules].map(() => new ListLines());
  const has = lines.map(() => false);
  for (let row = 0; row < table.count; row++) {
    const object = table.extra[row]!;
    const into = lines[object]!;
    has[object] = true;
    const start = table.nameStart[row]!;
    const end = table.nameEnd[row]!;
    if (!isListable(table.names, start, end)) continue;
    into.name(table.names, start, end);
    if (isHidden) into.field("-");
    else into.address(table.high[row]!, table.low[row]!, digits);
    into.type(table.type[row]!);
    into.end();
  }
  const parts: ObjectPart[] = [];
  for (const [i, object] of [VMLINUX, ...modules].entries()) {
    if (!has[i] || NOT_MODULES.test(object)) continue;
    const fault = faultOfObjectName(object);
    if (fault !== undefined) diagnostics.error("source-object", fault);
    const { file } = diagnostics;
    const chunks = [chunkOf(lines[i]!.bytes())];
    const facts = { order: "kallsyms", release, arch: undefined } as const;
    parts.push({ object, file, ...facts, chunks });
  }
  diagnostics.throwIfFailed();
  const [first] = parts;
  if (isHidden && first !== undefined && isInNameOrder(first.chunks)) {
    diagnostics.error(
      "source-order",
      "all addresses are 0 and the names are in alphabetical order: the kernel's order is lost",
      {},
      [RETAKE],
    );
    diagnostics.refuse();
  }
  return parts;
}

const RETAKE = "take it as it is: cat /proc/kallsyms > kallsyms";

/**
 * vmlinux as nm shows it, in whatever order, from a table in which `extra` is 0.
 *
 * Refuses what nm shows of a module, whose order is that of its symbol table, and of vmlinux.o,
 * which the last link puts in another order.
 */
export function nmPart(
  table: AddressTable,
  undefinedNames: ReadonlySet<string>,
  digits: number,
  { release }: ReadOptions,
  diagnostics: Diagnostics,
): ObjectPart {
  const linked = LINKER_NAMES.find((name) => undefinedNames.has(name));
  if (linked !== undefined) {
    diagnostics.error(
      "source-relocatable",
      `these are symbols of an object that is not linked yet: ${linked} is undefined`,
      {},
      ["give the linked vmlinux: the last link puts symbols in another order"],
    );
    diagnostics.refuse();
  }
  for (let row = 0; row < table.count; row++) {
    if (nameOfRow(table, row) !== "__this_module") continue;
    diagnostics.error("source-relocatable", "these are symbols of a module, __this_module is", {}, [
      "give the module itself, the .ko file: its positions count in the order of its symbol table",
    ]);
    diagnostics.refuse();
  }
  if (table.count > 1 && hasOnlyZeros(table)) {
    diagnostics.error("source-order", "all addresses are 0, so there is no order to be had", {}, [
      "make it again with nm -n vmlinux",
    ]);
    diagnostics.refuse();
  }
  const isSorted = isAscending(table);
  return kernelPart(table, { release, arch: undefined, digits, isSorted }, diagnostics);
}

/** What a linker script defines in every vmlinux. */
const LINKER_NAMES = ["_text", "_stext", "_end", "__init_begin", "__bss_start"];
