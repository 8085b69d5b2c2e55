import { isPortFree } from "../../free-ports.ts";

/** Ports that the gateway programs bind by themselves and take from no one. */
const fixedPorts = {
  "Envoy Gateway's xDS server": 18000,
  "Envoy Gateway's Wasm server": 18002,
  "Envoy Gateway's metrics": 19001,
  "Envoy Gateway's health check": 8081,
  "Envoy's readiness listener": 19003,
  "aigw's extension server": 1061,
  "aigw's admin server": 1064,
  "aigw's MCP proxy": 9856,
};

/** Throws when another program has one of them: two gateways cannot run on a machine at the same time. */
export async function refuseBusyPorts(): Promise<void> {
  const busy: string[] = [];
  for (const [what, port] of Object.entries(fixedPorts)) {
    if (!(await isPortFree(port))) busy.push(`${port} (${what})`);
  }
  if (busy.length > 0) {
    throw new Error(
      `The gateways bind fixed ports, and another program listens on ${busy.join(", ")}. ` +
        "Stop it; only one gateway can run on a machine at a time.",
    );
  }
}
