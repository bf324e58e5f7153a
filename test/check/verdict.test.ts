// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { crash, HARMLESS, type Outcome, refused, wrong } from "../../src/check/outcome.js";
import type { Finding } from "../../src/check/rule.js";
import { verdictOf } from "../../src/check/verdict.js";

function finding(rule: string, outcome: Outcome): Finding {
  return { rule, severity: "error", message: "is wrong", outcome, remedy: "mend it" };
}

const LATE = { when: { object: "klp_demo" } } as const;

describe("the verdict", () => {
  test("is that it loads if nothing is found, or nothing that the kernel minds", () => {
    const ending = { kind: "loads" };
    const verdict = { text: "loads", before: ending, after: ending };
    expect(verdictOf([])).toEqual(verdict);
    expect(verdictOf([finding("L29", HARMLESS)])).toEqual(verdict);
  });

  test("is the kernel's own line if it refuses the patch", () => {
    const verdict = verdictOf([finding("L18", refused("relocation", "EINVAL", "livepatch: no"))]);
    const ending = { kind: "refused", rule: "L18", message: "livepatch: no", errno: "EINVAL" };
    expect(verdict).toEqual({ text: "refused: livepatch: no", before: ending, after: ending });
  });

  test("is what the kernel comes to first, in the order of loading and then of the file", () => {
    const found = [
      finding("L42", refused("objects", "EINVAL", "fourth")),
      finding("L33", refused("relocation", "EINVAL", "third", { order: 7 })),
      finding("L36", wrong("something else")),
      finding("L34", refused("relocation", "EINVAL", "second", { order: 3 })),
      finding("L53", refused("imports", "ENOENT", "first")),
    ];
    for (const text of ["first", "second", "third", "fourth"]) {
      expect(verdictOf(found).text).toBe(`refused: ${text}`);
      found.splice(
        found.findIndex(({ outcome }) => outcome.kind === "refused" && outcome.message === text),
        1,
      );
    }
    expect(verdictOf(found).text).toBe("loads, but wrong: something else");
  });

  test("tells of the object that is refused where the patch came before it", () => {
    const verdict = verdictOf([finding("L42", refused("objects", "EINVAL", "not found", LATE))]);
    expect(verdict).toEqual({
      text: "refused: not found (if loaded after what it patches; before, it loads, but wrong: klp_demo cannot be loaded any more: not found)",
      before: {
        kind: "target refused",
        rule: "L42",
        target: "klp_demo",
        message: "not found",
        errno: "EINVAL",
      },
      after: { kind: "refused", rule: "L42", message: "not found", errno: "EINVAL" },
    });
  });

  test("tells the worst of what is loaded, a crash before all", () => {
    const found = [
      finding("L20", wrong("it is never applied")),
      finding("L22", crash("it writes")),
    ];
    expect(verdictOf(found).text).toBe("loads, but wrong: the kernel crashes: it writes");
    expect(verdictOf(found).before).toEqual({ kind: "crash", rule: "L22", text: "it writes" });
  });

  test("says in which order of loading something shows", () => {
    expect(verdictOf([finding("L46", wrong("another symbol", "before"))]).text).toBe(
      "loads, but wrong: another symbol (if loaded before what it patches)",
    );
    expect(verdictOf([finding("L46", wrong("another symbol", "after"))]).text).toBe(
      "loads, but wrong: another symbol (if loaded after what it patches)",
    );
    expect(
      verdictOf([
        finding("L46", wrong("another symbol", "after")),
        finding("L22", crash("it writes", "before")),
      ]).text,
    ).toBe(
      "loads, but wrong: the kernel crashes: it writes (if loaded before what it patches; after, it loads, but wrong: another symbol)",
    );
  });
});
