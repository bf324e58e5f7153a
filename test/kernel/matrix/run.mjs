// Prepares the cells of the matrix and boots them: `npm run test:matrix -- --only s390x,7.3` some of
// them, by architectures, kernels or names; `--plan` only says what there is to prepare. All other
// arguments are vitest's.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { chooseCells, prepareCells } from "./prepare.mjs";

const file = (path) => fileURLToPath(new URL(path, import.meta.url));

try {
  const args = process.argv.slice(2);
  const at = args.indexOf("--only");
  const only = at < 0 ? undefined : args.splice(at, 2)[1];
  const isPlan = args.includes("--plan");
  prepareCells(chooseCells(only), isPlan);
  if (!isPlan) {
    const vitest = file("../../../node_modules/vitest/vitest.mjs");
    const options = ["run", "--config", file("vitest.config.ts"), ...args];
    const { status } = spawnSync(process.execPath, [vitest, ...options], {
      cwd: file("../../../"),
      env: { ...process.env, ...(only !== undefined && { KLP_TEST_CELLS: only }) },
      stdio: "inherit",
    });
    process.exitCode = status ?? 1;
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
