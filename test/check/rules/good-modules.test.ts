// SPDX-License-Identifier: GPL-2.0-only

// What conversion makes of good modules violates none of the rules about places.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { convert } from "../../../src/index.js";
import { FIXTURES, fixture, fixtureSymbols } from "../../fixtures.js";
import { findingsOf } from "./places-findings.js";

const IDS = ["L58", "L59", "L60", "L61", "L62", "L64", "L65", "L66", "L67", "L68", "L72", "L73"];

describe("a converted module", () => {
  test.each(FIXTURES)("has no finding: %s", (name) => {
    const input = fixture(name);
    const { output } = convert(input, { symbols: fixtureSymbols() });
    expect(findingsOf(output!, { input, symbols: fixtureSymbols() }, IDS)).toEqual([]);
  });

  test.each(["klp-demo", "livepatch-cmdline", "livepatch-demo"])("has no finding: %s", (name) => {
    const folder = new URL("../../../samples/prebuilt/", import.meta.url);
    const read = (file: string) => new Uint8Array(readFileSync(new URL(file, folder)));
    const symbols = { file: "Symbols.list", bytes: read("Symbols.list") };
    const input = read(`${name}.ko`);
    const { output = input } = convert(input, { symbols });
    expect(findingsOf(output, { input, symbols }, IDS)).toEqual([]);
  });
});
