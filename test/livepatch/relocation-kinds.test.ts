// SPDX-License-Identifier: GPL-2.0-only

// That a relocation is sound is said without a look at all that can be wrong with it; it has to be so.

import { expect, test } from "vitest";
import { type Layout, layoutOf, Section } from "../../src/elf/index.js";
import { MACHINES, type Machine } from "../../src/livepatch/machines.js";
import {
  faultOfRelocation,
  RelocationKind,
  type RelocationTrap,
} from "../../src/livepatch/places/relocation-traps.js";
import { relocationTypes } from "../../src/livepatch/relocation-types.js";

const [ALLOC, WRITE, EXECINSTR] = [2, 1, 4];
/** powerpc's bl, and no nop behind it; then what is no branch. */
const WORDS = [0x48000001, 0, 0x60000000, 0, 0, 0x48000001];

function sectionOf(name: string, flags: number, words: readonly number[], { word, shdr }: Layout) {
  const view = new DataView(new ArrayBuffer(4 * words.length));
  for (const [i, value] of words.entries()) word.set(view, 4 * i, value);
  const data = new Uint8Array(view.buffer);
  const header = new DataView(new ArrayBuffer(shdr.size));
  return new Section(1, name, header, data, 1, ALLOC | flags, 0, 0, data.length, 0);
}

/** Every place of a few sections, for all types of a machine. */
function* cases(machine: Machine) {
  const layout = layoutOf(machine.machine === 20 ? 1 : 2, machine.machine !== 20);
  const targets = [
    sectionOf(".text", EXECINSTR, WORDS, layout),
    sectionOf(".data", WRITE, [0, 0, 0, 0], layout),
    sectionOf(".rodata", 0, [0, 0, 0, 0], layout),
  ];
  for (const known of relocationTypes(machine.machine)) {
    for (const gate of ["vmlinux", "ext4"]) {
      for (const target of targets) {
        for (const release of [undefined, "6.1.0", "7.3.0"]) {
          const kind = new RelocationKind(machine, layout, release, gate, target, known);
          for (let offset = 0; offset <= target.size; offset += 2) {
            yield { kind, layout, release, gate, target, offset, type: known.type };
          }
        }
      }
    }
  }
}

const TRAPS: readonly RelocationTrap[] = [
  "type",
  "end",
  "zeros",
  "nop",
  "branch",
  "late",
  "alignment",
  "risk",
];

test("one is sound if nothing is wrong with it, and not if there is, whatever that is", () => {
  const met = new Set<RelocationTrap>();
  const others: string[] = [];
  for (const machine of MACHINES) {
    for (const { kind, layout, release, ...place } of cases(machine)) {
      const placed = { ...place, symbol: "foo" };
      const faults = TRAPS.filter(
        (trap) => faultOfRelocation(machine, layout, release, placed, [trap]) !== undefined,
      );
      if (faults.length === 1) met.add(faults[0]!);
      if (kind.isSoundAt(place.offset) !== (faults.length === 0)) {
        others.push(
          `${machine.name} ${place.type} of ${place.gate} in ${place.target.name}: ${faults}`,
        );
      }
    }
  }
  expect(others).toEqual([]);
  // Each is met alone, so that none can be forgotten.
  expect([...met].sort()).toEqual([...TRAPS].sort());
});
