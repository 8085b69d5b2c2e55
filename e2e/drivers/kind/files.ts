import { load } from "js-yaml";

/** What the plan's commands read: written to the work folder, as JSON, which is YAML. */
export type WrittenFile = "cluster.json" | "config.json" | "mock-llm.json" | "prometheus.json";

/** Ports of the node, and which of the loopback each is published as. */
export const nodePorts = { envoy: 30080, prometheus: 30090, mockLlm: 30081 } as const;

/** In the cluster, the first model's; each next model has the next port. */
const firstMockPort = 8001;

export interface FilesOptions {
  /** Of the profile: its YAML. */
  readonly config: string;
  /** In the profile's order. */
  readonly models: readonly string[];
  /** On the host, absolute: what the node sees as /models. */
  readonly modelsFolder: string;
  /** Of the loopback, by the node's. */
  readonly hostPorts: Readonly<Record<number, number>>;
  /** Alert rules: their YAML. */
  readonly rules: string;
}

/** All node ports that are published, for so many models. */
export const publishedPorts = (models: number): number[] => [
  nodePorts.envoy,
  nodePorts.prometheus,
  ...Array.from({ length: models }, (_, at) => nodePorts.mockLlm + at),
];

export function filesOf(options: FilesOptions): Readonly<Record<WrittenFile, unknown>> {
  const { config, models, modelsFolder, hostPorts, rules } = options;
  return {
    "cluster.json": cluster(modelsFolder, hostPorts),
    "config.json": { config: load(config) },
    "mock-llm.json": list(mockLlm(models)),
    "prometheus.json": configMap("prometheus", {
      "prometheus.yaml": JSON.stringify(prometheusConfig),
      "signalbox.rules.yaml": rules,
    }),
  };
}

const cluster = (modelsFolder: string, hostPorts: FilesOptions["hostPorts"]) => ({
  kind: "Cluster",
  apiVersion: "kind.x-k8s.io/v1alpha4",
  nodes: [
    {
      role: "control-plane",
      extraMounts: [{ hostPath: modelsFolder, containerPath: "/models", readOnly: true }],
      extraPortMappings: Object.entries(hostPorts).map(([containerPort, hostPort]) => ({
        containerPort: Number(containerPort),
        hostPort,
        listenAddress: "127.0.0.1",
      })),
    },
  ],
});

function mockLlm(models: readonly string[]): readonly object[] {
  const config = {
    host: "0.0.0.0",
    port: 8000,
    keep_requests: 64,
    models: models.map((name, at) => ({ name, port: firstMockPort + at })),
  };
  const container = {
    name: "mock-llm",
    image: "signalbox-mock-llm:e2e",
    imagePullPolicy: "Never",
    ports: [{ containerPort: config.port }],
    readinessProbe: { httpGet: { path: "/healthz", port: config.port }, periodSeconds: 1 },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    volumeMounts: [{ name: "config", mountPath: "/etc/mock-llm", readOnly: true }],
  };
  const labels = { app: "mock-llm" };
  return [
    configMap("mock-llm", { "config.yaml": JSON.stringify(config) }),
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: inDefault("mock-llm"),
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            automountServiceAccountToken: false,
            securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
            containers: [container],
            volumes: [{ name: "config", configMap: { name: "mock-llm" } }],
          },
        },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: inDefault("mock-llm"),
      spec: {
        type: "NodePort",
        selector: labels,
        ports: models.map((_, at) => ({
          name: `model-${at}`,
          port: firstMockPort + at,
          nodePort: nodePorts.mockLlm + at,
        })),
      },
    },
  ];
}

/** As deploy/observability/prometheus.yaml, but for every Pod of the Deployment. */
const prometheusConfig = {
  global: { scrape_interval: "2s", evaluation_interval: "2s" },
  rule_files: ["signalbox.rules.yaml"],
  scrape_configs: [
    {
      job_name: "signalbox",
      dns_sd_configs: [
        {
          names: ["signalbox-pods.default.svc.cluster.local"],
          type: "A",
          port: 9190,
          refresh_interval: "2s",
        },
      ],
    },
  ],
};

const inDefault = (name: string) => ({ name, namespace: "default" });

const configMap = (name: string, data: Readonly<Record<string, string>>) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: inDefault(name),
  data,
});

const list = (items: readonly object[]) => ({ apiVersion: "v1", kind: "List", items });
