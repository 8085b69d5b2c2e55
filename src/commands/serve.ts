import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import { loadConfig } from "../config/load.ts";
import { packageRoot, resolvePath } from "../config/paths.ts";
import type { RouterConfig } from "../config/schema.ts";
import { RouterError } from "../errors.ts";
import { createApi } from "../listen/api/server.ts";
import { health } from "../listen/health.ts";
import { type GrpcServer, listenGrpc } from "../listen/server.ts";
import type { TlsFiles } from "../listen/tls/read-pair.ts";
import { createLog, type Log } from "../observe/log.ts";
import { createMetrics, type Metrics } from "../observe/metrics.ts";
import { registerTraceMetrics } from "../observe/trace-metrics.ts";
import { openTracing } from "../observe/tracing/open-tracing.ts";
import { serving } from "../reload/serving.ts";
import type { ConfigStatus } from "../reload/status.ts";
import { keepLoaded, type Served } from "./keep-loaded.ts";
import { keepPair } from "./keep-pair.ts";

interface Options {
  readonly config: string;
  readonly host: string;
  readonly port: string;
  readonly apiHost?: string;
  readonly apiPort: string;
  readonly metricsPort: string;
  readonly watch: boolean;
  readonly socket?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsClientCa?: string;
}

/** For the spans of the last requests; a collector that is away must not keep us. */
const lastSpansMs = 2_000;

/** Longer than any request takes to route; what is still open then belongs to clients that went away. */
const drainMs = 20_000;

export function register(program: Command): void {
  program
    .command("serve")
    .description("Serve ext_proc to Envoy (gRPC), the HTTP API and metrics")
    .option("--config <file>", "configuration", join(packageRoot, "config/default.yaml"))
    .option("--host <address>", "address to listen on", "0.0.0.0")
    .option("--port <port>", "gRPC port for Envoy", "50051")
    .option("--socket <path>", "Unix socket for Envoy, instead of the port")
    .option("--tls-cert <file>", "certificate for Envoy, PEM; with --tls-key")
    .option("--tls-key <file>", "key of the certificate, PEM")
    .option("--tls-client-ca <file>", "ask Envoy for a certificate of these authorities, PEM")
    .option("--api-host <address>", "address of the HTTP API, where it is not --host")
    .option("--api-port <port>", "port of the HTTP API", "8080")
    .option("--metrics-port <port>", "port of /metrics for Prometheus; 0 turns it off", "9190")
    .option("--no-watch", "reload the configuration on SIGHUP only, not when its files change")
    .action(serve);
}

async function serve(options: Options): Promise<void> {
  const started = performance.now();
  const { config } = loadConfig(options.config, process.env);
  const log = createLog(config.observability.log_level);
  const live = serving<Served>(({ router }) => router.embedder.close());
  const metrics = createMetrics(() => live.current()?.router.embedder.stats());
  const tracing = await openTracing(config.observability.tracing, process.env, log);
  if (tracing) registerTraceMetrics(metrics.registry, tracing);
  let status: (() => ConfigStatus) | undefined;
  const wireHealth = health();
  const socket = options.socket ?? config.listener.socket;
  const tlsFiles = tlsFilesOf(options, config);
  const kept =
    tlsFiles &&
    (await keepPair(tlsFiles, { log, registry: metrics.registry, watch: options.watch }));
  if (kept) process.on("SIGHUP", kept.reload);
  const grpc = await listen("--port", options.port, (port) =>
    listenGrpc(
      {
        address: socket === undefined ? `${options.host}:${port}` : `unix:${socket}`,
        maxBodyBytes: config.limits.max_body_bytes,
        maxConcurrentStreams: config.limits.max_concurrent_streams,
        pair: kept?.pair,
        socketMode: Number.parseInt(config.listener.socket_mode, 8),
      },
      live.take,
      wireHealth,
    ),
  ).catch((thrown) => {
    kept?.close();
    throw thrown;
  });
  kept?.follow(grpc.replacePair);
  const servers: Server[] = [];
  const closeAll = (): void => {
    grpc.stop();
    for (const server of servers) server.close();
    kept?.close();
  };
  try {
    const api = createApi(live.take, wireHealth.isReady, () => status?.());
    const { host, apiHost = host } = options;
    servers.push(await listenHttp("--api-port", api, options.apiPort, apiHost));
    if (config.observability.metrics.enabled && options.metricsPort !== "0") {
      servers.push(
        await listenHttp("--metrics-port", metricsServer(metrics), options.metricsPort, host),
      );
    }
  } catch (thrown) {
    // What listens would keep a process that cannot serve.
    closeAll();
    throw thrown;
  }
  const reloads = keepLoaded(options, live, { metrics, log, tracing });
  stopOnSignal({
    grpc,
    servers,
    log,
    notReady: wireHealth.stop,
    async close() {
      reloads.close();
      kept?.close();
      await Promise.all([live.close(), tracing?.close(lastSpansMs)]);
    },
  });
  try {
    status = await reloads.start();
  } catch (thrown) {
    closeAll();
    reloads.close();
    throw thrown;
  }
  wireHealth.setReady(true);
  metrics.ready.set(1);
  const { router } = live.current() as Served;
  log.info(
    {
      event: "ready",
      ...(socket === undefined ? { grpc_port: grpc.port } : { grpc_socket: socket }),
      tls: kept ? (tlsFiles?.clientCaFile === undefined ? "server" : "mutual") : "off",
      embedder: `${router.embedder.name}@${router.embedder.revision}`,
      embedder_file: router.embedder.modelFile,
      domain_head: router.classifier.revision,
      decisions: router.config.decisions.length,
      startup_ms: Math.round(performance.now() - started),
    },
    "ready",
  );
  log.flush();
}

