/** Reads a symbols list as a source: its objects as parts, their lines as they are. */

import { nameOfBytes } from "../../byte-string.js";
import type { Diagnostics } from "../../diagnostics.js";
import { ListObjects } from "../list-objects.js";
import { type WalkedList, walkList } from "../list-walk.js";
import { eachLine, fieldsOfLine, type ObjectPart } from "../object-part.js";

/** No name has any of these shapes. */
const NOTHING_WANTED = new Uint8Array();

/** Reads a list of either format. Throws Refusal. */
export function readSymbolsList(bytes: Uint8Array, diagnostics: Diagnostics): ObjectPart[] {
  const objects = new ListObjects(diagnostics.file, diagnostics);
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
  diagnostics.throwIfFailed();
  if (walked.header.version === "0.2") checkFields(walked, diagnostics);
  diagnostics.throwIfFailed();
  const { file } = diagnostics;
  return objects.all.map(({ name, facts, chunks }) => ({ object: name, file, ...facts, chunks }));
}

/** Every line says what format 0.2 has it say, also those that nobody will ask for. */
function checkFields({ regions }: WalkedList, diagnostics: Diagnostics): void {
  for (let region = 0; region < regions.count; region++) {
    const chunk = regions.at(region);
    const { lines } = chunk;
    let number = chunk.firstLine!;
    eachLine([chunk], (line) => {
      if (fieldsOfLine(line) === undefined) {
        const text = nameOfBytes(lines, line.start, Math.min(line.end, line.start + 80));
        const message = `"${text}" is not NAME ADDRESS TYPE [FILE]`;
        diagnostics.error("list-line", message, { line: number });
      }
      number++;
    });
  }
}
