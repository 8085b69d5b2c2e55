import { join } from "node:path";
import type { WrittenFile } from "./files.ts";

export interface Step {
  /** For people. */
  readonly name: string;
  /** By its name, whatever path it has on this machine. */
  readonly program: "docker" | "helm" | "kind" | "kubectl";
  readonly args: readonly string[];
  /** Tried again so often, a few seconds apart: a webhook may not listen yet. */
  readonly attempts?: number;
}

export const clusterName = "semantic-router-e2e";

/** Folder of this driver, from the checkout's root, where every command runs. */
const here = "e2e/drivers/kind";
/** Of everything that is written while it runs. */
export const workFolder = "e2e/.work/kind";

export interface Versions {
  readonly envoyGateway: string;
  readonly aiGateway: string;
  readonly prometheusImage: string;
}

export interface PlanOptions {
  readonly versions: Versions;
  /** A cluster of an earlier run (E2E_KEEP=1), which gets what is new. */
  readonly clusterIsThere: boolean;
  /** Of the Dockerfile: BASE and BUILD, where other bases are wanted. */
  readonly buildArguments: Readonly<Record<string, string>>;
}

const image = (name: string) => `${name}:e2e`;
const targets = { signalbox: "signalbox", "mock-llm": "signalbox-mock-llm" };
const gatewayNamespace = "envoy-gateway-system";
const aiGatewayNamespace = "envoy-ai-gateway-system";
const file = (name: WrittenFile): string => join(workFolder, name);
const patience = "5m";

/** From a machine with Docker to a cluster in which everything but the Gateway runs. */
export function clusterPlan(options: PlanOptions): readonly Step[] {
  const { versions, clusterIsThere, buildArguments } = options;
  return [
    ...(clusterIsThere ? [] : [createCluster]),
    ...images(buildArguments),
    ...gateways(versions),
    apply("mock LLM, models and Prometheus", [
      ...["-f", file("mock-llm.json"), "-f", file("prometheus.json")],
      ...["-f", `${here}/models.yaml`, "-f", `${here}/prometheus.yaml`],
    ]),
    kubectl("Prometheus's version", [
      ...["set", "image", "-n", "default", "deployment/prometheus"],
      `prometheus=prom/prometheus:${versions.prometheusImage}`,
    ]),
    helm("signalbox", [
      ...["signalbox", "deploy/helm/signalbox", "--namespace", "default"],
      ...["--values", `${here}/values.yaml`, "--values", file("config.json")],
    ]),
    // The images and the models are other ones under the same name.
    ...(clusterIsThere
      ? [kubectl("new Pods", ["rollout", "restart", "deployment", "signalbox", "mock-llm"])]
      : []),
    ...["signalbox", "mock-llm", "prometheus"].map((name) => rolledOut("default", name)),
  ];
}

export const overlays = ["ai-gateway", "ai-gateway-patched"] as const;
export type Overlay = (typeof overlays)[number];

/** Puts one overlay in the place of what is there, and waits until all of it says that it holds. */
export function overlayPlan(overlay: Overlay): readonly Step[] {
  const folder = (name: Overlay) => `${here}/resources/${name}`;
  const patched = overlay === "ai-gateway-patched";
  const policy = patched ? "envoypatchpolicy" : "envoyextensionpolicy";
  const ofGateway = "gateway.envoyproxy.io/owning-gateway-name=signalbox";
  return [
    ...overlays.map((other) =>
      kubectl(`nothing of ${other}`, [
        ...["delete", "--ignore-not-found", "-k", folder(other), `--timeout=${patience}`],
      ]),
    ),
    apply(`gateway-resources/overlays/${overlay}`, ["-k", folder(overlay)], 12),
    waitFor("condition=Accepted", "aigatewayroute/signalbox"),
    waitFor(ancestorSays("Accepted"), `${policy}/signalbox`),
    ...(patched ? [waitFor(ancestorSays("Programmed"), `${policy}/signalbox`)] : []),
    waitFor(ancestorSays("Accepted"), "clienttrafficpolicy/signalbox"),
    waitFor("condition=Programmed", "gateway/signalbox"),
    {
      // Not --for=create: with a selector it does not wait for the first one.
      ...kubectl("Envoy: condition=Available", [
        ...["wait", "--for=condition=Available", "deployment", "-n", gatewayNamespace],
        ...["-l", ofGateway, `--timeout=${patience}`],
      ]),
      attempts: 24,
    },
  ];
}

