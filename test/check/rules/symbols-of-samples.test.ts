// SPDX-License-Identifier: GPL-2.0-only

// The rules of symbols on modules that were converted as they should be, and on the same with one
// name changed: what the kernel makes of them is known from booted ones.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { RULES } from "../../../src/check/contract.js";
import { examine } from "../../../src/check/examine.js";
import { wantedNames } from "../../../src/check/wanted-names.js";
import { convert } from "../../../src/index.js";
import { FIXTURES, fixture, fixtureSymbols } from "../../fixtures.js";
import { subjectOf } from "../checked-module.js";

const MINE = /^L(?:4[1-9]|5[1-7]|7[01])$/;
const OWN_RULES = RULES.filter(({ id }) => MINE.test(id));

const samples = new URL("../../../samples/prebuilt/", import.meta.url);
const sample = (name: string) => new Uint8Array(readFileSync(new URL(name, samples)));
const SAMPLES = { "Symbols.list": sample("Symbols.list"), "klp-demo.ko": sample("klp-demo.ko") };

function converted(input: Uint8Array, symbols = fixtureSymbols()): Uint8Array {
  const { output, diagnostics } = convert(input, { symbols, lateBind: [] });
  if (output === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return output;
}

/** The module with a name changed into one that is as long, wherever it stands. */
function renamed(bytes: Uint8Array, from: string, to: string): Uint8Array {
  if (from.length !== to.length) throw new Error("names of two lengths");
  const text = Buffer.from(bytes).toString("latin1");
  if (!text.includes(from)) throw new Error(`there is no ${from}`);
  return new Uint8Array(Buffer.from(text.replaceAll(from, to), "latin1"));
}

describe("a module that was converted as it should be", () => {
  it.each(FIXTURES)("%s", (name) => {
    const input = fixture(name);
    const symbols = { "Symbols.list": fixtureSymbols().bytes };
    const { findings } = examine(subjectOf(converted(input), { symbols, input }), OWN_RULES);
    expect(findings).toEqual([]);
  });

  it.each(["livepatch-demo.ko", "livepatch-cmdline.ko"])("%s", (name) => {
    const input = sample(name);
    const module = converted(input, { file: "Symbols.list", bytes: SAMPLES["Symbols.list"] });
    const { findings, verdict } = examine(
      subjectOf(module, { symbols: SAMPLES, input }),
      OWN_RULES,
    );
    expect(findings).toEqual([]);
    expect(verdict.text).toBe("loads");
  });
});

describe("with one name changed", () => {
  const input = sample("livepatch-demo.ko");
  const good = converted(input, { file: "Symbols.list", bytes: SAMPLES["Symbols.list"] });
  const verdict = (from: string, to: string) => {
    const { findings, verdict } = examine(
      subjectOf(renamed(good, from, to), { symbols: SAMPLES }),
      OWN_RULES,
    );
    return [findings.map(({ rule }) => rule), verdict.before, verdict.after];
  };

  it.each([
    [
      ".klp.sym.klp_demo.gauge_limit,2",
      ".klp.sym.klp_demo.gauge_limit,3",
      "L44",
      "livepatch: symbol position 3 for symbol 'gauge_limit' in object 'klp_demo' not found",
    ],
    [
      ".klp.sym.klp_demo.gauge_limit,2",
      ".klp.sym.klp_demo.gauge_limit,0",
      "L43",
      "livepatch: unresolvable ambiguity for symbol 'gauge_limit' in object 'klp_demo'",
    ],
    [
      ".klp.sym.klp_demo.gauge_limit,2",
      ".klp.sym.klp_demo.gauge_limut,2",
      "L42",
      "livepatch: symbol 'gauge_limut' not found in symbol table",
    ],
    [
      "klp_demo_show\0",
      "klp_demo_shaw\0",
      "L42",
      "livepatch: symbol 'klp_demo_shaw' not found in symbol table",
    ],
  ])("%s to %s", (from, to, rule, message) => {
    // "livepatch_klp_demo_show" ends the same way; the names of functions do not matter here.
    expect(verdict(from, to)).toEqual([
      [rule],
      { kind: "target refused", rule, target: "klp_demo", message, errno: "EINVAL" },
      { kind: "refused", rule, message, errno: "EINVAL" },
    ]);
  });

  it("a position that another symbol has is wrong, if it is known what was meant", () => {
    const module = renamed(
      good,
      ".klp.sym.klp_demo.gauge_limit,2",
      ".klp.sym.klp_demo.gauge_limit,1",
    );
    const { findings, verdict } = examine(
      subjectOf(module, { symbols: SAMPLES, input }),
      OWN_RULES,
    );
    expect(findings.map(({ rule, function: of }) => [rule, of])).toEqual([
      ["L45", "livepatch_klp_demo_show"],
    ]);
    expect(verdict.text).toBe(
      "loads, but wrong: gauge_limit of klp_demo is used where gauge_limit was meant",
    );
  });
});

describe("the names that are asked for", () => {
  it("are known before there are symbols", () => {
    const module = converted(fixture("x86_64"));
    expect([...wantedNames(subjectOf(module, {}))].sort()).toEqual([
      "__fentry__",
      "_printk",
      "cmdline_proc_show",
      "demo_counter",
      "demo_homonym",
      "demo_read",
      "demo_value.isra.3",
      "klp_enable_patch",
      "maybe_absent",
      "saved_command_line",
      "seq_printf",
      "vm_local_func",
    ]);
  });
});

describe("a broken file", () => {
  /** Numbers that look like chance and are always the same. */
  function* numbers(): Generator<number, never> {
    let state = 0x2545f491;
    for (;;) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      yield state >>> 0;
    }
  }

  it.each(FIXTURES)("%s makes no rule throw", (name) => {
    const input = fixture(name);
    const good = converted(input);
    const symbols = { "Symbols.list": fixtureSymbols().bytes };
    const random = numbers();
    const next = (below: number) => random.next().value % below;
    for (let run = 0; run < 40; run++) {
      const module = good.slice();
      for (let i = 0; i < 12; i++) module[next(module.length)] = next(256);
      const subject = subjectOf(module, { symbols, input });
      expect(() => examine(subject, OWN_RULES)).not.toThrow();
    }
  });
});
