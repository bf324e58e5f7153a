/**
 * Positions stated beside the module: `OBJECT:NAME=POSITION`, or `OBJECT:NAME@FILE` for the symbol
 * from a source file. They say what a KLP_SYMPOS annotation says, for those who cannot change the
 * patch's source, or would rather name a file than count.
 */

import type { Diagnostics } from "../../diagnostics.js";
import { kernelSpelling, rankSymbols, type SymbolMap } from "../../symbols/index.js";
import { POSITION_MOST } from "../names.js";
import type { Reference } from "../references.js";
import { candidates } from "../rules/undetermined.js";
import { type Annotation, compareAnnotations } from "./annotations.js";

/** One such statement. */
export interface StatedPosition {
  /** As it was given. */
  readonly text: string;
  readonly object: string;
  readonly name: string;
  /** Of the two exactly one is given. */
  readonly position: number | undefined;
  readonly file: string | undefined;
}

/** Reads `OBJECT:NAME=POSITION` or `OBJECT:NAME@FILE`; undefined if it has another form. */
export function parseStatedPosition(text: string): StatedPosition | undefined {
  const match = /^([^:.,=@\s]+):([^,=@\s]+)(?:=([0-9]{1,10})|@(.+))$/s.exec(text);
  if (match === null) return undefined;
  const [, object = "", name = "", digits, file] = match;
  const position = digits === undefined ? undefined : Number(digits);
  if (position !== undefined && position > POSITION_MOST) return undefined;
  return { text, object: kernelSpelling(object), name, position, file };
}

/** What is wrong with a text that is no statement, or undefined. */
export function faultOfStatedPosition(text: string): string | undefined {
  if (parseStatedPosition(text) !== undefined) return undefined;
  return `"${text}" is neither OBJECT:NAME=POSITION nor OBJECT:NAME@FILE`;
}

/**
 * The annotations of a module and what is stated beside it. Adds an error for each statement that
 * contradicts another or cannot be resolved, and a warning for each that nothing needs.
 */
export function addStatedPositions(
  annotations: ReadonlyMap<string, Annotation>,
  stated: readonly StatedPosition[],
  references: readonly Reference[],
  map: SymbolMap | undefined,
  diagnostics: Diagnostics,
): {
  readonly annotations: ReadonlyMap<string, Annotation>;
  readonly refused: ReadonlySet<string>;
} {
  const all = new Map(annotations);
  const refused = new Set<string>();
  const names = new Set(references.map((reference) => reference.name));
  for (const statement of stated) {
    const { text, object, name } = statement;
    if (!names.has(name)) {
      diagnostics.warning(
        "sympos-unused",
        `--sympos ${text} has no effect: ${name} is no undefined symbol of the module`,
      );
      continue;
    }
    const position = statement.position ?? positionInFile(statement, map, diagnostics);
    if (position === undefined) {
      refused.add(name);
      continue;
    }
    const says = `--sympos ${text}`;
    const stands = { place: { symbol: name }, says, where: says, why: `stated by ${says}` };
    const annotation = { name, object, position, ...stands };
    const first = all.get(name);
    if (first === undefined) all.set(name, annotation);
    else compareAnnotations(first, annotation, diagnostics);
  }
  return { annotations: all, refused };
}

/** The position of the one symbol that is from the stated file; adds an error if it is not one. */
function positionInFile(
  { text, object, name, file }: StatedPosition,
  map: SymbolMap | undefined,
  diagnostics: Diagnostics,
): number | undefined {
  const owner = map?.owners(name).find((each) => each.object === object);
  const place = { symbol: name };
  if (owner === undefined) {
    const message =
      map === undefined
        ? `--sympos ${text} names a source file, and there are no symbols to look for it in`
        : `--sympos ${text}: ${map.file} does not have ${name} in ${object}`;
    diagnostics.error("sympos-file", message, place, [NEEDS_FILES]);
    return undefined;
  }
  const found = owner.symbols.filter((each) => isFrom(each.file, file!));
  const [only] = found;
  if (only === undefined || found.length > 1) {
    const isKnown = owner.symbols.some((each) => each.file !== undefined);
    diagnostics.error(
      "sympos-file",
      only === undefined
        ? `--sympos ${text}: ${isKnown ? `no ${name} of ${object} is from ${file}` : `${map?.file} does not say which source files symbols are from`}`
        : `--sympos ${text}: ${found.length} symbols ${name} of ${object} are from ${file}`,
      place,
      () => [...candidates(name, [owner]), ...(isKnown ? [] : [NEEDS_FILES])],
    );
    return undefined;
  }
  // A position that does not last is refused where all are judged.
  const { position, coming } = rankSymbols(owner)[owner.symbols.indexOf(only)]!;
  return position ?? coming;
}

const NEEDS_FILES =
  "source files are in vmlinux and modules that are not stripped, and in lists made of them with klp-convert symbols --format 0.2";

/** A file is meant by its name, or by as many of its folders as tell it apart. */
function isFrom(file: string | undefined, stated: string): boolean {
  return file !== undefined && (file === stated || file.endsWith(`/${stated}`));
}
