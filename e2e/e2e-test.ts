import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { chooseDriver, runs } from "./drivers/choose.ts";
import { version } from "./versions.ts";

/**
 * `make e2e-test E2E_PROFILE=... E2E_DRIVER=...`: the tests of a profile, then those of the driver itself. Exits with 1
 * when a test fails, with 2 when nothing could be run.
 */
const root = join(import.meta.dirname, "..");
const built = (name: string): boolean => existsSync(join(root, ".tools/gateway", name));

function run(): number {
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
  const { status } = spawnSync("vitest", ["run", "--config", "vitest.e2e.config.ts"], {
    cwd: root,
    stdio: "inherit",
    env: { ...env, E2E_PROFILE: profile, E2E_DRIVER: driver },
  });
  return status === 0 ? 0 : 1;
}

try {
  process.exitCode = run();
} catch (error) {
  process.stderr.write(`signalbox: ${(error as Error).message}\n`);
  process.exitCode = 2;
}