/** Flags go before the configuration, whose paths are relative to it or to the working folder. */
function tlsFilesOf(options: Options, { listener }: RouterConfig): TlsFiles | undefined {
  const { tlsCert, tlsKey, tlsClientCa } = options;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new RouterError(
      "config_invalid",
      "--tls-cert and --tls-key belong together, and one of them is missing",
      "Give both",
    );
  }
  const at = (path: string): string => resolvePath(path, dirname(options.config), process.cwd());
  const certFile = tlsCert ?? (listener.tls && at(listener.tls.cert_file));
  const keyFile = tlsKey ?? (listener.tls && at(listener.tls.key_file));
  const configuredCa = listener.tls?.client_ca_file;
  const clientCaFile = tlsClientCa ?? (configuredCa === undefined ? undefined : at(configuredCa));
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile, clientCaFile };
  if (tlsClientCa === undefined) return undefined;
  throw new RouterError(
    "config_invalid",
    "--tls-client-ca asks Envoy for a certificate, and signalbox has none itself",
    "Give --tls-cert and --tls-key too",
  );
}

async function listenHttp(
  flag: string,
  server: Server,
  port: string,
  host: string,
): Promise<Server> {
  return listen(flag, port, async (number) => {
    server.listen(number, host);
    await once(server, "listening");
    return server;
  });
}

/** A port that is taken is the operator's to solve, so it is said in their words. */
async function listen<Bound>(
  flag: string,
  text: string,
  bind: (port: number) => Promise<Bound>,
): Promise<Bound> {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RouterError("config_invalid", `${flag} is ${text}`, "Give a port from 0 to 65535");
  }
  try {
    return await bind(port);
  } catch (cause) {
    if (cause instanceof RouterError) throw cause;
    const why = (cause as Error).message;
    throw new RouterError(
      "config_invalid",
      `${flag} ${port} cannot be listened on: ${why}`,
      `Free the port, or choose another with ${flag}`,
      { cause },
    );
  }
}

function metricsServer({ registry }: Metrics): Server {
  return createServer(async (request, response) => {
    const found = request.url?.split("?")[0] === "/metrics";
    response.writeHead(found ? 200 : 404, { "content-type": registry.contentType });
    response.end(found ? await registry.metrics() : "the metrics are at /metrics\n");
  });
}

interface Running {
  readonly grpc: GrpcServer;
  readonly servers: readonly Server[];
  readonly log: Log;
  readonly notReady: () => void;
  /** Lets go of all that was loaded. */
  readonly close: () => Promise<void>;
}

/** The first signal drains: no new streams, those in flight end. The second one ends at once. */
function stopOnSignal({ grpc, servers, log, notReady, close }: Running): void {
  let stopping = false;
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (stopping) {
      grpc.stop();
      process.exit(1);
    }
    stopping = true;
    log.info({ event: "draining", signal }, "draining");
    notReady();
    const patience = setTimeout(() => grpc.stop(), drainMs);
    await grpc.drain();
    clearTimeout(patience);
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
    await close();
    log.info({ event: "stopped" }, "stopped");
    log.flush(() => process.exit(0));
  };
  process.on("SIGTERM", (signal) => void stop(signal));
  process.on("SIGINT", (signal) => void stop(signal));
}
