// SPDX-License-Identifier: GPL-2.0-only

// A folder for one run of the benchmarks, with a copy of the built command: a build that somebody
// starts meanwhile takes dist/ away for a while, and must not change what is measured.

import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const project = fileURLToPath(new URL("../", import.meta.url));
const BUILT = "dist/klp-convert.cjs";

/**
 * Makes the folder, which goes when this process does.
 *
 * `tool` is the command, `path(name)` a file in the folder, `add(name, contents)` writes one there
 * and returns its path, `project(name)` is a file of the project.
 */
export function makeWorkspace() {
  if (!existsSync(join(project, BUILT))) {
    throw new Error(`${BUILT} is not there: npm run build`);
  }
  const folder = mkdtempSync(join(tmpdir(), "klp-convert-bench-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  // Without a listener a signal would end the process, and "exit" would not come.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1));
  const bundles = readdirSync(join(project, "dist")).filter((name) => /\.(cjs|code)$/.test(name));
  for (const name of ["bin", ...bundles.map((name) => `dist/${name}`)]) {
    cpSync(join(project, name), join(folder, "tool", name), { recursive: true });
  }
  const path = (name) => join(folder, name);
  return {
    tool: path("tool/bin/klp-convert.js"),
    path,
    add: (name, contents) => {
      writeFileSync(path(name), contents);
      return path(name);
    },
    project: (name) => join(project, name),
  };
}
