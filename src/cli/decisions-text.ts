/** What a conversion decided, a line for each symbol. */

import { counted } from "../diagnostics.js";
import type { Report, ReportedPatch, ReportedSymbol } from "../livepatch/index.js";

/** What is patched, what becomes of each symbol and why, and what is lost of `depends=`. */
export function decisionLines({ patch, symbols, removedDependencies }: Report): string[] {
  return [
    ...(patch === null ? [] : patchLines(patch)),
    ...symbols.map(decision),
    ...removedDependencies.map((module) => `depends= of .modinfo: ${module} removed`),
  ];
}

/** What is patched, and how that is known. */
function patchLines({ source, reason, objects }: ReportedPatch): string[] {
  if (objects === null) return [`patch: unknown: ${reason}`];
  return objects.map(({ name, functions }) => {
    const replaced = functions.map((each) =>
      each.position === 0 ? each.name : `${each.name} at position ${each.position}`,
    );
    const what = replaced.length === 0 ? "" : `: ${replaced.join(", ")}`;
    return `patch (${source}): ${name}${what}`;
  });
}

/** Symbol, object and position, where it is, sections, why. */
function decision(symbol: ReportedSymbol): string {
  const { name, relocations, sections, why } = symbol;
  const uses =
    relocations === 0
      ? "no relocation"
      : `${counted(relocations, "relocation")} in ${sections.join(", ")}`;
  return `${name}: ${destination(symbol)}; ${uses}; ${why}`;
}

function destination({ object, position, homonyms = 1, address, file, gate }: ReportedSymbol) {
  if (object === undefined) return "stays";
  const parts = [object, `position ${position}${homonyms > 1 ? ` of ${homonyms}` : ""}`];
  if (address !== undefined) parts.push(`at ${address}`);
  if (file !== undefined) parts.push(`from ${file}`);
  if (gate !== object) parts.push(`applied with ${gate}`);
  return parts.join(", ");
}
