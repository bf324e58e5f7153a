// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { throwIfWrong } from "../../src/cli/result-check.js";
import { convert } from "../../src/index.js";
import { FIXTURES, fixture, fixtureSymbols } from "../fixtures.js";
import { buildIntermediate } from "../livepatch/intermediate.js";
import { withoutLivepatchFlag } from "./damaged-module.js";

function converted(name: (typeof FIXTURES)[number]): Uint8Array {
  return convert(fixture(name), { symbols: fixtureSymbols() }).output!.slice();
}

describe("a result that is to be written", () => {
  test.each(FIXTURES)("is right: %s", (name) => {
    expect(() => throwIfWrong(converted(name), fixture(name))).not.toThrow();
  });

  test("is not doubted for an address of 32 bits, which symbols of percpu data have", () => {
    const input = buildIntermediate({
      undefined: ["one"],
      annotations: { vmlinux: [["one", 0]] },
      uses: { ".data": [{ offset: 0, type: 10, symbol: "one" }] },
    });
    const { output } = convert(input);
    expect(() => throwIfWrong(output!, input)).not.toThrow();
  });

  test("is not written if it breaks a rule", () => {
    const output = withoutLivepatchFlag(converted("x86_64"));
    expect(() => throwIfWrong(output, fixture("x86_64"))).toThrow(
      `the result breaks rule L17: .klp.rela.vmlinux.text: sh_flags is 0x42, without SHF_RELA_LIVEPATCH (0x100000)`,
    );
    expect(() => throwIfWrong(output, fixture("x86_64"))).toThrow(/; nothing was written$/);
  });
});
