/**
 * src/symbols answers which object has a symbol, at which positions, and who exports it, from any
 * source that says so; it must not know what the answer is for.
 */

export type { FileBytes } from "../elf/index.js";
export { scanSymbolsList } from "./found-symbols.js";
export type { ListVersion } from "./list-format.js";
export { kernelSpelling, LIST_HEADER, OBJECT_NAME_MOST, VMLINUX } from "./list-format.js";
export type { SymbolsListFile } from "./list-walk.js";
export { lookUp, readableSymbols } from "./look-up.js";
export type { NearName } from "./nearest-names.js";
export {
  SharedSymbols,
  type SharedSymbolsData,
  shareSymbolsList,
  UnaskedName,
} from "./shared-symbols.js";
export { isSymbolsList } from "./sources/read-source.js";
export type { SymbolSource } from "./sources/source.js";
export {
  type ListedSymbol,
  type Occurrences,
  type RankedSymbol,
  rankSymbols,
  type SymbolMap,
  symbolWhenLive,
  symbolWhileComing,
} from "./symbol-map.js";
export {
  type ListOptions,
  SymbolSources,
  type SymbolSourcesOptions,
} from "./symbol-sources.js";
export type { WrittenList } from "./write-list.js";
