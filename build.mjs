// Builds dist/: the command as one bundled CommonJS file, because Node starts that fastest, and
// the library as plain ES modules with their types beside them.
import { execFileSync } from "node:child_process";
import { copyFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);

rmSync(join(root, "dist"), { recursive: true, force: true });
const bundle = (entry, outfile, settings) =>
  build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    // import() becomes require(): the loader of ES modules would cost some 50 ms.
    supported: { "dynamic-import": false },
    // Identifiers stay, so that a stack trace can be read.
    minifyWhitespace: true,
    minifySyntax: true,
    logLevel: "warning",
    ...settings,
  });
/** What nearly no run needs is loaded by those that do: files in dist/ by what imports call them. */
const loadedWhenNeeded = {
  name: "loaded-when-needed",
  setup: ({ onResolve }) => {
    const files = {
      "./batch.js": "./batch.cjs",
      "./checking.js": "./check.cjs",
      "./decoders.js": "./decoders.cjs",
      "./inspect-command.js": "./inspect.cjs",
      "./page/index.js": "./inspection-page.cjs",
    };
    onResolve({ filter: /^\.\// }, ({ path }) =>
      files[path] === undefined ? undefined : { path: files[path], external: true },
    );
  },
};
await bundle("src/cli/main.ts", "dist/klp-convert.cjs", {
  // commander starts subcommands that are programs of their own by it; here there are none, and
  // loading it costs every start about 2 ms.
  alias: { "node:child_process": "./src/cli/no-child-process.ts" },
  plugins: [loadedWhenNeeded],
});
// A batch and its threads: a thread needs no command line, and other commands need no threads.
await bundle("src/cli/batch.ts", "dist/batch.cjs", { plugins: [loadedWhenNeeded] });
// The decoders of xz and zstd are as large as the rest.
await bundle("src/cli/decoders.ts", "dist/decoders.cjs");
// check and inspect have the layers below them a second time: that costs their users some 250 KB, and
// in one file with the rest they would cost every start some milliseconds.
await bundle("src/cli/checking.ts", "dist/check.cjs", { plugins: [loadedWhenNeeded] });
await bundle("src/cli/inspect-command.ts", "dist/inspect.cjs", { plugins: [loadedWhenNeeded] });
await bundle("src/cli/page/index.ts", "dist/inspection-page.cjs");
// What travels inside the bundles has its licence travel with it. xz-decompress has no such file: its
// notice, a legal comment, stays in the bundle.
const licences = {
  "p-limit": join(root, "node_modules/p-limit/license"),
  "yocto-queue": join(root, "node_modules/yocto-queue/license"),
  commander: join(dirname(require.resolve("commander")), "LICENSE"),
  zstddec: join(root, "node_modules/zstddec/LICENSE"),
};
for (const [name, file] of Object.entries(licences)) {
  copyFileSync(file, join(root, `dist/LICENSE.${name}`));
}
execFileSync(
  process.execPath,
  [require.resolve("typescript/bin/tsc"), "-p", "tsconfig.build.json"],
  {
    cwd: root,
    stdio: "inherit",
  },
);
