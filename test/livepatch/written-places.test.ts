// SPDX-License-Identifier: GPL-2.0-only
import { expect, test } from "vitest";
import { WrittenPlaces } from "../../src/livepatch/places/written-places.js";

type Writes = readonly (readonly [offset: number, width: number])[];

/** Beyond it, numbers are not exact. */
const LARGE = 2 ** 53;

test.each<[string, readonly Writes[], boolean]>([
  ["nothing", [], true],
  [
    "in order",
    [
      [
        [0, 8],
        [8, 4],
        [12, 8],
      ],
    ],
    true,
  ],
  [
    "in order, in several tables",
    [
      [[0, 8]],
      [
        [8, 8],
        [16, 4],
      ],
    ],
    true,
  ],
  ["in another order", [[[8, 8]], [[0, 8]]], true],
  [
    "in order, tables in turns",
    [
      [
        [0, 8],
        [16, 8],
      ],
      [
        [8, 8],
        [24, 4],
      ],
    ],
    true,
  ],
  [
    "one that reaches into the next of another table in turn",
    [
      [
        [0, 8],
        [16, 8],
      ],
      [
        [8, 9],
        [24, 4],
      ],
    ],
    false,
  ],
  [
    "in more tables than are merged",
    Array.from({ length: 12 }, (_, i): Writes => [[8 * i, 8]]),
    true,
  ],
  ["twice the same in many", Array.from({ length: 12 }, (): Writes => [[8, 8]]), false],
  [
    "one that reaches into the next",
    [
      [
        [0, 8],
        [7, 1],
      ],
    ],
    false,
  ],
  [
    "one that reaches into one of another table",
    [
      [
        [8, 8],
        [16, 8],
      ],
      [
        [0, 4],
        [4, 8],
      ],
    ],
    false,
  ],
  [
    "twice the same",
    [
      [
        [8, 4],
        [8, 4],
      ],
    ],
    false,
  ],
  [
    "nothing where another writes",
    [
      [
        [8, 4],
        [8, 0],
        [9, 0],
      ],
    ],
    true,
  ],
  [
    "where numbers are not exact",
    [
      [
        [LARGE, 4],
        [LARGE + 4, 4],
      ],
    ],
    false,
  ],
])("%s", (_, tables, areDisjoint) => {
  const places = new WrittenPlaces();
  for (const writes of tables) {
    places.addAll(
      writes.map(([offset]) => offset),
      writes.map(([, width]) => width),
    );
  }
  expect(places.areDisjoint()).toBe(areDisjoint);
});
