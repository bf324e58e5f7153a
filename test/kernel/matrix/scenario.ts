// Everything that happens in one cell: what it tries is made on this machine, the kernel tries it, and
// rows say what became of that.
import { basename, join } from "node:path";
import type { KernelLab } from "../requirements.js";
import { emptyScratchFolder } from "../scratch.js";
import {
  hasCallDepthTracking,
  trialWithCallDepthTracking,
  withCallDepthTracking,
} from "./call-depth.js";
import { comparedSymbols } from "./cases.js";
import { playPositions } from "./positions.js";
import type { Cell } from "./prepare.mjs";
import { makeSpecimens, type Specimen } from "./specimens.js";
import { type Row, untried } from "./table.js";
import { keyOf, makeTrials, type Order, type Outcome, type Trial, worked } from "./trials.js";
import { relocationTypesIn } from "./types-met.js";

/** Makes and tries all cases of a cell. */
export async function playCell(cell: Cell, lab: KernelLab): Promise<Row[]> {
  const { name, architecture } = cell;
  const scratch = await emptyScratchFolder(`matrix/${name}`);
  const { folder, converted, spoiled } = await makeSpecimens(cell, lab, scratch);
  const all = [...converted, ...spoiled];
  const trials = all.filter(({ isThere }) => isThere).flatMap(trialsOf);
  const spacers = ["first", "second", "third"].map((which) =>
    join(scratch, `matrix/klp-spacer-${which}.ko`),
  );
  const outcomes = await makeTrials(lab, join(scratch, "boots"), spacers, comparedSymbols, trials);
  const counted = hasCallDepthTracking(architecture, lab)
    ? await makeTrials(
        withCallDepthTracking(lab),
        join(scratch, "call-depth"),
        spacers,
        comparedSymbols,
        trials.filter(({ name }) => !isTrap(name)).map(trialWithCallDepthTracking),
      )
    : new Map<string, Outcome>();
  const said = (name: string, order: Order, from = outcomes) =>
    from.get(keyOf({ name, order }))?.text ?? untried;
  const known = { cell: name, kernel: lab.version };
  const rows = all.map(({ it, conversion, check }) => ({
    ...known,
    case: it.name,
    conversion,
    check,
    first: said(it.name, "first"),
    last: said(it.name, "last"),
    again: said(it.name, "again"),
  }));
  const rowsOfCounted = rows
    .filter((row) => counted.has(keyOf({ name: row.case, order: "last" })))
    .map((row) => ({
      ...row,
      case: `${row.case}, retbleed=stuff`,
      first: said(row.case, "first", counted),
      last: said(row.case, "last", counted),
      again: said(row.case, "again", counted),
    }));
  const good = converted
    .filter(({ it }) => said(it.name, "last") === worked)
    .map(({ output }) => output);
  const met = {
    ...{
      ...known,
      case: "types-met",
      check: untried,
      first: untried,
      last: worked,
      again: untried,
    },
    conversion: (await relocationTypesIn(lab, folder, good)).join(", "),
  };
  return [...rows, met, ...rowsOfCounted, ...(await playPositions(known, lab))];
}

function isTrap(name: string): boolean {
  return name.startsWith("trap-");
}

/** A livepatch of vmlinux alone has no target that it could be loaded before. */
function trialsOf({ it, output: livepatch, targets }: Specimen): Trial[] {
  const all: Order[] = ["first", "last", "again"];
  const some = isTrap(it.name) && !it.comesBack ? all.slice(0, 2) : all;
  const orders: Order[] = targets.length > 0 ? some : ["last"];
  const { name, file, patched, original } = it;
  const module = basename(it.livepatch).replaceAll("-", "_");
  return orders.map((order) => ({
    ...{ name, order, module, livepatch, targets, file, patched, original },
  }));
}
