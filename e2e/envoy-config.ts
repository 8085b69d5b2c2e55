import type { BodySendMode } from "../src/protocol/messages.ts";

export interface EnvoyOptions {
  /** 0 lets Envoy choose; what it chose is in /listeners of the admin interface. */
  readonly listenPort: number;
  readonly adminPort: number;
  /** Where signalbox listens for gRPC; without it Envoy routes alone. */
  readonly extProcPort?: number;
  /** The Unix socket where it does so instead. */
  readonly extProcSocket?: string;
  /** Speak TLS to signalbox, whose certificate must be of `ca`; showing one, where there is one. Paths of PEM files. */
  readonly extProcTls?: { readonly ca: string; readonly cert?: string; readonly key?: string };
  /** Port on 127.0.0.1 of each model's backend. */
  readonly backends: Readonly<Record<string, number>>;
  /** The model whose backend gets what no route claims. */
  readonly defaultBackend: string;
  readonly requestBody?: BodySendMode;
  readonly responseBody?: BodySendMode;
  readonly sendTrailers?: boolean;
  /** With STREAMED: the chunks come before the headers were answered. */
  readonly sendBodyAtOnce?: boolean;
  /** Let requests pass as they are while signalbox cannot be asked. */
  readonly failOpen?: boolean;
  /** Remove the headers that signalbox sets from what clients send, before any filter. */
  readonly removeForged?: boolean;
  readonly messageTimeoutMs?: number;
  /** Port on 127.0.0.1 of an OTLP receiver (gRPC): Envoy traces, too. */
  readonly tracesPort?: number;
}

/** Envoy Gateway's default. signalbox answers within limits.deadline_ms, 150 ms by default. */
const messageTimeoutMs = 200;

/** Bodies are held whole before they are routed; signalbox refuses them at 16 MiB, with an error that says why. */
const bufferBytes = 50 * 1024 * 1024;

const extProcCluster = "signalbox";
const tracesCluster = "traces";

/** Envoy's static configuration: signalbox first among the filters, one cluster for each model. */
export function envoyConfig(options: EnvoyOptions): object {
  const { backends, tracesPort } = options;
  return {
    admin: { address: address(options.adminPort) },
    ...(tracesPort !== undefined && { layered_runtime: spansAtOnce }),
    static_resources: {
      listeners: [listener(options)],
      clusters: [
        ...Object.entries(backends).map(([model, port]) => cluster(model, port, trailers)),
        ...(asksSignalbox(options) ? [signalboxCluster(options)] : []),
        ...(tracesPort === undefined ? [] : [cluster(tracesCluster, tracesPort, http2)]),
      ],
    },
  };
}

function listener(options: EnvoyOptions): object {
  const extProc = asksSignalbox(options) ? [extProcFilter(options)] : [];
  return {
    name: "http",
    address: address(options.listenPort),
    per_connection_buffer_limit_bytes: bufferBytes,
    filter_chains: [
      {
        filters: [
          {
            name: "envoy.filters.network.http_connection_manager",
            typed_config: {
              "@type": `${network}.http_connection_manager.v3.HttpConnectionManager`,
              stat_prefix: "http",
              http_protocol_options: { enable_trailers: true },
              ...(options.tracesPort !== undefined && { tracing }),
              ...(options.removeForged && { early_header_mutation_extensions: [removeForged] }),
              http_filters: [...extProc, routerFilter],
              route_config: {
                virtual_hosts: [{ name: "models", domains: ["*"], routes: routes(options) }],
              },
            },
          },
        ],
      },
    ],
  };
}

/** As in deploy/compose/envoy.yaml. */
const removeForged = {
  name: "envoy.http.early_header_mutation.header_mutation",
  typed_config: {
    "@type":
      "type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
    mutations: ["x-selected-model", "x-vsr-selected-model"].map((remove) => ({ remove })),
  },
};

