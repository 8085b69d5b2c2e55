import { defineConfig } from "vitest/config";

/** For e2e/e2e-test.ts, which sets both: one profile through one driver, and the driver's own tests. */
const { E2E_PROFILE: profile = "ml-model-selection", E2E_DRIVER: driver = "envoy" } = process.env;

export default defineConfig({
  test: {
    name: driver,
    globalSetup: "src/testing/leave-nothing-behind.ts",
    include: [`e2e/profiles/${profile}/*.test.ts`, `e2e/drivers/${driver}/tests/*.test.ts`],
    // A gateway binds ports that it chooses itself.
    fileParallelism: false,
    reporters: ["verbose"],
    testTimeout: 120_000,
    hookTimeout: 1_800_000,
  },
});
