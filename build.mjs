// Builds dist/: the command as one bundled CommonJS file, because Node starts that fastest, and
// the library as plain ES modules with their types beside them.
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);

rmSync(join(root, "dist"), { recursive: true, force: true });
const bundle = (entry, outfile, settings) =>
  build({
    absWorkingDir: root,
    ...(entry !== undefined && { entryPoints: [entry] }),
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
/** What not every run needs is loaded by those that do: files in dist/ by what imports call them. */
const loadedWhenNeeded = {
  name: "loaded-when-needed",
  setup: ({ onResolve }) => {
    const files = {
      "./batch.js": "./batch.cjs",
      "./commands.js": "./commands.cjs",
      "./decoders.js": "./decoders.cjs",
      "./inspect-command.js": "./inspect.cjs",
      "./page/index.js": "./inspection-page.cjs",
    };
    onResolve({ filter: /^\.\// }, ({ path }) =>
      files[path] === undefined ? undefined : { path: files[path], external: true },
    );
  },
};
/** The layers that all commands stand on, by what imports from other folders of src/ call them. */
const CORE = [
  ...["elf", "symbols", "livepatch", "check"].map((layer) => `../${layer}/index.js`),
  ...["byte-string", "diagnostics", "modinfo", "version"].map((file) => `../${file}.js`),
];
/** They are in a file of their own: once, whatever a command loads. */
const onCore = {
  name: "on-core",
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^\.\.\// }, ({ path }) =>
      CORE.includes(path) ? { path, namespace: "core" } : undefined,
    );
    onResolve({ filter: /^/, namespace: "core" }, ({ path }) => ({ path, external: true }));
    // Each name by itself: an import of the whole would be copied, with a getter for each.
    onLoad({ filter: /^/, namespace: "core" }, ({ path }) => {
      const names = Object.keys(require("./dist/core.cjs")[path]);
      const from = `require("./core.cjs")[${JSON.stringify(path)}]`;
      return { contents: `export const { ${names.join(", ")} } = ${from};` };
    });
  },
};
await bundle(undefined, "dist/core.cjs", {
  stdin: {
    contents: CORE.map((path) => `export * as "${path}" from "${path}";`).join("\n"),
    resolveDir: join(root, "src/cli"),
  },
});
// The command line has what it needs of the layers for itself, which is little.
await bundle("src/cli/main.ts", "dist/klp-convert.cjs", {
  // commander starts subcommands that are programs of their own by it; here there are none, and
  // loading it costs every start about 2 ms.
  alias: { "node:child_process": "./src/cli/no-child-process.ts" },
  plugins: [loadedWhenNeeded],
});
await bundle("src/cli/commands.ts", "dist/commands.cjs", { plugins: [loadedWhenNeeded, onCore] });
// A batch and its threads: a thread needs no command line, and other commands need no threads.
await bundle("src/cli/batch.ts", "dist/batch.cjs", { plugins: [loadedWhenNeeded, onCore] });
await bundle("src/cli/inspect-command.ts", "dist/inspect.cjs", {
  plugins: [loadedWhenNeeded, onCore],
});
await bundle("src/cli/page/index.ts", "dist/inspection-page.cjs");
// The decoders of xz and zstd are as large as half the rest.
await bundle("src/cli/decoders.ts", "dist/decoders.cjs");
for (const name of readdirSync(join(root, "dist")).filter((each) => each.endsWith(".cjs"))) {
  // They are read as Latin-1, which is faster.
  if (readFileSync(join(root, "dist", name)).some((byte) => byte > 0x7f)) {
    throw new Error(
      `dist/${name} is not ASCII: esbuild leaves characters in tagged templates as they are`,
    );
  }
}
keepCompiledCode();
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

/**
 * Runs a conversion and keeps what V8 has compiled for it, see bin/klp-convert.js. The list is as long as
 * that of a kernel: of short ones other code is in charge.
 */
function keepCompiledCode() {
  const folder = mkdtempSync(join(tmpdir(), "klp-convert-build-"));
  const sample = (name) => join(root, "samples/prebuilt", name);
  const list = join(folder, "Symbols.list");
  const names = Array.from({ length: 20_000 }, (_, i) => `symbol_of_a_module_${i}\n`).join("");
  writeFileSync(list, `${readFileSync(sample("Symbols.list"))}*some_module\n${names}`);
  const args = [sample("livepatch-cmdline.ko"), join(folder, "out.ko"), "--symbols", list];
  try {
    execFileSync(process.execPath, [join(root, "keep-code.cjs"), ...args], { stdio: "inherit" });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
