import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { chooseDriver, runs } from "./drivers/choose.ts";
import { openDriver } from "./drivers/open.ts";
import { version } from "./versions.ts";

/**
 * `make e2e-test E2E_PROFILE=... E2E_DRIVER=...`: the tests of a profile, then those of the driver itself. Exits with 1
 * when a test fails, with 2 when nothing could be run. E2E_DRY_RUN=1 prints the commands instead, of a driver that has any.
 */
const root = join(import.meta.dirname, "..");
const built = (name: string): boolean => existsSync(join(root, ".tools/gateway", name));

async function run(): Promise<number> {
  const { E2E_PROFILE, E2E_DRIVER, ...env } = process.env;
  const profile = E2E_PROFILE || "ml-model-selection";
  if (!existsSync(join(root, "e2e/profiles", profile))) {
    throw new Error(`There is no profile ${profile} in e2e/profiles`);
  }
  const { driver, why } = chooseDriver(E2E_DRIVER, {
    docker: runs("docker", "info"),
    kind: runs("kind", "version"),
    go: runs("go", "version"),
    gateways:
      (env["ENVOY_GATEWAY_BIN"] !== undefined ||
        built(`envoy-gateway-${version("ENVOY_GATEWAY_VERSION")}`)) &&
      (env["AIGW_BIN"] !== undefined || built(`aigw-${version("AI_GATEWAY_VERSION")}`)),
  });
  process.stderr.write(`Profile ${profile}, driver ${driver}: ${why}\n`);
  const { dryRun, finish } = await openDriver(driver);
  if (env["E2E_DRY_RUN"] === "1") {
    if (!dryRun) throw new Error(`E2E_DRY_RUN is for drivers that run commands, not for ${driver}`);
    process.stdout.write(dryRun());
    return 0;
  }
  const { status } = spawnSync("vitest", ["run", "--config", "vitest.e2e.config.ts"], {
    cwd: root,
    stdio: "inherit",
    env: { ...env, E2E_PROFILE: profile, E2E_DRIVER: driver },
  });
  await finish?.(status !== 0);
  return status === 0 ? 0 : 1;
}

try {
  process.exitCode = await run();
} catch (error) {
  process.stderr.write(`signalbox: ${(error as Error).message}\n`);
  process.exitCode = 2;
}
