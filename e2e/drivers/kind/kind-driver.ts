import { setTimeout as sleep } from "node:timers/promises";
import { ask, chatBody } from "../../ask.ts";
import type { Deployment, Driver, Profile, ReceivedBy, Variant } from "../driver.ts";
import { type Cluster, closeCluster, dryRun, openCluster } from "./cluster.ts";
import { nodePorts } from "./files.ts";
import { type Overlay, overlayPlan } from "./plan.ts";
import { runPlan } from "./run-plan.ts";

/** From Programmed to the first routed request: endpoints and xDS have to arrive. */
const patienceMs = 120_000;

let opened: Promise<Cluster> | undefined;

/** Opened once for all variants of a process; `finish` closes it. */
export function sharedCluster(profile: Profile): Promise<Cluster> {
  opened ??= openCluster(profile);
  return opened;
}

const variant = (name: string, overlay: Overlay): Variant => ({
  name,
  // AI Gateway writes the body itself.
  keepsBytes: false,
  async start(profile) {
    const cluster = await sharedCluster(profile);
    await runPlan(overlayPlan(overlay), cluster.runner);
    const deployment = deploymentOf(cluster, profile);
    await firstRouted(deployment.url);
    return deployment;
  },
});

export const kindDriver: Driver = {
  variants: [
    variant("kind: AI Gateway, EnvoyExtensionPolicy", "ai-gateway"),
    variant("kind: AI Gateway, EnvoyPatchPolicy", "ai-gateway-patched"),
  ],
  finish: closeCluster,
  dryRun,
};

function deploymentOf({ ports }: Cluster, { llms }: Profile): Deployment {
  const local = (nodePort: number): string => `http://127.0.0.1:${ports[nodePort]}`;
  const mocks = llms.map(({ model }, at) => ({ model, url: local(nodePorts.mockLlm + at) }));
  return {
    url: local(nodePorts.envoy),
    async received() {
      return (await Promise.all(mocks.map(receivedBy))).flat();
    },
    async forget() {
      for (const { url } of mocks) await ask(url, { method: "DELETE", path: "/__requests" });
    },
    // The next variant takes its place in the cluster.
    async stop() {},
  };
}

async function receivedBy({ model, url }: { model: string; url: string }): Promise<ReceivedBy[]> {
  const answer = await ask(url, { method: "GET", path: "/__requests" });
  if (answer.status !== 200) throw new Error(`the mock of ${model} says ${answer.status}`);
  const requests: (Omit<ReceivedBy["request"], "body"> & { body: string })[] = JSON.parse(
    answer.text,
  );
  return requests.map((request) => ({
    model,
    request: { ...request, body: Buffer.from(request.body, "base64") },
  }));
}

/** Resolves when Envoy answers what signalbox routed. */
async function firstRouted(url: string): Promise<void> {
  const body = chatBody("What is 7 times 8?", { model: "MoM" });
  const began = performance.now();
  let last = "";
  while (performance.now() - began < patienceMs) {
    try {
      const { status, headers, text } = await ask(url, { body });
      if (status === 200 && headers["x-vsr-selected-model"] !== undefined) return;
      last = `${status} ${text.slice(0, 200)}`;
    } catch (error) {
      last = (error as Error).message;
    }
    await sleep(500);
  }
  throw new Error(`Envoy does not route: ${last}`);
}
