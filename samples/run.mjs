// SPDX-License-Identifier: GPL-2.0-only

// The main job on the modules that come with the project: converts them with their symbols list,
// and shows with readelf, where there is one, what was and what has become of it.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const project = fileURLToPath(new URL("../", import.meta.url));
const at = (...parts) => relative(process.cwd(), join(project, ...parts)) || ".";
const command = at("bin/klp-convert.js");

if (!existsSync(join(project, "dist/klp-convert.cjs"))) {
  console.error("klp-convert is not built: run npm run build");
  process.exit(1);
}
mkdirSync(join(project, "samples/converted"), { recursive: true });
for (const name of ["livepatch-cmdline.ko", "livepatch-demo.ko"]) {
  const input = at("samples/prebuilt", name);
  const output = at("samples/converted", name);
  const list = at("samples/prebuilt/Symbols.list");

  show(`before: ${input}`, input);
  console.log(`\n$ ${command} ${input} ${output} --symbols ${list} --verbose`);
  const { status } = spawnSync(
    process.execPath,
    [command, input, output, "--symbols", list, "--verbose"],
    { stdio: ["ignore", "inherit", "inherit"] },
  );
  if (status !== 0) process.exit(1);
  show(`after: ${output}`, output);
  console.log();
}
console.log("The kernel these were built for loads them: see samples/livepatch/README.md.");

/** The lines of readelf that are about livepatch: what is undefined, what livepatch resolves. */
function show(title, module) {
  console.log(`\n${title}`);
  const { status, stdout } = spawnSync("readelf", ["-W", "-S", "-s", module], { encoding: "utf8" });
  if (status !== 0) {
    console.log("  (no readelf here to show it: it is in the package binutils)");
    return;
  }
  const lines = stdout.split("\n").filter((line) => /\.klp\.| UND \S|OS \[0xff20\]/.test(line));
  for (const line of lines) console.log(`  ${line.trim()}`);
}
