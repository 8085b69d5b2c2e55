import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { redisBinary, startRedis } from "../../src/embed/testing/redis-server.ts";
import { type OtlpReceiver, startOtlpHttp } from "../../src/testing/otlp/receiver.ts";
import { type MockLlm, startMockLlm } from "../mock-llm/start-mock-llm.ts";
import { type Envoy, startEnvoy } from "../start-envoy.ts";
import { type Signalbox, startSignalbox } from "../start-signalbox.ts";
import { openAuthority } from "../testing/certificates.ts";

/** A signalbox that uses everything that has metrics: prices, spans, a shared cache where Redis is to be had. */
export interface Observed {
  readonly envoy: Envoy;
  readonly signalbox: Signalbox;
  readonly receiver: OtlpReceiver;
  readonly llms: ReadonlyMap<string, MockLlm>;
  readonly hasRedis: boolean;
  readonly hasTls: boolean;
  /** Writes the configuration again, with `more` over it. */
  configure(more: object): void;
  stop(): Promise<void>;
}

export interface ObserveOptions {
  /** What is routed and at what prices; by default three models, of which `broken` answers 503. */
  readonly routing?: Routing;
  /** The model whose price savings are reckoned against. */
  readonly baseline?: string;
  readonly limits?: object;
  readonly samplingRate?: number;
  /** Between Envoy and signalbox, where certificates can be made. */
  readonly tls?: boolean;
  /** Awaited before each answer of a model. */
  readonly beforeAnswer?: (model: string) => Promise<void>;
}

/** The part of a configuration that says where requests go. */
export interface Routing {
  readonly default_model: string;
  readonly model_config: Readonly<Record<string, object>>;
}

export async function startObserved(options: ObserveOptions = {}): Promise<Observed> {
  const { routing = threeModels, samplingRate = 0.1, beforeAnswer } = options;
  const { baseline = "solver", limits = { deadline_ms: 5000 } } = options;
  const ends: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const binary = redisBinary();
    const redis = binary === undefined ? undefined : await startRedis(binary);
    if (redis) ends.push(redis.kill);
    const receiver = await startOtlpHttp();
    ends.push(receiver.close);
    const llms = new Map<string, MockLlm>();
    for (const model of Object.keys(routing.model_config).filter((one) => one !== "broken")) {
      const llm = await startMockLlm({
        model,
        ...(beforeAnswer && { beforeAnswer: () => beforeAnswer(model) }),
      });
      ends.push(llm.close);
      llms.set(model, llm);
    }
    const broken = createServer((request, response) => {
      request.resume().on("end", () => response.writeHead(503).end());
    }).listen(0, "127.0.0.1");
    await once(broken, "listening");
    ends.push(async () => broken.close());
    const folder = mkdtempSync(join(tmpdir(), "signalbox-observed-"));
    ends.push(async () => rmSync(folder, { recursive: true, force: true }));
    const config = join(folder, "observed.yaml");
    const configure = (more: object): void => {
      const settings = {
        ...routing,
        limits,
        ...observability(receiver.endpoint, redis?.url, { samplingRate, baseline }),
        ...more,
      };
      // JSON is YAML.
      writeFileSync(config, JSON.stringify(settings));
    };
    configure({});
    const authority = options.tls ? openAuthority() : undefined;
    if (authority) ends.push(async () => authority.remove());
    const { cert = "", key = "" } = authority?.issue("server") ?? {};
    const signalbox = await startSignalbox({
      config,
      env: { OTEL_BSP_SCHEDULE_DELAY: "200" },
      ...(authority && { flags: ["--tls-cert", cert, "--tls-key", key] }),
    });
    ends.push(() => signalbox.child.stop());
    const ports = [...llms].map(([model, { port }]) => [model, port] as const);
    const envoy = await startEnvoy({
      extProcPort: signalbox.grpcPort,
      backends: { ...Object.fromEntries(ports), broken: (broken.address() as AddressInfo).port },
      defaultBackend: routing.default_model,
      messageTimeoutMs: 6000,
      ...(authority && { extProcTls: { ca: authority.ca } }),
    });
    // Envoy goes first: what it still asks is answered.
    ends.push(() => envoy.child.stop());
    return {
      envoy,
      signalbox,
      receiver,
      llms,
      hasRedis: redis !== undefined,
      hasTls: authority !== undefined,
      configure,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const domain = (name: string) => ({ type: "domain", name });

const threeModels = {
  default_model: "everyday",
  decisions: [
    {
      name: "math_decision",
      rules: { operator: "AND", conditions: [domain("math")] },
      modelRefs: [{ model: "solver" }, { model: "everyday" }],
      algorithm: { type: "static" },
    },
    {
      name: "law_decision",
      rules: { operator: "AND", conditions: [domain("law")] },
      modelRefs: [{ model: "broken" }],
    },
    {
      name: "other_decision",
      rules: {
        operator: "NOT",
        conditions: [{ operator: "OR", conditions: [domain("math"), domain("law")] }],
      },
      modelRefs: [{ model: "everyday" }],
    },
  ],
  model_config: {
    solver: { pricing: { prompt_per_1m: 3, completion_per_1m: 15 } },
    everyday: { pricing: { prompt_per_1m: 0.15, completion_per_1m: 0.6 } },
    broken: {},
  },
};

const observability = (
  endpoint: string,
  redisUrl: string | undefined,
  { samplingRate: rate, baseline }: { readonly samplingRate: number; readonly baseline: string },
) => ({
  ...(redisUrl !== undefined && {
    embedding: { cache: { redis_url: redisUrl, timeout_ms: 1000 } },
  }),
  observability: {
    price_baseline: baseline,
    tracing: {
      enabled: true,
      exporter: { endpoint },
      sampling: { type: "probabilistic", rate },
    },
  },
});
