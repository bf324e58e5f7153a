// SPDX-License-Identifier: GPL-2.0-only

// Intermediate modules that there are not, of 250 kB: 1,200 functions, 3,000 relocations, of which 150
// are of symbols that only a list knows, and 50 kB of what the conversion does not look at. The same
// in each run.

import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { pick, randomNumbers } from "./random.mjs";

const SOURCE = fileURLToPath(new URL("../test/livepatch/intermediate.ts", import.meta.url));
const FUNCTIONS = 1200;
const RELOCATIONS = 3000;
/** Symbols of the kernel in a module. */
const SYMBOLS = 40;
/** R_X86_64_PC32. */
const TYPE = 2;

/** Makes `count` modules that use symbols which in `list` only `vmlinux` has, each its own. */
export async function generateModules(vmlinux, list, count, { path }) {
  const outfile = path("intermediate.mjs");
  const settings = { bundle: true, platform: "node", format: "esm", logLevel: "warning" };
  await build({ entryPoints: [SOURCE], outfile, ...settings });
  const { buildIntermediate } = await import(outfile);
  const random = randomNumbers(3);
  const names = uniqueNames(vmlinux, list);
  return Array.from({ length: count }, (_, module) => {
    const used = [...new Set(Array.from({ length: SYMBOLS }, () => pick(names, random)))];
    const functions = Array.from({ length: FUNCTIONS }, (_, i) => `function_${module}_${i}`);
    const uses = Array.from({ length: RELOCATIONS }, (_, i) => {
      const symbol = i % 20 === 0 ? used[(i / 20) % used.length] : functions[i % FUNCTIONS];
      return { offset: i * 16 + 4, type: TYPE, symbol, addend: -4 };
    });
    return buildIntermediate({
      undefined: used,
      symbols: functions.map((name, i) => {
        return { name, section: ".text.more", value: i * 48, size: 48, type: 2, bind: 0 };
      }),
      sections: [
        { name: ".text.more", flags: 6, size: 60_000, addralign: 16 },
        { name: ".debug_str", size: 50_000 },
      ],
      uses: { ".text.more": uses },
    });
  });
}

/** What vmlinux alone has, once, and nobody exports. */
function uniqueNames(vmlinux, list) {
  const counts = new Map();
  for (const name of list.split("\n")) counts.set(name, (counts.get(name) ?? 0) + 1);
  return vmlinux
    .map(({ name }) => name)
    .filter((name) => counts.get(name) === 1 && !name.startsWith("__ksymtab_"))
    .filter((name) => !counts.has(`__ksymtab_${name}`));
}
