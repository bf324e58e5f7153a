// SPDX-License-Identifier: GPL-2.0-only

// Intermediate modules that there are not, the same in each run.

import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { pick, randomNumbers } from "./random.mjs";

const SOURCE = fileURLToPath(new URL("../test/livepatch/intermediate.ts", import.meta.url));
/** R_X86_64_PC32. */
const TYPE = 2;

/**
 * Loads what makes modules; the result makes one of a `shape`:
 *
 *     used         names of symbols of the kernel, which only a list knows
 *     uses         relocations of them
 *     functions    functions of the module's own
 *     calls        relocations of those
 *     debug        bytes that the conversion does not look at
 *     label        what the names of the module's own begin with
 */
export async function moduleMaker({ path }) {
  const outfile = path("intermediate.mjs");
  const settings = { bundle: true, platform: "node", format: "esm", logLevel: "warning" };
  await build({ entryPoints: [SOURCE], outfile, ...settings });
  const { buildIntermediate } = await import(outfile);
  return ({ used, uses, functions = 1, calls = 0, debug = 0, label = "function" }) => {
    const names = Array.from({ length: functions }, (_, i) => `${label}_${i}`);
    const count = uses + calls;
    // Those of the kernel are spread among the others.
    const every = Math.max(1, Math.floor(count / Math.max(uses, 1)));
    const relocations = Array.from({ length: count }, (_, i) => {
      const isUse = i % every === 0 && i / every < uses;
      const symbol = isUse ? used[(i / every) % used.length] : names[i % functions];
      return { offset: i * 16 + 4, type: TYPE, symbol, addend: -4 };
    });
    return buildIntermediate({
      undefined: used,
      symbols: names.map((name, i) => {
        return { name, section: ".text.more", value: i * 16, size: 16, type: 2, bind: 0 };
      }),
      sections: [
        { name: ".text.more", flags: 6, size: 16 * Math.max(count, functions) + 16, addralign: 16 },
        { name: ".gnu.linkonce.this_module", flags: 3, size: 1280, addralign: 64 },
        { name: ".debug_str", size: debug },
      ],
      uses: { ".text.more": relocations },
    });
  };
}

/** What vmlinux alone has, once, and nobody exports, as `list` says. */
export function uniqueNames(vmlinux, list) {
  const counts = new Map();
  for (const name of list.split("\n")) counts.set(name, (counts.get(name) ?? 0) + 1);
  return vmlinux
    .map(({ name }) => name)
    .filter((name) => counts.get(name) === 1 && !name.startsWith("__ksymtab_"))
    .filter((name) => !counts.has(`__ksymtab_${name}`));
}

/** `count` shapes of modules of 250 kB, each with 40 of the names and 150 uses of them. */
export function smallShapes(names, count) {
  const random = randomNumbers(3);
  return Array.from({ length: count }, (_, module) => ({
    used: [...new Set(Array.from({ length: 40 }, () => pick(names, random)))],
    uses: 150,
    functions: 1200,
    calls: 2850,
    debug: 50_000,
    label: `function_${module}`,
  }));
}
