// SPDX-License-Identifier: GPL-2.0-only

// Each fixture, converted, as text. `npm run golden` writes the files anew; read what changed
// before committing it.

import { expect, test } from "vitest";
import { diagnosticText } from "../src/cli/diagnostic-text.js";
import { convert } from "../src/index.js";
import { dumpElf } from "./elf-dump.js";
import { FIXTURES, fixture, fixtureSymbols } from "./fixtures.js";

test.each(FIXTURES)("%s converts as it did", async (name) => {
  const { output, diagnostics, report } = convert(fixture(name), {
    file: `${name}.in.ko`,
    symbols: fixtureSymbols(),
  });
  const messages = diagnostics.map((each) => diagnosticText(each, false)).join("");
  const decisions = report.symbols
    .map(
      ({ name: symbol, livepatchName, why }) =>
        `${symbol} -> ${livepatchName ?? "stays"}: ${why}\n`,
    )
    .join("");
  const text = `${messages}\n${decisions}\n${dumpElf(output!)}`;
  await expect(text).toMatchFileSnapshot(`golden/${name}.txt`);
});
