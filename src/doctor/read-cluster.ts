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
  let wanted: readonly string[] = kinds;
  for (;;) {
    const found = await get(options, [wanted.join(","), "--all-namespaces"]);
    if (!("missing" in found)) {
      const settings = ["configmaps", "--all-namespaces", "--field-selector", envoyGatewayConfig];
      const more = await get(options, settings);
      return [...found, ...("missing" in more ? [] : more)];
    }
    // One of them is missing, which fails all: asked again without it.
    const left = wanted.filter((kind) => kind.split(".")[0] !== found.missing);
    if (left.length === wanted.length || left.length < 2) {
      throw new RouterError(
        "doctor_failed",
        "the cluster has no Gateway API and no Envoy Gateway",
        "Install them, or name another context with --context",
      );
    }
    wanted = left;
  }
}

const envoyGatewayConfig = "metadata.name=envoy-gateway-config";

/** `missing`: a kind that the cluster does not have. */
async function get(
  { kubeconfig, context }: ClusterOptions,
  what: readonly string[],
): Promise<readonly Resource[] | { readonly missing: string }> {
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
    const [, missing] = /doesn't have a resource type "([^".]+)/.exec(stderr) ?? [];
    if (missing !== undefined) return { missing };
    const why = code === "ENOENT" ? "kubectl is not installed" : (lastLine(stderr) ?? message);
    throw new RouterError(
      "doctor_failed",
      `kubectl get: ${why}`,
      "Check --kubeconfig and --context with `kubectl get gateways --all-namespaces`, or use --manifests or --envoy-admin",
      { cause: thrown },
    );
  }
}

const lastLine = (text: string): string | undefined => text.trim().split("\n").at(-1) || undefined;