/** One route for each model by the header that signalbox sets, and one for everything else. */
function routes({ backends, defaultBackend }: EnvoyOptions): object[] {
  const to = (model: string) => ({ cluster: model, timeout: "60s" });
  const chosen = Object.keys(backends).map((model) => ({
    match: {
      prefix: "/",
      headers: [{ name: "x-selected-model", string_match: { exact: model } }],
    },
    route: to(model),
  }));
  return [...chosen, { match: { prefix: "/" }, route: to(defaultBackend) }];
}

function extProcFilter(options: EnvoyOptions): object {
  const { requestBody = "BUFFERED", responseBody = "NONE" } = options;
  // Envoy refuses full duplex without trailers: they may be what ends the body.
  const trailersToo = options.sendTrailers || requestBody === "FULL_DUPLEX_STREAMED";
  return {
    name: "signalbox",
    typed_config: {
      "@type": `${http}.ext_proc.v3.ExternalProcessor`,
      grpc_service: { envoy_grpc: { cluster_name: extProcCluster } },
      message_timeout: `${(options.messageTimeoutMs ?? messageTimeoutMs) / 1000}s`,
      failure_mode_allow: options.failOpen ?? false,
      allow_mode_override: true,
      send_body_without_waiting_for_header_response: options.sendBodyAtOnce ?? false,
      processing_mode: {
        request_header_mode: "SEND",
        request_body_mode: requestBody,
        request_trailer_mode: trailersToo ? "SEND" : "SKIP",
        response_header_mode: "SEND",
        response_body_mode: responseBody,
        response_trailer_mode: responseBody === "FULL_DUPLEX_STREAMED" ? "SEND" : "SKIP",
      },
    },
  };
}

const asksSignalbox = ({ extProcPort, extProcSocket }: EnvoyOptions): boolean =>
  extProcPort !== undefined || extProcSocket !== undefined;

function signalboxCluster({ extProcPort = 0, extProcSocket, extProcTls }: EnvoyOptions): object {
  const at = extProcSocket === undefined ? address(extProcPort) : { pipe: { path: extProcSocket } };
  return {
    ...clusterAt(extProcCluster, at, http2),
    ...(extProcTls && { transport_socket: tlsSocket(extProcTls) }),
  };
}

const tlsSocket = ({ ca, cert, key }: NonNullable<EnvoyOptions["extProcTls"]>) => ({
  name: "envoy.transport_sockets.tls",
  typed_config: {
    "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
    common_tls_context: {
      alpn_protocols: ["h2"],
      validation_context: { trusted_ca: { filename: ca } },
      ...(cert !== undefined && {
        tls_certificates: [
          { certificate_chain: { filename: cert }, private_key: { filename: key } },
        ],
      }),
    },
  },
});

const cluster = (name: string, port: number, protocol: object): object =>
  clusterAt(name, address(port), protocol);

function clusterAt(name: string, at: object, protocol: object): object {
  return {
    name,
    connect_timeout: "1s",
    // Every request of a test is alive at once at most; none may be refused for want of a slot.
    circuit_breakers: {
      thresholds: [{ max_connections: 4096, max_pending_requests: 4096, max_requests: 4096 }],
    },
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        explicit_http_config: protocol,
      },
    },
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: at } }] }],
    },
  };
}

const network = "type.googleapis.com/envoy.extensions.filters.network";
const http = "type.googleapis.com/envoy.extensions.filters.http";
const http2 = { http2_protocol_options: {} };
const trailers = { http_protocol_options: { enable_trailers: true } };

/** Else Envoy keeps them for five seconds. */
const spansAtOnce = {
  layers: [{ name: "static", static_layer: { "tracing.opentelemetry.flush_interval_ms": 100 } }],
};

const tracing = {
  provider: {
    name: "envoy.tracers.opentelemetry",
    typed_config: {
      "@type": "type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig",
      service_name: "envoy",
      grpc_service: { envoy_grpc: { cluster_name: tracesCluster }, timeout: "1s" },
    },
  },
};

const routerFilter = {
  name: "envoy.filters.http.router",
  typed_config: { "@type": `${http}.router.v3.Router` },
};

const address = (port: number) => ({
  socket_address: { address: "127.0.0.1", port_value: port },
});
