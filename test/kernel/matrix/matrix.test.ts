// Boots the cells that run.mjs has prepared, and writes down in ../matrix.md what became of each case.
// Two cells are played at a time: an emulator is busy with one processor, and a guest takes a GiB.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import pLimit from "p-limit";
import { beforeAll, describe, expect, test } from "vitest";
import { labOf } from "./labs.js";
import { type Cell, chooseCells } from "./prepare.mjs";
import { playCell } from "./scenario.js";
import { formatTable, type Row, untried } from "./table.js";
import { type Trap, traps } from "./traps.js";

const table = fileURLToPath(new URL("../matrix.md", import.meta.url));

const chosen = chooseCells(process.env.KLP_TEST_CELLS);
/** Whether what the kernel does there is up to chance; check has to warn of it all the same. */
function isByChance(machine: string, name: string): boolean {
  const isIt = (trap: Trap) => trap.name === name && trap.machines.includes(machine);
  return traps.find(isIt)?.isByChance ?? false;
}

const names = chooseCells().map(({ name }) => name);

/** Plays a cell, and writes its rows down when they are there, whatever becomes of the others. */
async function playAndWrite(cell: Cell): Promise<readonly Row[]> {
  const started = Date.now();
  const rows = await playCell(cell, labOf(cell));
  const before = existsSync(table) ? readFileSync(table, "utf8") : "";
  writeFileSync(table, formatTable(names, rows, before));
  console.log(`${cell.name}: ${Math.round((Date.now() - started) / 1000)} s`);
  return rows;
}

const twoAtATime = pLimit(2);
const played = new Map(chosen.map((cell) => [cell.name, twoAtATime(playAndWrite, cell)] as const));
// Of what fails the cell's own tests say so.
for (const playing of played.values()) playing.catch(() => {});

describe.each(chosen)("$name", (cell) => {
  let rows: readonly Row[];

  beforeAll(async () => {
    rows = await played.get(cell.name)!;
  });

  test("what check has said is what became of it", () => {
    const checked = rows.filter(({ check }) => check !== untried);
    const differences = checked.filter(({ case: name, check, first, last }) => {
      const outcomes = [first, last].filter((text) => text !== untried);
      const isFine = /^loads(?:;|$)/.test(check);
      const isOther = outcomes.some((text) => text !== "works") === isFine;
      return outcomes.length > 0 && isOther && !isByChance(cell.machine, name);
    });
    expect(differences).toEqual([]);
  });

  test("every position is the kernel's", () => {
    const positions = rows.filter((row) => row.case.startsWith("positions-"));
    const outcomes = positions.flatMap(({ first, last }) => [first, last]);
    expect(outcomes.filter((text) => !/^(?:-|works.*)$/.test(text))).toEqual([]);
  });
});
