// Runs the kernel tests: `npm run test:kernel -- --all` everything that they otherwise take only a
// part of. All other arguments are vitest's.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));
const given = process.argv.slice(2);
const args = given.filter((argument) => argument !== "--all");
const everything =
  args.length < given.length ? { KLP_TEST_ALL: "1", KLP_TEST_ALL_POSITIONS: "1" } : {};
const { status } = spawnSync(process.execPath, [vitest, "run", "--project", "kernel", ...args], {
  env: { ...process.env, ...everything },
  stdio: "inherit",
});
process.exitCode = status ?? 1;
