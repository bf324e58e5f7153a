// All cases, by subject.
import type { Case } from "./case.js";
import { entries } from "./cases/entries.js";
import { fileStructure } from "./cases/file-structure.js";
import { harmless } from "./cases/harmless.js";
import { imports } from "./cases/imports.js";
import { livepatchSections } from "./cases/livepatch-sections.js";
import { machines } from "./cases/machines.js";
import { moduleInfo } from "./cases/module-info.js";
import { patch } from "./cases/patch.js";
import { placesOfRelocations } from "./cases/places.js";
import { symbols } from "./cases/symbols.js";

export const corpus: readonly Case[] = [
  ...fileStructure,
  ...moduleInfo,
  ...livepatchSections,
  ...placesOfRelocations,
  ...entries,
  ...symbols,
  ...imports,
  ...patch,
  ...machines,
  ...harmless,
];
