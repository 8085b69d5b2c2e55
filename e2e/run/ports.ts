import { RouterError } from "../../src/errors.ts";
import { isPortFree } from "../free-ports.ts";

/** By the environment variable that changes each. */
const defaults = {
  /** Envoy, for clients. */
  PORT: 10000,
  ADMIN_PORT: 10001,
  GRPC_PORT: 50051,
  API_PORT: 8080,
  METRICS_PORT: 9190,
};

export type Ports = typeof defaults;

export function readPorts(env: NodeJS.ProcessEnv): Ports {
  const ports = { ...defaults };
  for (const name of Object.keys(defaults) as (keyof Ports)[]) {
    const text = env[name];
    if (!text) continue;
    const port = Number(text);
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      throw new RouterError("config_invalid", `${name} is ${text}`, "Give a port from 1 to 65535");
    }
    ports[name] = port;
  }
  return ports;
}

/** Before anything starts: Envoy's own words for a port that is taken come late and say little. */
export async function refuseBusyPorts(ports: Ports): Promise<void> {
  const busy: string[] = [];
  for (const [name, port] of Object.entries(ports)) {
    if (!(await isPortFree(port))) busy.push(`${name} ${port}`);
  }
  if (busy.length === 0) return;
  const [first = ""] = busy;
  throw new RouterError(
    "config_invalid",
    `in use already: ${busy.join(", ")}`,
    `Stop what listens there, or choose another: ${first.replace(/ .*/, "")}=12345 make run`,
  );
}
