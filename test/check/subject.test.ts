// SPDX-License-Identifier: GPL-2.0-only
import { expect, test } from "vitest";
import { Subject } from "../../src/check/subject.js";
import { KEPT_NAMES } from "../../src/elf/index.js";
import { buildElf, SHN } from "../elf-builder.js";

test("names of livepatch symbols are read, also of those that are not kept", () => {
  const symbols = Array.from({ length: KEPT_NAMES + 2 }, (_, i) => ({
    name: `.klp.sym.vmlinux.name${i},${i % 10}`,
    section: SHN.LIVEPATCH,
  }));
  const subject = new Subject("out.ko", buildElf({ symbols }), {});
  // The null symbol is before them.
  for (const symbol of [1, KEPT_NAMES - 1, KEPT_NAMES, KEPT_NAMES + 2]) {
    const expected = { name: `name${symbol - 1}`, position: (symbol - 1) % 10 };
    expect(subject.symbolName(symbol)).toMatchObject(expected);
    expect(subject.symbolName(symbol)).toMatchObject(expected);
  }
  expect(subject.symbolName(KEPT_NAMES - 1)).toBe(subject.symbolName(KEPT_NAMES - 1));
  expect(subject.symbolName(KEPT_NAMES)).not.toBe(subject.symbolName(KEPT_NAMES));
});
