// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from "vitest";
import { throwIfWrong } from "../../src/cli/result-check.js";
import { Diagnostics } from "../../src/diagnostics.js";
import { readElf } from "../../src/elf/index.js";
import { convert } from "../../src/index.js";
import { FIXTURES, fixture, fixtureSymbols } from "../fixtures.js";

function converted(name: (typeof FIXTURES)[number]): Uint8Array {
  return convert(fixture(name), { symbols: fixtureSymbols() }).output!.slice();
}

describe("a result that is to be written", () => {
  test.each(FIXTURES)("is right: %s", (name) => {
    expect(() => throwIfWrong(converted(name), fixture(name))).not.toThrow();
  });

  test("is not written if it breaks a rule", () => {
    const output = converted("x86_64");
    const object = readElf(output, new Diagnostics("out.ko"));
    const section = object.sections.find((each) => each.name.startsWith(".klp.rela."))!;
    const { sh_flags } = object.layout.shdr;
    // The header is a view of the output.
    sh_flags.set(section.header, 0, 0x42);
    expect(() => throwIfWrong(output, fixture("x86_64"))).toThrow(
      `the result breaks rule L17: ${section.name}: sh_flags is 0x42, without SHF_RELA_LIVEPATCH (0x100000)`,
    );
    expect(() => throwIfWrong(output, fixture("x86_64"))).toThrow(/; nothing was written$/);
  });
});
