// SPDX-License-Identifier: GPL-2.0-only

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { convert } from "../../../src/index.js";
import { fixture, fixtureSymbols } from "../../fixtures.js";
import { broken, build, LIVEPATCH, ONE } from "./livepatch-module.js";

describe("rules about livepatch sections", () => {
  const module = convert(fixture("x86_64"), { symbols: fixtureSymbols() }).output!;

  test("survive any few bytes of a module", () => {
    const edits = fc.array(fc.tuple(fc.nat(module.length - 1), fc.nat(255)), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(edits, (changes) => {
        const copy = module.slice();
        for (const [at, byte] of changes) copy[at] = byte;
        broken(copy);
      }),
      { numRuns: 300 },
    );
  });

  test("survive a module that ends anywhere", () => {
    for (let end = 0; end < module.length; end += 97) broken(module.subarray(0, end));
  });

  test("take no longer for many faults than for as many relocations", () => {
    const entries = Array.from({ length: 100_000 }, (_, i) => ({
      offset: 1_000_000,
      type: 1,
      symbol: i % 3 === 0 ? 0 : i % 3 === 1 ? ONE : 1_000_000 + i,
    }));
    const { bytes } = build({
      relocations: [
        { name: ".klp.rela.vmlinux..data", section: ".data", flags: LIVEPATCH, entries },
        { name: ".rela.more", section: ".data", entries },
      ],
    });
    const start = performance.now();
    expect(broken(bytes).length).toBeGreaterThan(50);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
