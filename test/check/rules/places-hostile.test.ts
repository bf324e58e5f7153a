// SPDX-License-Identifier: GPL-2.0-only

// Files may be anything: no rule throws, whatever is in them, and none takes long.

import { expect, test } from "vitest";
import { RULES } from "../../../src/check/contract.js";
import { examine } from "../../../src/check/examine.js";
import { convert } from "../../../src/index.js";
import { FIXTURES, fixture, fixtureSymbols } from "../../fixtures.js";
import { buildConverted, ofBar, ofFoo } from "./converted.js";
import { subjectOf } from "./places-findings.js";

/** Numbers that look like chance and are the same in every run. */
function* numbers(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state >>> 8;
  }
}

test.each(FIXTURES)("a damaged module is examined all the same: %s", (name) => {
  const input = fixture(name);
  const symbols = fixtureSymbols();
  const good = convert(input, { symbols }).output!;
  const random = numbers(name.length);
  const next = (limit: number) => random.next().value % limit;
  for (let run = 0; run < 60; run++) {
    const bytes = good.slice();
    const count = 1 + next(8);
    for (let i = 0; i < count; i++) {
      // Half of the damage in the last part, where the headers are.
      const start = next(2) === 0 ? 0 : Math.floor((bytes.length * 2) / 3);
      bytes[start + next(bytes.length - start)] = [0, 0xff, 1, 0x80, next(256)][next(5)]!;
    }
    const cut = next(20) === 0 ? bytes.subarray(0, next(bytes.length)) : bytes;
    const subject = subjectOf(cut, { input, symbols });
    expect(() => examine(subject, RULES)).not.toThrow();
  }
});

test("many relocations take little time", () => {
  const many = 20_000;
  const bytes = buildConverted({
    livepatch: {
      "vmlinux .text": Array.from({ length: many }, (_, i) => ofFoo(2, i % 60)),
      "ext4 .data": Array.from({ length: many }, (_, i) => ofBar(1, (many - i) % 60)),
    },
  });
  const start = performance.now();
  examine(subjectOf(bytes, { input: bytes }), RULES);
  expect(performance.now() - start).toBeLessThan(10_000);
});
