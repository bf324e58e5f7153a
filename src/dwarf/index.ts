/**
 * src/dwarf answers what DWARF debug information says of the variables of a relocatable object, and
 * of the structs they are; it must not know what for.
 */

export {
  DebugInfo,
  type DebugVariable,
  type NoDebugInfo,
  readDebugInfo,
} from "./debug-info.js";
export type { Place } from "./places.js";
export type { StructLayout } from "./structs.js";
