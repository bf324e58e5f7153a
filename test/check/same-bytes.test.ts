// SPDX-License-Identifier: GPL-2.0-only
import { afterEach, describe, expect, test, vi } from "vitest";
import { areSameAt, firstDifference } from "../../src/check/same-bytes.js";

afterEach(() => {
  vi.unstubAllGlobals();
});

describe.each([
  ["Node's own way", Buffer],
  ["no Buffer", undefined],
])("by %s", (_, buffer) => {
  test.each([0, 1, 3, 255, 256, 257, 5000])("%i bytes are the same, or differ in one", (size) => {
    vi.stubGlobal("Buffer", buffer);
    // Neither begins at a word.
    const one = Uint8Array.from({ length: size + 9 }, (_, at) => (at - 3) & 0xff).subarray(3);
    const other = Uint8Array.from({ length: size + 9 }, (_, at) => (at - 1) & 0xff).subarray(1);
    expect(areSameAt(one, 0, other, 0, size)).toBe(true);
    expect(firstDifference(one.subarray(0, size), other.subarray(0, size))).toBe(size);
    for (const at of new Set([0, size >> 1, size - 1])) {
      if (at < 0 || size === 0) continue;
      const changed = one.slice();
      changed[at]! ^= 0x80;
      expect(areSameAt(changed, 0, other, 0, size)).toBe(false);
      expect(areSameAt(changed, at + 1, other, at + 1, size - at - 1)).toBe(true);
      expect(firstDifference(changed.subarray(0, size), other.subarray(0, size))).toBe(at);
    }
  });
});
