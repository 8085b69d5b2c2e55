import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { RouterError } from "../errors.ts";
import { itemsOf, type Resource, resourceOf } from "./resource.ts";

export interface ClusterOptions {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

/** With their group, so that another kind of the same name is not taken for them. */
const kinds = [
  "gateways.gateway.networking.k8s.io",
  "httproutes.gateway.networking.k8s.io",
  "clienttrafficpolicies.gateway.envoyproxy.io",
  "envoyextensionpolicies.gateway.envoyproxy.io",
  "envoypatchpolicies.gateway.envoyproxy.io",
  "backends.gateway.envoyproxy.io",
  "aigatewayroutes.aigateway.envoyproxy.io",
  "aiservicebackends.aigateway.envoyproxy.io",
  "services",
] as const;

const limitMs = 30_000;
const maxBytes = 64 * 1024 * 1024;

/**
 * What `kubectl` may read of the gateway, of all namespaces. Kinds that the cluster does not have are passed over. Rejects
 * with RouterError `doctor_failed` when it cannot be reached or refuses.
 */
export async function readCluster(options: ClusterOptions): Promise<readonly Resource[]> {
  const found: Resource[] = [];
  let missing = 0;
  for (const kind of kinds) {
    const items = await get(options, [kind, "--all-namespaces"]);
    if (!items) missing++;
    found.push(...(items ?? []));
  }
  if (missing === kinds.length - 1) {
    throw new RouterError(
      "doctor_failed",
      "the cluster has no Gateway API and no Envoy Gateway",
      "Install them, or name another context with --context",
    );
  }
  const settings = [
    "configmaps",
    "--all-namespaces",
    "--field-selector",
    "metadata.name=envoy-gateway-config",
  ];
  return [...found, ...((await get(options, settings)) ?? [])];
}

/** Undefined for a kind that the cluster does not have. */
async function get(
  { kubeconfig, context }: ClusterOptions,
  what: readonly string[],
): Promise<readonly Resource[] | undefined> {
  const args = [
    ...(kubeconfig === undefined ? [] : ["--kubeconfig", kubeconfig]),
    ...(context === undefined ? [] : ["--context", context]),
    `--request-timeout=${limitMs / 1000}s`,
    "get",
    ...what,
    "--output=json",
  ];
  try {
    const run = promisify(execFile);
    const { stdout } = await run("kubectl", args, { maxBuffer: maxBytes, timeout: 2 * limitMs });
    return itemsOf(JSON.parse(stdout)).flatMap((item) => resourceOf(item) ?? []);
  } catch (thrown) {
    const { code, stderr = "", message } = thrown as Error & { code?: unknown; stderr?: string };
    if (/doesn't have a resource type/.test(stderr)) return undefined;
    const why = code === "ENOENT" ? "kubectl is not installed" : (lastLine(stderr) ?? message);
    throw new RouterError(
      "doctor_failed",
      `kubectl get ${what[0]}: ${why}`,
      "Check --kubeconfig and --context with `kubectl get gateways --all-namespaces`, or use --manifests or --envoy-admin",
      { cause: thrown },
    );
  }
}

const lastLine = (text: string): string | undefined => text.trim().split("\n").at(-1) || undefined;
