import { join } from "node:path";
import { configuredModels } from "../src/config/configured-models.ts";
import { loadConfig } from "../src/config/load.ts";
import { RouterError } from "../src/errors.ts";
import { type Ports, readPorts, refuseBusyPorts } from "./run/ports.ts";
import { describeStart, describeTried } from "./run/text.ts";
import { tryQueries } from "./run/try-queries.ts";
import { type Stack, startStack } from "./stack.ts";

/** `make run`: the stack with the default configuration, three queries through it, then yours until Ctrl-C. */
const config = join(import.meta.dirname, "../config/default.yaml");

async function start(ports: Ports): Promise<Stack> {
  const loaded = loadConfig(config, process.env).config;
  return startStack({
    signalbox: {
      config,
      grpcPort: ports.GRPC_PORT,
      apiPort: ports.API_PORT,
      metricsPort: ports.METRICS_PORT,
    },
    llms: configuredModels(loaded).map((model) => ({ model })),
    defaultModel: loaded.default_model,
    // As the README advises: without signalbox requests still go on, to the default backend.
    envoy: { listenPort: ports.PORT, adminPort: ports.ADMIN_PORT, workers: 2, failOpen: true },
  });
}

/** Resolves when the user has had enough, or with what ended by itself. */
function untilStopped(stack: Stack): Promise<string | undefined> {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const asked = signals.map(
    (signal) => new Promise<undefined>((done) => process.once(signal, () => done(undefined))),
  );
  const ended = [stack.envoy.child, stack.signalbox.child].map(async (child) => {
    await child.exited;
    return `${child.name} ended by itself. Its last words:\n${child.output().slice(-2000)}`;
  });
  return Promise.race([...asked, ...ended]);
}

async function run(): Promise<number> {
  const ports = readPorts(process.env);
  await refuseBusyPorts(ports);
  const stack = await start(ports);
  const stopped = untilStopped(stack);
  try {
    const tried = await tryQueries(stack.envoy.url);
    process.stdout.write(describeStart(stack) + describeTried(tried));
    const fault = await stopped;
    if (fault) process.stderr.write(`signalbox: ${fault}\n`);
    return fault ? 1 : 0;
  } finally {
    await stack.stop();
  }
}

try {
  process.exitCode = await run();
} catch (error) {
  const text = error instanceof RouterError ? error.message : (error as Error).stack;
  process.stderr.write(`signalbox: ${text}\n`);
  process.exitCode = 2;
}
