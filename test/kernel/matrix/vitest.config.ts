import { defineConfig } from "vitest/config";

// Not a project of ../../../vitest.config.ts, because it is no part of `npm test`.
export default defineConfig({
  test: {
    name: "matrix",
    include: ["test/kernel/matrix/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 3_600_000,
  },
});
