/**
 * src/livepatch knows the rules: what becomes of a symbol, and what a livepatch module looks like.
 * It works on bytes and must not know files, streams or consoles.
 */

export { type ConvertOptions, type ConvertResult, convert } from "./convert.js";
export { faultOfStatedPosition } from "./dialects/stated-positions.js";
export { parseLateBinding } from "./patch/gates.js";
export { faultOfPatchedObject } from "./patch/patch.js";
export type {
  Report,
  ReportedFunction,
  ReportedObject,
  ReportedPatch,
  ReportedSection,
  ReportedSymbol,
} from "./report.js";
