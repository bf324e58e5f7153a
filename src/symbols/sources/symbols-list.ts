/** Reads a symbols list as a source: its objects as parts, their lines as they are. */

import type { Diagnostics } from "../../diagnostics.js";
import { ListObjects } from "../list-objects.js";
import { walkList } from "../list-walk.js";
import type { ObjectPart } from "../object-part.js";

/** No name has any of these shapes. */
const NOTHING_WANTED = new Uint8Array();

/** Reads a list of either format. Throws Refusal. */
export function readSymbolsList(bytes: Uint8Array, diagnostics: Diagnostics): ObjectPart[] {
  const objects = new ListObjects(diagnostics);
  const walked = walkList(
    bytes,
    {
      shapes: NOTHING_WANTED,
      openObject: (spelled, facts, line) => objects.open(spelled, facts, line),
      symbol: () => {},
    },
    diagnostics,
  );
  objects.close(walked);
  const { file } = diagnostics;
  return objects.all.map(({ name, facts, chunks }) => {
    const { order, release, arch } = facts;
    return { object: name, file, order, release, arch, chunks };
  });
}
