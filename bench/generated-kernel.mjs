// SPDX-License-Identifier: GPL-2.0-only

// Symbols of a kernel that there is not, as many as Debian's 6.1 for x86_64 has: 94,266 of vmlinux,
// and 4,023 modules with which a symbols list of format 0.1 has 705,000 lines. The same in each
// run.

import { fromQuantiles, pick, randomNumbers } from "./random.mjs";
import { symbolName } from "./symbol-names.mjs";

/**
 * vmlinux in the order of its addresses. `first` are names that have to be there: what the sample
 * livepatch uses, and the bounds by which percpu variables are known.
 */
const REGIONS = [
  { count: 383, types: "A", base: 0, step: 0x100, first: ["fixed_percpu_data", "__per_cpu_start"] },
  {
    count: 49_674,
    types: "TTTTTTTTTTttttttttttt",
    base: 0x8100_0000,
    step: 0x200,
    first: [
      "__fentry__",
      "klp_enable_patch",
      "seq_printf",
      "__x86_return_thunk",
      "cmdline_proc_show",
    ],
  },
  {
    count: 11_329,
    types: "r",
    base: 0x8200_0000,
    step: 0x20,
    prefix: "__ksymtab_",
    first: ["__ksymtab_klp_enable_patch", "__ksymtab_seq_printf"],
  },
  { count: 29_459, types: "Ddddddddd", base: 0x8240_0000, step: 0x100, first: [] },
  { count: 3_421, types: "Bbbbb", base: 0x8300_0000, step: 0x400, first: ["saved_command_line"] },
];

const MODULES = 4023;
/** Each twentieth of the modules has at most as many symbols. */
const MODULE_SIZES = [
  15, 21, 25, 28, 31, 34, 38, 41, 45, 49, 54, 61, 70, 80, 94, 109, 132, 175, 253, 493, 2310,
];
const OF_EVERY_MODULE = ["_note_10", "_note_9", "__this_module"];

/** The symbols of vmlinux: `address`, the low half of it, `type` and `name`. */
export function generateVmlinux() {
  const random = randomNumbers(1);
  return REGIONS.flatMap(({ count, types, base, step, first, prefix = "" }) => {
    let address = base;
    return Array.from({ length: count }, (_, i) => {
      const name = first[i] ?? prefix + symbolName(random);
      const symbol = { address, type: pick(types, random), name };
      address += Math.floor(random() * step);
      return symbol;
    });
  });
}

/** vmlinux as /proc/kallsyms shows it to root. */
export function kallsymsText(vmlinux) {
  return vmlinux
    .map(({ address, type, name }) => {
      const high = type === "A" ? "00000000" : "ffffffff";
      return `${high}${address.toString(16).padStart(8, "0")} ${type} ${name}\n`;
    })
    .join("");
}

/** A symbols list of vmlinux alone. */
export function vmlinuxList(vmlinux) {
  const names = vmlinux.map(({ name }) => `${name}\n`).join("");
  return `klp-convert-symbol-data.0.1\n*vmlinux\n${names}`;
}

/** A symbols list of vmlinux and all modules. */
export function fullList(vmlinux) {
  const random = randomNumbers(2);
  const objects = [vmlinuxList(vmlinux)];
  for (let module = 0; module < MODULES; module++) {
    const size = fromQuantiles(MODULE_SIZES, random());
    const lines = [`*module_${module}`, ...OF_EVERY_MODULE];
    while (lines.length <= size) {
      lines.push((random() < 0.025 ? "__ksymtab_" : "") + symbolName(random));
    }
    objects.push(`${lines.join("\n")}\n`);
  }
  return objects.join("");
}
