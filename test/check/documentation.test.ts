// SPDX-License-Identifier: GPL-2.0-only

// The page of the rules is made of the rules. `npm run golden` writes it anew.

import { describe, expect, test } from "vitest";
import { documentRules, RULES } from "../../src/check/index.js";

test("docs/checks.md is what the rules say", async () => {
  await expect(documentRules(RULES)).toMatchFileSnapshot("../../docs/checks.md");
});

describe("the contract", () => {
  test("has every rule once, in order", () => {
    const numbers = Array.from({ length: 75 }, (_, i) => `L${String(i + 1).padStart(2, "0")}`);
    expect(RULES.map(({ id }) => id)).toEqual(numbers);
  });

  test.each(
    RULES.map((rule) => [rule.id, rule] as const),
  )("%s says all there is to say", (_id, rule) => {
    const { title, remedy, source, consequences } = rule;
    for (const text of [title, remedy, source]) {
      expect(text).not.toBe("");
      expect(text).not.toMatch(/[.\n]$/);
    }
    expect(consequences.length).toBeGreaterThan(0);
    for (const { kind, message, errno } of consequences) {
      expect(errno === undefined || /^E[A-Z]+$/.test(errno)).toBe(true);
      if (kind !== "refused") expect(message).toBeUndefined();
    }
  });
});
