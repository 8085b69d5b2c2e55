import { join } from "node:path";
import { type Child, startChild } from "./child.ts";
import { freePorts } from "./free-ports.ts";
import { isOk, waitUntil } from "./wait.ts";

export interface Signalbox {
  readonly grpcPort: number;
  readonly apiUrl: string;
  readonly metricsUrl: string;
  readonly child: Child;
}

export interface StartSignalbox {
  readonly config: string;
  /** For the `${NAME}`s of the configuration. */
  readonly env?: Readonly<Record<string, string>>;
  readonly grpcPort?: number;
  readonly apiPort?: number;
  readonly metricsPort?: number;
  /** Further flags of serve. */
  readonly flags?: readonly string[];
}

export const signalboxCommand = join(import.meta.dirname, "../bin/signalbox");

/** Starts `signalbox serve` as a user would; resolves when it is ready. Ports that are not given are free ones. */
export async function startSignalbox({
  config,
  env,
  flags = [],
  ...given
}: StartSignalbox): Promise<Signalbox> {
  const [grpcPort = 0, apiPort = 0, metricsPort = 0] = await freePorts(3);
  const ports = { grpcPort, apiPort, metricsPort, ...given };
  const child = await startChild({
    name: "signalbox",
    command: signalboxCommand,
    args: [
      ...["serve", "--config", config, "--host", "127.0.0.1", "--port", `${ports.grpcPort}`],
      ...["--api-port", `${ports.apiPort}`, "--metrics-port", `${ports.metricsPort}`],
      ...flags,
    ],
    ...(env && { env }),
  });
  const apiUrl = `http://127.0.0.1:${ports.apiPort}`;
  await waitUntil(() => isOk(`${apiUrl}/ready`), child);
  return {
    grpcPort: ports.grpcPort,
    apiUrl,
    metricsUrl: `http://127.0.0.1:${ports.metricsPort}/metrics`,
    child,
  };
}
