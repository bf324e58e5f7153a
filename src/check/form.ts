/** What a file is: a finished livepatch module, one that is still to be converted, or none. */

import { SHN_LIVEPATCH, SHN_UNDEF } from "../elf/index.js";
import { isIntermediateMark } from "../livepatch/index.js";
import type { Subject } from "./subject.js";

export type Form =
  /** Nothing in it is left for a converter, or it is not known what. */
  | "finished"
  /** It has what authors and tools leave for a converter. */
  | "intermediate"
  /** Nothing says that it is a livepatch module. */
  | "ordinary";

export function formOf(subject: Subject): Form {
  const { object } = subject;
  // What cannot be read is judged as what it should be.
  if (object === undefined) return "finished";
  if (subject.livepatchSections.length > 0) return "finished";
  const { symbols } = object;
  let isLivepatch = subject.info("livepatch") !== undefined;
  for (const { index, name } of object.sections) {
    if (index === 0) continue;
    if (isIntermediateMark(name)) return "intermediate";
    if (name.startsWith(".klp.")) isLivepatch = true;
  }
  for (let symbol = 1; symbol < symbols.count; symbol++) {
    const section = symbols.sectionIndex(symbol);
    if (section === SHN_LIVEPATCH) isLivepatch = true;
    if (section !== SHN_UNDEF) continue;
    const name = symbols.name(symbol);
    if (isIntermediateMark(name)) return "intermediate";
    if (name === "klp_enable_patch" || name.startsWith(".klp.")) isLivepatch = true;
  }
  return isLivepatch ? "finished" : "ordinary";
}
