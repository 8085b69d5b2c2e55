import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { kustomize } from "./programs.ts";

const folder = join(import.meta.dirname, "../../../gateway-resources/overlays");

export type Overlay =
  | "ai-gateway"
  | "ai-gateway-patched"
  | "envoy-gateway"
  | "envoy-gateway-patched";

/** What differs between a cluster and this machine: hosts, ports, and how long a busy machine may take. */
export interface Local {
  /** Of the Envoy that the gateway shall run. */
  readonly envoyVersion: string;
  readonly listenPort: number;
  /** Port on 127.0.0.1 of each model's backend. */
  readonly backends: Readonly<Record<string, number>>;
  /** Ports on 127.0.0.1 of the sidecars. */
  readonly signalbox: readonly number[];
  /** As the manifests say when not given. */
  readonly messageTimeout?: string;
  readonly failOpen?: boolean;
  /** How an EnvoyExtensionPolicy sends a request's body. */
  readonly requestBody?: "Buffered" | "FullDuplexStreamed";
  /** Where Envoy writes a line for each request; see `accessLogFormat`. */
  readonly accessLog?: string;
}

/** One JSON object a line. */
const accessLogFormat = {
  status: "%RESPONSE_CODE%",
  model: "%REQ(X-SELECTED-MODEL)%",
  gateway_model: "%REQ(X-AI-EG-MODEL)%",
  input: "%DYNAMIC_METADATA(io.envoy.ai_gateway:llm_input_token)%",
  output: "%DYNAMIC_METADATA(io.envoy.ai_gateway:llm_output_token)%",
  total: "%DYNAMIC_METADATA(io.envoy.ai_gateway:llm_total_token)%",
};

/** The manifests of gateway-resources/ with what `local` says, as YAML. `work` is a folder under the checkout. */
export function render(overlay: Overlay, local: Local, work: string): string {
  mkdirSync(work, { recursive: true });
  const kustomization = {
    resources: [relative(work, join(folder, overlay))],
    patches: patches(overlay.endsWith("-patched"), local).map(({ operations, ...target }) => ({
      target,
      patch: JSON.stringify(operations),
    })),
  };
  writeFileSync(join(work, "kustomization.yaml"), JSON.stringify(kustomization, undefined, 1));
  const [command, ...args] = kustomize();
  const rendered = execFileSync(command, [...args, work], { encoding: "utf8" });
  return [rendered, ...(overlay.endsWith("-patched") ? [] : [signalboxBackend(local)])].join(
    "---\n",
  );
}

interface Patch {
  readonly kind: string;
  readonly name?: string;
  readonly operations: readonly {
    readonly op: "add" | "replace";
    readonly path: string;
    readonly value: unknown;
  }[];
}

function patches(patched: boolean, local: Local): Patch[] {
  const { envoyVersion, listenPort, backends } = local;
  return [
    {
      kind: "EnvoyProxy",
      operations: [
        { op: "add", path: "/spec/provider", value: { type: "Host", host: { envoyVersion } } },
        { op: "add", path: "/spec/ipFamily", value: "IPv4" },
        ...(local.accessLog
          ? ([{ op: "add", path: "/spec/telemetry", value: telemetry(local.accessLog) }] as const)
          : []),
      ],
    },
    {
      kind: "Gateway",
      operations: [{ op: "replace", path: "/spec/listeners/0/port", value: listenPort }],
    },
    ...Object.entries(backends).map(
      ([model, port]): Patch => ({
        kind: "Backend",
        name: model.replaceAll(".", "-"),
        operations: [{ op: "replace", path: "/spec/endpoints", value: [loopback(port)] }],
      }),
    ),
    patched ? patchPolicy(local) : extensionPolicy(local),
  ];
}

/** A cluster's Service finds its pods; without one a Backend has to say where signalbox is. */
function extensionPolicy({ messageTimeout, failOpen, requestBody }: Local): Patch {
  const backend = { group: "gateway.envoyproxy.io", kind: "Backend", name: "signalbox" };
  const at = "/spec/extProc/0";
  return {
    kind: "EnvoyExtensionPolicy",
    operations: [
      { op: "replace", path: `${at}/backendRefs`, value: [backend] },
      ...set(`${at}/messageTimeout`, messageTimeout),
      ...set(`${at}/failOpen`, failOpen),
      ...set(`${at}/processingMode/request/body`, requestBody),
    ],
  };
}

const signalboxBackend = ({ signalbox }: Local): string =>
  `${JSON.stringify({
    apiVersion: "gateway.envoyproxy.io/v1alpha1",
    kind: "Backend",
    metadata: { name: "signalbox", namespace: "default" },
    spec: { endpoints: signalbox.map(loopback) },
  })}\n`;

function patchPolicy({ signalbox, messageTimeout, failOpen }: Local): Patch {
  const filter = "/spec/jsonPatches/0/operation/value/typed_config";
  const cluster = "/spec/jsonPatches/1/operation/value";
  const endpoints = signalbox.map((port_value) => ({
    endpoint: { address: { socket_address: { address: "127.0.0.1", port_value } } },
  }));
  return {
    kind: "EnvoyPatchPolicy",
    operations: [
      {
        op: "replace",
        path: `${cluster}/load_assignment/endpoints/0/lb_endpoints`,
        value: endpoints,
      },
      ...set(`${filter}/message_timeout`, messageTimeout),
      ...set(`${filter}/failure_mode_allow`, failOpen),
    ],
  };
}

const set = (path: string, value: unknown) =>
  value === undefined ? [] : [{ op: "replace" as const, path, value }];

const loopback = (port: number) => ({ ip: { address: "127.0.0.1", port } });

const telemetry = (path: string) => ({
  accessLog: {
    settings: [
      {
        format: { type: "JSON", json: accessLogFormat },
        sinks: [{ type: "File", file: { path } }],
      },
    ],
  },
});
