/**
 * Whether the kernel will find the functions that the patch replaces and those it puts in their
 * place: what it would say when the patch is loaded, said before (kernel/livepatch/core.c,
 * klp_init_object_loaded).
 */

import { type Diagnostics, hex } from "../../diagnostics.js";
import { type ElfObject, STT_FILE, STT_SECTION } from "../../elf/index.js";
import { kernelSpelling, type Occurrences, type SymbolMap, VMLINUX } from "../../symbols/index.js";
import { faultOfPosition } from "../rules/positions.js";
import { candidates, type Paste, reportUnknown, UnknownNames } from "../rules/undetermined.js";
import { type Patch, type PatchedFunction, placeOfFunction } from "./patch.js";

/** Adds an error for each function that would not be found, or would be another. */
export function checkPatchedFunctions(
  object: ElfObject,
  patch: Patch,
  map: SymbolMap | undefined,
  diagnostics: Diagnostics,
): void {
  if (patch.objects === undefined) return;
  checkObjectNames(patch, diagnostics);
  checkReplacements(object, [...patch.objects.values()].flat(), diagnostics);
  if (map === undefined) return;
  const unknown = new UnknownNames();
  for (const [patched, functions] of patch.objects) {
    const isKnown = (name: string) => map.owners(name).some(({ object }) => object === patched);
    if (!map.hasObject(patched) && functions.some(({ name }) => !isKnown(name))) {
      diagnostics.warning(
        "unverified-function",
        `functions of ${patched} that the patch replaces are not checked: ${map.file} does not have ${map.facts(patched) === undefined ? "the object" : "all of its symbols"}`,
      );
    }
    for (const each of functions) {
      const owner = map.owners(each.name).find((one) => one.object === patched);
      if (owner !== undefined) checkPosition(each, owner, diagnostics);
      else if (map.hasObject(patched)) {
        const { name } = each;
        const use = {
          place: () => placeOfFunction(each),
          text: () => "livepatch would not find the function to replace, and refuse the patch",
        };
        const paste: Paste = (near) =>
          near.object === patched ? `.old_name = "${near.name}"` : "";
        unknown.add(() => ({ use, name, object: patched, says: "the patch", paste }));
      }
    }
  }
  reportUnknown(unknown, map, diagnostics);
}

/**
 * The kernel compares the names of modules byte by byte, and takes any name for a module's
 * (kernel/livepatch/core.c, klp_is_module): with a wrong one the patch is loaded and patches nothing.
 */
function checkObjectNames({ misnamed }: Patch, diagnostics: Diagnostics): void {
  for (const [name, { section, offset }] of misnamed) {
    diagnostics.error(
      "object-name",
      `the patch calls an object ${name}: the kernel would look for a module of that name, which there never is, and patch nothing`,
      { section: section.name, offset },
      [
        name === VMLINUX
          ? "leave .name out: the object without a name is vmlinux"
          : `write .name = "${kernelSpelling(name)}"`,
      ],
    );
  }
}

/** What says in a klp_func which homonym is meant. */
const pastePosition: Paste = ({ position }) => `.old_sympos = ${position}`;

function checkPosition(each: PatchedFunction, owner: Occurrences, diagnostics: Diagnostics): void {
  const { name, position } = each;
  const place = placeOfFunction(each);
  const count = owner.symbols.length;
  const notes = () => candidates(name, [owner], pastePosition);
  const times = count === 1 ? "once" : `${count} times`;
  if (position > count) {
    diagnostics.error(
      "function-position",
      `the patch replaces ${name} at position ${position}, but ${owner.object} has it ${times}`,
      place,
      notes,
    );
    return;
  }
  if (position === 0 && count > 1) {
    diagnostics.error(
      "function-position",
      `the patch replaces ${name} without saying which, and ${owner.object} has it ${times}`,
      place,
      notes,
    );
    return;
  }
  const fault = faultOfPosition(owner, position);
  if (fault === undefined) return;
  diagnostics.error(
    "function-position",
    `${name} of ${owner.object} cannot be replaced: ${fault}`,
    place,
    count > 1 ? notes : [],
  );
}

/**
 * livepatch asks kallsyms for the size of each new function, and checks stacks against it: a
 * function without a symbol is refused, or takes the size of another.
 */
function checkReplacements(
  object: ElfObject,
  functions: readonly PatchedFunction[],
  diagnostics: Diagnostics,
): void {
  const wanted = new Map<string, { size: number; name: string } | undefined>();
  for (const { replacement } of functions) {
    const spot = replacement?.spot;
    if (spot !== undefined) wanted.set(`${spot.section.index} ${spot.offset}`, undefined);
  }
  if (wanted.size === 0) return;
  const { symbols } = object;
  for (let symbol = 1; symbol < symbols.count; symbol++) {
    const type = symbols.type(symbol);
    if (type === STT_SECTION || type === STT_FILE || !symbols.isNamed(symbol)) continue;
    const key = `${symbols.sectionIndex(symbol)} ${symbols.value(symbol)}`;
    if (!wanted.has(key)) continue;
    const size = symbols.size(symbol);
    const known = wanted.get(key);
    if (known === undefined || size > known.size) {
      wanted.set(key, { size, name: symbols.name(symbol) });
    }
  }
  for (const each of functions) {
    const spot = each.replacement?.spot;
    if (spot === undefined) continue;
    const found = wanted.get(`${spot.section.index} ${spot.offset}`);
    if (found !== undefined && found.size > 0) continue;
    const where = `${spot.section.name}+${hex(spot.offset)}`;
    diagnostics.error(
      "replacement-symbol",
      found === undefined
        ? `the function that replaces ${each.name}, at ${where}, has no symbol`
        : `the symbol of the function that replaces ${each.name}, ${found.name} at ${where}, has no size`,
      placeOfFunction(each),
      [
        "kernel and tools learn from symbols where a function ends; livepatch checks stacks by that",
        found === undefined
          ? "do not strip it: strip --strip-debug keeps what is needed"
          : "say its size in assembly: .size NAME, .-NAME",
      ],
    );
  }
}
