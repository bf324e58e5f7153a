/**
 * The library: converts livepatch modules as bytes, and touches no file, process or console.
 */

export type { Diagnostic, Place, Severity } from "./diagnostics.js";
export {
  type ConvertOptions,
  type ConvertResult,
  convert,
  type Report,
  type ReportedSection,
  type ReportedSymbol,
} from "./livepatch/index.js";
export type { SymbolsListFile } from "./symbols/index.js";
export { VERSION } from "./version.js";
