/** Sections that are there for a converter, in whichever dialect, and go with what belongs to them. */

import type { Diagnostics } from "../../diagnostics.js";
import { type ElfObject, relocationSections, type Section } from "../../elf/index.js";

/**
 * Relocations of a section that goes are no use without it, whatever they are called; so they must not be
 * called what the kernel looks for. Adds an error for each that is not named as compilers name it.
 */
export function checkRelocationsOfMarks(
  object: ElfObject,
  marks: readonly Section[],
  diagnostics: Diagnostics,
): void {
  const relocations = relocationSections(object, marks);
  for (const mark of marks) {
    const expected = `.rela${mark.name}`;
    for (const { name } of relocations.get(mark.index) ?? []) {
      if (name === expected) continue;
      diagnostics.error(
        "mark-relocations",
        `the relocations of ${mark.name} are in a section of this name when it should be ${expected}`,
        { section: name },
        ["no compiler or linker names them so; make the module again"],
      );
    }
  }
}
