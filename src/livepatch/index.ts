/**
 * src/livepatch knows the rules: what becomes of a symbol, and what a livepatch module looks like.
 * It works on bytes and must not know files, streams or consoles.
 */

export { type ConvertOptions, type ConvertResult, convert } from "./convert.js";
export type { Report, ReportedSection, ReportedSymbol } from "./report.js";
export { faultOfStatedPosition } from "./stated-positions.js";
