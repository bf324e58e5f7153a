// Runs the kernel tests: `npm run test:kernel -- --all` everything that they otherwise take only a
// part of, `--kernel VMLINUZ --headers DIR` on a kernel of one's own. All other arguments are vitest's.
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));
const args = process.argv.slice(2);
const chosen = {};

for (const [option, variable] of [
  ["--kernel", "KLP_TEST_VMLINUZ"],
  ["--headers", "KLP_TEST_HEADERS"],
]) {
  const at = args.indexOf(option);
  if (at >= 0) {
    const [, path] = args.splice(at, 2);
    if (path === undefined) {
      console.error(`${option} needs a path`);
      process.exit(2);
    }
    chosen[variable] = resolve(path);
  }
}
if (args.includes("--all")) {
  args.splice(args.indexOf("--all"), 1);
  Object.assign(chosen, { KLP_TEST_ALL: "1", KLP_TEST_ALL_POSITIONS: "1" });
}

const { status } = spawnSync(process.execPath, [vitest, "run", "--project", "kernel", ...args], {
  env: { ...process.env, ...chosen },
  stdio: "inherit",
});
process.exitCode = status ?? 1;
