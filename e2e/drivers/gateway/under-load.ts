import { type LoadDriver, startLoadDriver } from "../../load/driver.ts";
import type { LoadResult } from "../../load/job.ts";
import { mixedBodies } from "../../load/queries.ts";
import { type GatewayStack, type GatewayStackOptions, startGatewayStack } from "./start-stack.ts";

export interface LoadedGateway {
  readonly stack: GatewayStack;
  readonly driver: LoadDriver;
  stop(): Promise<void>;
}

/** A gateway whose backends, of all models, cost next to nothing. */
export async function startLoadedGateway(
  options: Omit<GatewayStackOptions, "backends">,
): Promise<LoadedGateway> {
  const driver = await startLoadDriver();
  const models = options.profile.llms.map(({ model }) => model);
  const backends = Object.fromEntries(models.map((model) => [model, driver.backendPort]));
  try {
    const stack = await startGatewayStack({ ...options, backends });
    return {
      stack,
      driver,
      async stop() {
        await stack.stop();
        await driver.close();
      },
    };
  } catch (error) {
    await driver.close();
    throw error;
  }
}

export interface Load {
  /** At least as many; more while events go on. */
  readonly requests: number;
  readonly connections: number;
}

/** What happens while requests come. */
export interface Event {
  readonly name: string;
  /** When so many requests were answered. */
  readonly afterRequests: number;
  happen(stack: GatewayStack): Promise<void>;
}

export interface Happened {
  readonly name: string;
  /** After the first request. */
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

/** A load is sent in rounds, each with connections of its own, so that it can go on until the last event is over. */
export interface Round extends LoadResult {
  /** After the first request. */
  readonly fromSeconds: number;
}

export interface LoadReport {
  readonly requests: number;
  readonly seconds: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly routed: number;
  /** Of those, answers of the default model because routing failed or came too late. */
  readonly defaulted: number;
  /** Answered, but signalbox was not asked: failOpen let them pass. */
  readonly notRouted: number;
  readonly events: readonly Happened[];
  readonly rounds: readonly Round[];
}

const requestsPerRound = 500;

/** Sends chat requests as fast as they are answered while the events happen, one after the other. */
export async function runUnderLoad(
  { stack, driver }: LoadedGateway,
  { requests, connections }: Load,
  events: readonly Event[],
): Promise<LoadReport> {
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  const port = Number(new URL(stack.url).port);
  const bodies = mixedBodies(requests);
  const rounds: Round[] = [];
  const happened: Happened[] = [];
  const sum = (of: (round: Round) => number): number =>
    rounds.reduce((total, round) => total + of(round), 0);
  const sent = (): number => sum((round) => round.requests);
  const left = [...events];
  let running: Promise<void> | undefined;
  let fault: unknown;

  async function run({ name, happen }: Event): Promise<void> {
    const fromSeconds = seconds();
    await happen(stack).catch((error: unknown) => {
      fault = error;
    });
    happened.push({ name, fromSeconds, toSeconds: seconds() });
    running = undefined;
  }

  // The last round begins after the last event has ended.
  for (let calm = false; !calm || sent() < requests; ) {
    const next = left[0];
    if (!running && next && sent() >= next.afterRequests) {
      left.shift();
      running = run(next);
    }
    calm = !running && left.length === 0;
    const fromSeconds = seconds();
    const from = sent() % requests;
    const job = { port, connections, requests: requestsPerRound };
    const round = await driver.run({ ...job, bodies: bodies.slice(from, from + requestsPerRound) });
    rounds.push({ fromSeconds, ...round });
    if (fault) throw fault;
  }
  const failures: Record<string, number> = {};
  for (const [what, count] of rounds.flatMap((round) => Object.entries(round.failures))) {
    failures[what] = (failures[what] ?? 0) + count;
  }
  const failed = Object.values(failures).reduce((total, count) => total + count, 0);
  const routed = sum((round) => round.routed);
  return {
    requests: sent(),
    seconds: seconds(),
    failures,
    routed,
    defaulted: sum((round) => round.defaulted),
    notRouted: sent() - failed - routed,
    events: happened,
    rounds,
  };
}

/** As Kubernetes ends a container: SIGTERM, and the next one when it is gone. */
export async function restartSidecar(stack: GatewayStack, at = 0): Promise<void> {
  const sidecar = stack.sidecars[at];
  sidecar?.running().child.signal("SIGTERM");
  await sidecar?.running().child.exited;
  await sidecar?.start();
}

/** As when it runs out of memory. */
export async function killSidecar(stack: GatewayStack, at = 0): Promise<void> {
  const sidecar = stack.sidecars[at];
  sidecar?.running().child.signal("SIGKILL");
  await sidecar?.running().child.exited;
  await sidecar?.start();
}
