import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ask, chatBody } from "../../ask.ts";
import { freePorts } from "../../free-ports.ts";
import { type MockLlm, startMockLlm } from "../../mock-llm/start-mock-llm.ts";
import { portsOf } from "../../stack.ts";
import { type Signalbox, startSignalbox } from "../../start-signalbox.ts";
import type { Profile } from "../driver.ts";
import { type Local, type Overlay, render } from "./resources.ts";
import { envoyVersion, type Gateway, type Program, startGateway } from "./start-gateway.ts";

export interface GatewayStack {
  readonly url: string;
  readonly gateway: Gateway;
  readonly llms: ReadonlyMap<string, MockLlm>;
  readonly sidecars: readonly Sidecar[];
  stop(): Promise<void>;
}

/** A signalbox that can be ended and started again on the same ports. */
export interface Sidecar {
  running(): Signalbox;
  start(): Promise<void>;
}

export interface GatewayStackOptions
  extends Partial<Pick<Local, "messageTimeout" | "failOpen" | "requestBody" | "accessLog">> {
  readonly overlay: Overlay;
  readonly profile: Profile;
  readonly debug?: boolean;
  /** How many signalboxes; 1 by default. */
  readonly sidecars?: number;
  /** Ports of backends, instead of a mock LLM for each model. */
  readonly backends?: Readonly<Record<string, number>>;
}

const work = join(import.meta.dirname, "../../.work/gateway");

/** Envoy Gateway takes some seconds to read the resources and to tell Envoy. */
const routedWithinMs = 45_000;

export const programOf = (overlay: Overlay): Program =>
  overlay.startsWith("ai-gateway") ? "aigw" : "envoy-gateway";

/** A real gateway in front of signalbox, a mock LLM behind for each model. Resolves when a request is routed. */
export async function startGatewayStack(options: GatewayStackOptions): Promise<GatewayStack> {
  const { overlay, profile, debug = false, sidecars: count = 1, backends, ...local } = options;
  const program = programOf(overlay);
  const ends: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const llms = new Map<string, MockLlm>();
    for (const llm of backends ? [] : profile.llms) {
      const started = await startMockLlm(llm);
      ends.push(started.close);
      llms.set(llm.model, started);
    }
    const sidecars: Sidecar[] = [];
    for (let at = 0; at < count; at++) {
      const sidecar = await startSidecar(profile);
      ends.push(() => sidecar.running().child.stop());
      sidecars.push(sidecar);
    }
    const [listenPort = 0] = await freePorts(1);
    const resources = render(
      overlay,
      {
        ...local,
        envoyVersion: envoyVersion(program),
        listenPort,
        backends: backends ?? portsOf(llms),
        signalbox: sidecars.map((sidecar) => sidecar.running().grpcPort),
      },
      join(work, overlay),
    );
    const gateway = await startGateway({
      program,
      resources,
      debug,
      patches: overlay.endsWith("-patched"),
    });
    ends.push(gateway.stop);
    const url = `http://127.0.0.1:${listenPort}`;
    await untilRouted(url, gateway);
    return { url, gateway, llms, sidecars, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startSidecar({ config, env }: Profile): Promise<Sidecar> {
  const [grpcPort = 0, apiPort = 0, metricsPort = 0] = await freePorts(3);
  const start = () => startSignalbox({ config, env, grpcPort, apiPort, metricsPort });
  let signalbox = await start();
  return {
    running: () => signalbox,
    async start() {
      signalbox = await start();
    },
  };
}

/** Until an answer says that signalbox chose. */
async function untilRouted(url: string, { child, log }: Gateway): Promise<void> {
  const started = performance.now();
  let last = "nothing listened";
  while (performance.now() - started < routedWithinMs && !child.exit()) {
    const answer = await ask(url, { body: chatBody("Is it ready?") }).catch(() => undefined);
    if (answer?.headers["x-vsr-selected-model"]) return;
    if (answer) last = `the last answer was ${answer.status} ${answer.text.slice(0, 200)}`;
    await sleep(100);
  }
  throw new Error(
    `no request was routed in ${routedWithinMs} ms: ${last}. The gateway's last words:\n${log().slice(-4000)}`,
  );
}
