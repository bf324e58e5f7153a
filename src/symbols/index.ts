/**
 * src/symbols answers which object has a symbol, at which positions, and who exports it; it must
 * not know what the answer is for.
 */

export { type NearName, nearestNames } from "./nearest-names.js";
export type { Occurrences, SymbolMap } from "./symbol-map.js";
export {
  LIST_HEADER,
  OBJECT_NAME_MOST,
  type SymbolsListFile,
  scanSymbolsList,
} from "./symbols-list.js";
