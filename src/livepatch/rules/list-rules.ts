/**
 * Rules for symbols that nobody has spoken of: the map alone says what they are, or, without one,
 * nothing does.
 */

import { type RankedSymbol, rankSymbols, VMLINUX } from "../../symbols/index.js";
import { placeOfUse, type Reference } from "../references.js";
import { candidates } from "./undetermined.js";
import {
  type Context,
  isLasting,
  isSpeakable,
  refuseUndetermined,
  stays,
  type Verdict,
} from "./verdict.js";

export const ASSUMED_EXPORTED: Verdict = stays(
  "there is no symbols list, so it is taken for an export",
);

export function assumedExported(context: Context): Verdict | undefined {
  return context.map === undefined ? ASSUMED_EXPORTED : undefined;
}

export function exportedByVmlinux(context: Context, reference: Reference): Verdict | undefined {
  const { map } = context;
  const { name } = reference;
  if (!map?.exporters(name).includes(VMLINUX)) return undefined;
  const namespace = map.namespace(name, VMLINUX) ?? "";
  if (!isForModules(namespace)) return stays("vmlinux exports it");
  const why = `vmlinux exports it to ${modulesOf(namespace)} only`;
  return exportOf(context, reference, VMLINUX, VMLINUX, why);
}

/** EXPORT_SYMBOL_FOR_MODULES: no other module may import it (kernel/module/main.c, verify_module_namespace). */
function isForModules(namespace: string): boolean {
  return namespace.startsWith("module:");
}

function modulesOf(namespace: string): string {
  return namespace.slice("module:".length).replaceAll(",", ", ");
}

/**
 * An export of a module the patch patches becomes a livepatch symbol, or the patch could not be
 * loaded before the module. One of another module binds like any import, which ties the patch to
 * that module, if nobody said what it can wait for.
 */
export function exportedByModule(context: Context, reference: Reference): Verdict | undefined {
  const { map, gates, diagnostics } = context;
  const { name } = reference;
  const exporters = map?.exporters(name) ?? [];
  const exporter = exporters[0];
  if (map === undefined || exporter === undefined) return undefined;
  const [late, ...others] = exporters.filter((each) => gates.bindsLate(each));
  if (late !== undefined && others.length === 0) {
    if (isAlsoOfAnother(context, name, late)) return undefined;
    const gate = gates.of(late);
    const why =
      gate === late
        ? `${late}, which the patch patches, exports it`
        : `${late} exports it, and waits for ${gate}`;
    return exportOf(context, reference, late, gate, why);
  }
  if (late !== undefined) return undefined;
  const owner = exporters.length === 1 ? `module ${exporter}` : `modules ${exporters.join(", ")}`;
  const place = placeOfUse(context.object, reference);
  const remedies = () => [
    ...exporters.flatMap((each) => gates.remedies(each)),
    ...(context.patch.objects === undefined ? bindLate(context, name, exporter) : []),
  ];
  const namespace = map.namespace(name, exporter) ?? "";
  if (isForModules(namespace)) {
    diagnostics.error(
      "module-namespace",
      `${owner} exports ${name} to ${modulesOf(namespace)} only, and the kernel would refuse the import`,
      place,
      remedies,
    );
    return "refused";
  }
  diagnostics.warning(
    "module-export",
    `symbol ${name} stays an ordinary import of ${owner}`,
    place,
    () => [
      reference.weak
        ? `it is weak: the module loader makes it 0 if the patch is loaded before ${exporter}`
        : `the patch cannot be loaded before ${exporter}`,
      `${exporter} cannot be unloaded while a patch that was bound to it is loaded`,
      ...remedies(),
    ],
  );
  return stays(`${owner} exports it`);
}

/** Another patched object has the name too, and its own may be meant. */
function isAlsoOfAnother({ map, patch }: Context, name: string, exporter: string): boolean {
  const owners = map?.owners(name) ?? [];
  return owners.some(({ object }) => object !== exporter && patch.objects?.has(object));
}

/** What to write for an export of a module, where it is not known whether the patch patches it. */
function bindLate({ map }: Context, name: string, exporter: string): string[] {
  const owners = (map?.owners(name) ?? []).filter(({ object }) => object === exporter);
  return [
    `to bind it late, if the patch patches ${exporter}: --patched-object ${exporter}, and all others that it patches`,
    ...candidates(name, owners).map((candidate) => `or for this symbol alone: ${candidate}`),
  ];
}

/** An export is the one global symbol of its name, whatever local ones there are. */
function exportOf(
  context: Context,
  reference: Reference,
  object: string,
  gate: string,
  why: string,
): Verdict {
  const { name } = reference;
  const owner = context.map?.owners(name).find((each) => each.object === object);
  const globals = owner === undefined ? [] : rankSymbols(owner).filter(isGlobal);
  const [only, ...others] = globals;
  const isUnique = owner === undefined || owner.symbols.length === 1;
  if (!isUnique && (only === undefined || others.length > 0)) {
    return refuseUndetermined(context, reference);
  }
  const position = isUnique ? 0 : (only!.position ?? only!.coming);
  const target = { object, name, position, gate };
  const place = placeOfUse(context.object, reference);
  if (!isSpeakable(context, target, place)) return "refused";
  if (owner !== undefined && !isLasting(context, owner, target, place)) return "refused";
  if (context.map?.hasObject(object) !== true) context.unverified.add(object);
  return { target, why };
}

/** nm prints a capital for what other objects can see. */
function isGlobal({ symbol: { type } }: RankedSymbol): boolean {
  return type !== undefined && /^[A-Z]$/.test(type);
}

export function uniqueInList(context: Context, reference: Reference): Verdict | undefined {
  const owners = context.map?.owners(reference.name) ?? [];
  const owner = owners[0];
  if (owner === undefined || owners.length > 1 || owner.symbols.length > 1) return undefined;
  const { object } = owner;
  const target = { object, name: reference.name, position: 0, gate: context.gates.of(object) };
  const place = placeOfUse(context.object, reference);
  if (!isSpeakable(context, target, place)) return "refused";
  if (!isLasting(context, owner, target, place)) return "refused";
  if (object !== VMLINUX) context.unique.push(target);
  return { target, why: `only ${object} has it, once` };
}

export function weakAndUnknown(context: Context, reference: Reference): Verdict | undefined {
  if (!reference.weak || context.map?.owners(reference.name).length !== 0) return undefined;
  context.diagnostics.note(
    "weak-unknown",
    `weak symbol ${reference.name} is in no object of ${context.map.file} and stays: the module loader makes it 0`,
    placeOfUse(context.object, reference),
  );
  return stays("it is weak and no object has it");
}
