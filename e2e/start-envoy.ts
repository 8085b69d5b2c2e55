import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Child, startChild } from "./child.ts";
import { type EnvoyOptions, envoyConfig } from "./envoy-config.ts";
import { freePorts } from "./free-ports.ts";
import { isOk, waitUntil } from "./wait.ts";

export interface Envoy {
  readonly port: number;
  readonly url: string;
  readonly adminUrl: string;
  readonly configPath: string;
  readonly child: Child;
  /** Value of a counter or gauge of Envoy's. */
  stat(name: string): Promise<number>;
}

/** Ports that are not given are free ones. */
export type StartEnvoy = Omit<EnvoyOptions, "listenPort" | "adminPort"> &
  Partial<Pick<EnvoyOptions, "listenPort" | "adminPort">> & { readonly workers?: number };

const root = join(import.meta.dirname, "..");
const workFolder = join(root, "e2e/.work");

/** Starts the real Envoy; resolves when it takes requests. */
export async function startEnvoy({ workers = 1, ...given }: StartEnvoy): Promise<Envoy> {
  const [listenPort = 0, adminPort = 0] = await freePorts(2);
  const options = { listenPort, adminPort, ...given };
  mkdirSync(workFolder, { recursive: true });
  const configPath = join(workFolder, `envoy-${options.listenPort}.json`);
  writeFileSync(configPath, JSON.stringify(envoyConfig(options), undefined, 2));
  const child = await startChild({
    name: "envoy",
    command: envoyBinary(),
    // Hot restart shares memory between the Envoys of a machine: two tests at once would collide.
    args: ["-c", configPath, "--concurrency", `${workers}`, "--disable-hot-restart", "-l", "warn"],
  });
  const adminUrl = `http://127.0.0.1:${options.adminPort}`;
  await waitUntil(() => isOk(`${adminUrl}/ready`), child);
  return {
    port: options.listenPort,
    url: `http://127.0.0.1:${options.listenPort}`,
    adminUrl,
    configPath,
    child,
    async stat(name) {
      const answer = await fetch(`${adminUrl}/stats?format=json&filter=^${name}$`);
      const { stats } = (await answer.json()) as { stats: { name: string; value: number }[] };
      const found = stats.find((one) => one.name === name);
      if (!found) throw new Error(`Envoy has no statistic ${name}`);
      return found.value;
    },
  };
}

/** Fetched at the first call on a machine that has none. */
export function envoyBinary(): string {
  const script = join(root, "scripts/get-envoy.sh");
  return execFileSync(script, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();
}
