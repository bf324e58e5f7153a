/**
 * src/livepatch knows the rules: what becomes of a symbol, and what a livepatch module looks like.
 * It works on bytes and must not know files, streams or consoles.
 */

export {
  type ConvertOptions,
  type ConvertResult,
  convert,
  convertPartially,
  namesToLookUp,
} from "./convert.js";
export { readVersions, type Version } from "./dependencies.js";
export { type KlpReloc, type KlpRelocs, readKlpRelocs } from "./dialects/klp-relocs.js";
export { faultOfStatedPosition } from "./dialects/stated-positions.js";
export { hasTombstones, unusedTombstones } from "./dialects/tombstones.js";
export { layoutForMachine } from "./kernel-layout.js";
export { isBefore, isSince } from "./kernel-release.js";
export { MACHINES, type Machine, machineOf } from "./machines.js";
export { checkCompression, FOREIGN_SECTIONS, isSigned } from "./module.js";
export {
  ANNOTATED_PREFIX,
  ANNOTATION_SECTION_PREFIX,
  isIntermediateMark,
  isMarkSection,
  KLP_RELOCS_PREFIX,
  LIVEPATCH_SECTION_PREFIX,
  LIVEPATCH_SYMBOL_PREFIX,
  nameInKernel,
  objectOfLivepatchSection,
  parseAnnotatedName,
  parseLivepatchName,
  TOMBSTONE_PREFIX,
} from "./names.js";
export { dependsOn, parseLateBinding } from "./patch/gates.js";
export {
  describePatch,
  faultOfPatchedObject,
  type Patch,
  type PatchedFunction,
  type PatchSource,
  placeOfFunction,
} from "./patch/patch.js";
export { Pointers } from "./patch/pointers.js";
export { readPatch } from "./patch/read-patch.js";
export {
  faultOfRelocation,
  type PlacedRelocation,
  type RelocationTrap,
} from "./places/relocation-traps.js";
export { codeAt, type RewrittenCode, readRewrittenCode } from "./places/rewritten-code.js";
export { type SpecialSection, specialSection } from "./places/special-sections.js";
export { WrittenPlaces } from "./places/written-places.js";
export { collectReferences, isLivepatchSection } from "./references.js";
export {
  complaintAboutType,
  type RelocationType,
  reasonOfUnknownType,
  relocationType,
  widthsOf,
} from "./relocation-types.js";
export type {
  Report,
  ReportedFunction,
  ReportedObject,
  ReportedPatch,
  ReportedSection,
  ReportedSymbol,
} from "./report.js";
export { reasonToStay } from "./rules/fixed-names.js";
export { faultOfPosition, isAtZero } from "./rules/positions.js";
export { type Meaning, meaningsOf } from "./stated-meanings.js";
