// Prepares the cells of the matrix and boots them: `npm run test:matrix -- --only s390x,7.3` some of
// them, by architectures, kernels or names; `--plan` only says what there is to prepare. All other
// arguments are vitest's.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { chooseCells, prepareCells, readArguments } from "./prepare.mjs";

const file = (path) => fileURLToPath(new URL(path, import.meta.url));

try {
  const { only, isPlan, others } = readArguments(process.argv.slice(2));
  prepareCells(chooseCells(only), isPlan);
  if (!isPlan) {
    const vitest = file("../../../node_modules/vitest/vitest.mjs");
    const options = ["run", "--config", file("vitest.config.ts"), ...others];
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
