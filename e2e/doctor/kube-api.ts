import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A resource as a manifest has it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

export interface KubeApi {
  readonly url: string;
  /** Paths that were asked for. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** The plural of each kind that this server has. */
const plurals: Readonly<Record<string, string>> = {
  Gateway: "gateways",
  HTTPRoute: "httproutes",
  ClientTrafficPolicy: "clienttrafficpolicies",
  EnvoyExtensionPolicy: "envoyextensionpolicies",
  EnvoyPatchPolicy: "envoypatchpolicies",
  Backend: "backends",
  Service: "services",
  ConfigMap: "configmaps",
};

/** What of Kubernetes' API `kubectl get` needs: discovery and lists, over loopback. `forbids`: it refuses lists, as to a user
 * without rights. */
export async function startKubeApi(
  manifests: readonly Manifest[],
  versions: Readonly<Record<string, readonly string[]>>,
  forbids = false,
): Promise<KubeApi> {
  const asked: string[] = [];
  const groups = Object.keys(versions).filter((version) => version !== "v1");

  function answer(path: string): object | undefined {
    if (path === "/api") return { kind: "APIVersions", versions: ["v1"] };
    if (path === "/apis") {
      return {
        kind: "APIGroupList",
        groups: groups.map((groupVersion) => {
          const [name, version] = groupVersion.split("/");
          const own = { groupVersion, version };
          return { name, versions: [own], preferredVersion: own };
        }),
      };
    }
    const [, groupVersion = "", plural] =
      /^\/apis?\/(v1|[^/]+\/[^/]+)(?:\/([a-z]+))?$/.exec(path) ?? [];
    const kinds = versions[groupVersion];
    if (!kinds) return undefined;
    if (plural === undefined) {
      return {
        kind: "APIResourceList",
        groupVersion,
        resources: kinds.map((kind) => ({
          name: plurals[kind],
          singularName: kind.toLowerCase(),
          namespaced: true,
          kind,
          verbs: ["get", "list"],
        })),
      };
    }
    const kind = kinds.find((one) => plurals[one] === plural);
    const items = manifests.filter((one) => one.kind === kind && one.apiVersion === groupVersion);
    return kind === undefined
      ? undefined
      : { kind: `${kind}List`, apiVersion: groupVersion, metadata: {}, items };
  }

  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://127.0.0.1");
    asked.push(pathname);
    const allowed = !forbids || !/^\/apis?\/.*\/[a-z]+$/.test(pathname);
    const found = allowed ? answer(pathname) : undefined;
    const code = !allowed ? 403 : found ? 200 : 404;
    const reason = allowed ? "NotFound" : "Forbidden";
    const status = {
      kind: "Status",
      apiVersion: "v1",
      status: "Failure",
      reason,
      message: reason,
      code,
    };
    response.writeHead(code, { "content-type": "application/json" });
    response.end(JSON.stringify(found ?? status));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
