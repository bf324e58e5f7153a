// SPDX-License-Identifier: GPL-2.0-only

// Bundles the fuzzer with the sources as they are, and runs it; see README.md here.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const built = join(here, "build");

await build({
  absWorkingDir: here,
  entryPoints: ["main.ts", "worker.ts"],
  outdir: built,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  sourcemap: true,
  // The decoder of xz is CommonJS, and asks for a module of Node's.
  banner: {
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
  },
  // Fixtures are found beside the file that names them; bundled, that is another folder.
  plugins: [
    {
      name: "fixtures-stay",
      setup: ({ onLoad }) =>
        onLoad({ filter: /[\\/]test[\\/]fixtures\.ts$/ }, async ({ path }) => {
          const { readFile } = await import("node:fs/promises");
          const { pathToFileURL } = await import("node:url");
          const text = await readFile(path, "utf8");
          const from = JSON.stringify(pathToFileURL(path).href);
          return { contents: text.replaceAll("import.meta.url", from), loader: "ts" };
        }),
    },
  ],
  logLevel: "warning",
});
// With gc() what a case needs can be told from what the ones before it left behind. Collecting in the
// same thread leaves the machine's other cores alone, and makes the time of a case its own.
const { status, signal } = spawnSync(
  process.execPath,
  [
    "--expose-gc",
    "--single-threaded-gc",
    "--enable-source-maps",
    join(built, "main.mjs"),
    ...process.argv.slice(2),
  ],
  { stdio: "inherit" },
);
if (signal !== null && signal !== "SIGINT") {
  const number = Number(readFileSync(join(built, "last-case"), "latin1"));
  console.log(`the process was ended by ${signal}, by the case of the seed with number ${number}`);
}
process.exitCode = status ?? 1;