/** What is kept of a run that failed. Each is tried, whatever becomes of the others. */
export function logsPlan(folder: string): readonly Step[] {
  return [
    kind("logs", ["export", "logs", folder, "--name", clusterName]),
    kubectl("state", [
      ...["cluster-info", "dump", "--all-namespaces", `--output-directory=${folder}/dump`],
    ]),
    kubectl("Gateways and policies", ["get", resourceKinds.join(","), "-A", "-o", "yaml"]),
    kubectl("events", ["get", "events", "-A", "--sort-by=.lastTimestamp"]),
  ];
}

const resourceKinds = [
  ...["gatewayclass", "gateway", "envoyproxy", "clienttrafficpolicy", "backend"],
  ...[
    "envoyextensionpolicy",
    "envoypatchpolicy",
    "aigatewayroute",
    "aiservicebackend",
    "httproute",
  ],
];

export const deleteCluster: Step = kind("delete the cluster", [
  ...["delete", "cluster", "--name", clusterName],
]);

const createCluster: Step = kind("cluster", [
  ...["create", "cluster", "--name", clusterName],
  ...["--config", file("cluster.json"), "--wait", patience],
]);

function images(buildArguments: PlanOptions["buildArguments"]): Step[] {
  const given = Object.entries(buildArguments).flatMap(([name, value]) => [
    "--build-arg",
    `${name}=${value}`,
  ]);
  const built = Object.entries(targets).map(
    ([target, name]): Step => ({
      name: `image ${image(name)}`,
      program: "docker",
      args: ["build", "--target", target, "--tag", image(name), ...given, "."],
    }),
  );
  const names = Object.values(targets).map(image);
  return [
    ...built,
    kind("images into the cluster", ["load", "docker-image", ...names, "--name", clusterName]),
  ];
}

function gateways({ envoyGateway, aiGateway }: Versions): Step[] {
  const chart = (name: string, release: string, version: string, namespace: string): Step =>
    helm(`${name} ${version}`, [
      ...[release, `oci://docker.io/envoyproxy/${name}`, "--version", version],
      ...["--namespace", namespace, "--create-namespace"],
      ...(release === "eg" ? ["--values", `${here}/envoy-gateway.yaml`] : []),
    ]);
  return [
    chart("gateway-helm", "eg", envoyGateway, gatewayNamespace),
    chart("ai-gateway-crds-helm", "aieg-crd", aiGateway, aiGatewayNamespace),
    chart("ai-gateway-helm", "aieg", aiGateway, aiGatewayNamespace),
    rolledOut(gatewayNamespace, "envoy-gateway"),
    rolledOut(aiGatewayNamespace, "ai-gateway-controller"),
  ];
}

function kind(name: string, args: readonly string[]): Step {
  return { name, program: "kind", args };
}

const kubectl = (name: string, args: readonly string[]): Step => ({
  name,
  program: "kubectl",
  args,
});

/** Installs, or upgrades what is there. */
const helm = (name: string, args: readonly string[]): Step => ({
  name,
  program: "helm",
  args: ["upgrade", "--install", ...args, "--wait", "--timeout", patience],
});

const apply = (name: string, what: readonly string[], attempts = 1): Step => ({
  ...kubectl(name, ["apply", "--server-side", "--force-conflicts", ...what]),
  attempts,
});

const rolledOut = (namespace: string, deployment: string): Step =>
  kubectl(`${deployment} is ready`, [
    ...["rollout", "status", `deployment/${deployment}`, "-n", namespace],
    `--timeout=${patience}`,
  ]);

const waitFor = (condition: string, resource: string): Step =>
  kubectl(`${resource}: ${condition}`, [
    ...["wait", `--for=${condition}`, resource, "-n", "default", `--timeout=${patience}`],
  ]);

/** A policy says of each Gateway that it is for how it fares there. */
const ancestorSays = (type: string): string =>
  `jsonpath={.status.ancestors[0].conditions[?(@.type=="${type}")].status}=True`;

/** As a shell takes it. */
export const commandLine = ({ program, args }: Step): string =>
  [program, ...args]
    .map((word) => (/^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(" ");
