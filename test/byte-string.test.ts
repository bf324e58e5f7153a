// SPDX-License-Identifier: GPL-2.0-only
import { afterEach, describe, expect, test, vi } from "vitest";
import * as withBuffer from "../src/byte-string.js";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** The same where there is no Buffer, or one without what Node does not document. */
async function without(buffer: unknown): Promise<typeof withBuffer> {
  vi.stubGlobal("Buffer", buffer);
  vi.resetModules();
  return await import("../src/byte-string.js");
}

const everyByte = Uint8Array.from({ length: 10_000 }, (_, at) => at & 0xff);

describe.each([
  ["Node's own way", async () => withBuffer],
  ["no Buffer", () => without(undefined)],
  ["a Buffer that cannot do it", () => without({ prototype: {} })],
])("names by %s", (_, load) => {
  test("have a character for each byte, and become the same bytes again", async () => {
    const { bytesOfName, nameOfBytes } = await load();
    const name = nameOfBytes(everyByte);
    expect(name.length).toBe(10_000);
    expect(name.charCodeAt(4097)).toBe(1);
    expect(name.charCodeAt(9_983)).toBe(0xff);
    expect(bytesOfName(name)).toEqual(everyByte);
  });

  test.each([
    [0, 0, ""],
    [0x41, 0x44, "ABC"],
    [9_999, 10_000, "\x0f"],
    [9_999, 10_010, "\x0f"],
    [10_000, 10_000, ""],
    [10_001, 10_010, ""],
    [5, 4, ""],
  ])("are of what there is from %i up to %i", async (start, end, name) => {
    const { nameOfBytes } = await load();
    expect(nameOfBytes(everyByte, start, end)).toBe(name);
  });

  test("are read where the bytes begin in the middle of others", async () => {
    const { nameOfBytes } = await load();
    expect(nameOfBytes(everyByte.subarray(0x40, 0x44), 1)).toBe("ABC");
  });
});

test("a character that is no byte is refused", () => {
  expect(() => withBuffer.bytesOfName("a\u0100")).toThrow(
    new RangeError("name is not made of bytes: a\u0100"),
  );
});
