import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    globalSetup: "src/testing/leave-nothing-behind.ts",
    projects: [
      // A machine that is busy with something else is slow, not wrong.
      { test: { name: "unit", include: ["src/**/*.test.ts"], testTimeout: 30_000 } },
      {
        test: {
          name: "e2e",
          include: ["e2e/**/*.test.ts"],
          // Those that need a gateway or a cluster: `make e2e-test`.
          exclude: [...configDefaults.exclude, "e2e/drivers/*/tests/**"],
          // One Envoy at a time: they share this machine's cores and the load test measures it.
          fileParallelism: false,
          // After the unit tests, for the same reason.
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
