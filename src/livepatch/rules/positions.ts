/**
 * What a position means to the kernel, and whether it means that at any time.
 *
 * A module's position is looked up in two tables: the whole symbol table while the module comes up,
 * when the patch was loaded first, and what is left of it when the module is live, when it was
 * loaded after (kernel/module/kallsyms.c, module_kallsyms_on_each_symbol). Only a position that
 * means one symbol in both, and a symbol that stays, can be written into a module.
 */

import {
  type ListedSymbol,
  type Occurrences,
  type RankedSymbol,
  symbolWhenLive,
  symbolWhileComing,
} from "../../symbols/index.js";

/** What is wrong with a position that is there, or undefined; `owner` has the symbols. */
export function faultOfPosition(owner: Occurrences, position: number): string | undefined {
  const { object } = owner;
  const coming = symbolWhileComing(owner, position);
  const live = symbolWhenLive(owner, position);
  if (coming !== undefined && coming === live) return faultOfPlace(coming);
  const passing = coming === undefined ? undefined : faultOfPassing(coming, object);
  if (passing !== undefined && live === undefined) return passing;
  return `position ${position} is ${describe(coming)} while ${object} comes up, and ${describe(live)} once it is live`;
}

/** Why nothing can be written to mean a symbol of an object, or undefined if something can. */
export function faultOfSymbolChoice(object: string, ranked: RankedSymbol): string | undefined {
  const { symbol, coming, live, position } = ranked;
  const place = faultOfPlace(symbol);
  if (place !== undefined || position !== undefined) return place;
  return (
    faultOfPassing(symbol, object) ??
    `it is position ${coming} while ${object} comes up, and ${live} once it is live`
  );
}

/** Why a symbol does not stay, or undefined. */
function faultOfPassing({ kept }: ListedSymbol, object: string): string | undefined {
  if (kept === "init") {
    return `it is in init memory, which is freed once ${object} is live`;
  }
  if (kept === "coming") {
    return `it is absolute or in no loaded section, and the kernel forgets it once ${object} is live`;
  }
  return undefined;
}

/** Why a symbol that stays cannot be used all the same, or undefined. */
function faultOfPlace({ address, kept }: ListedSymbol): string | undefined {
  if (isAtZero(address)) {
    return "it is at address 0, which livepatch takes for not found";
  }
  return kept === "freed" ? "it is in init memory, which vmlinux frees when it is up" : undefined;
}

/** An address that the kernel takes for none (kernel/livepatch/core.c, klp_find_object_symbol). */
export function isAtZero(address: string | undefined): boolean {
  return address !== undefined && /^0+$/.test(address);
}

function describe(symbol: ListedSymbol | undefined): string {
  if (symbol === undefined) return "none";
  const details = detailsOf(symbol, undefined) || "another symbol";
  const isNowhere = symbol.address === undefined && symbol.kept === "coming";
  return isNowhere ? `${details}, which is in no section` : details;
}

/** Address, source file and line of a list: as much as is known. */
export function detailsOf(
  { address, file, line }: ListedSymbol,
  source: string | undefined,
): string {
  const details: string[] = [];
  if (address !== undefined) details.push(address);
  if (file !== undefined) details.push(file);
  if (source !== undefined && line !== undefined) details.push(`${source}:${line}`);
  if (source !== undefined && details.length === 0) details.push(source);
  return details.join(", ");
}
