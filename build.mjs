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
await build({
  absWorkingDir: root,
  entryPoints: ["src/cli/main.ts"],
  outfile: "dist/klp-convert.cjs",
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  // Identifiers stay, so that a stack trace can be read.
  minifyWhitespace: true,
  minifySyntax: true,
  // commander starts subcommands that are programs of their own by it; here there are none, and
  // loading it costs every start about 2 ms.
  alias: { "node:child_process": "./src/cli/no-child-process.ts" },
  logLevel: "warning",
});
// commander travels inside the bundle, so its licence has to travel with it.
copyFileSync(
  join(dirname(require.resolve("commander")), "LICENSE"),
  join(root, "dist/LICENSE.commander"),
);
execFileSync(
  process.execPath,
  [require.resolve("typescript/bin/tsc"), "-p", "tsconfig.build.json"],
  {
    cwd: root,
    stdio: "inherit",
  },
);
