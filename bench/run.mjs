// SPDX-License-Identifier: GPL-2.0-only

// Measures the built command and prints what it found; see README.md here. The exit status says
// only whether it could be measured: how long it takes says as much about the machine as about the
// command.

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { CASES } from "./cases.mjs";
import { describeMachine, otherWork } from "./machine.mjs";
import { Failed, Skipped } from "./outcomes.mjs";
import { printCase } from "./print-case.mjs";
import { makeWorkspace } from "./workspace.mjs";

const USAGE = `Usage: npm run bench -- [--rounds N] [--json FILE] [CASE…]

${CASES.map(({ name, title }) => `  ${name.padEnd(12)}${title}`).join("\n")}`;

class UsageError extends Error {}

function readOptions() {
  let parsed;
  try {
    parsed = parseArgs({
      allowPositionals: true,
      options: {
        rounds: { type: "string" },
        json: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError(error.message);
  }
  const { values, positionals } = parsed;
  const unknown = positionals.find((name) => CASES.every((each) => each.name !== name));
  if (unknown !== undefined) throw new UsageError(`there is no case ${unknown}`);
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
    throw new UsageError(`--rounds is "${values.rounds}" when it should be a number from 1 on`);
  }
  const chosen = CASES.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  return { help: values.help, json: values.json, rounds, chosen };
}

/** Measures one case; where that cannot be done, says why instead. The next has its turn anyway. */
async function measure({ name, title, measure }, workspace, rounds) {
  try {
    const { about = [], ...figures } = await measure({ workspace, rounds });
    const repetition =
      rounds === undefined ? [] : [`rounds: ${rounds}, after one that does not count`];
    return { name, title, rounds, about: [...about, ...repetition], ...figures };
  } catch (error) {
    if (error instanceof Skipped) return { name, title, skipped: error.message };
    if (error instanceof Failed) return { name, title, failed: error.message };
    throw error;
  }
}

async function main() {
  const { help, json, rounds, chosen } = readOptions();
  if (help) return console.log(USAGE);
  const machine = describeMachine();
  const busyBefore = await otherWork();
  console.log(`${machine.text}, ${busyBefore} of them busy with other work`);
  const workspace = makeWorkspace();
  const cases = [];
  for (const each of chosen) {
    const result = await measure(each, workspace, each.rounds && (rounds ?? each.rounds));
    printCase(result);
    if (result.failed !== undefined) process.exitCode = 1;
    // Columns are for people.
    const { columns: _, ...data } = result;
    cases.push(data);
  }
  const busyAfter = await otherWork();
  console.log(`\n${busyAfter} cores busy with other work at the end`);
  if (Math.max(busyBefore, busyAfter) > machine.cores / 4) {
    console.log("trust the ratios, which share such work, more than the times");
  }
  if (json === undefined) return;
  const document = {
    schema: "klp-convert-bench",
    schemaVersion: 1,
    date: new Date().toISOString(),
  };
  const about = { node: process.version, ...machine, busyBefore, busyAfter };
  writeFileSync(json, `${JSON.stringify({ ...document, machine: about, cases }, null, 2)}\n`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
