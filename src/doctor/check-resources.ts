import { isMapping, valueAt } from "../config/tree.ts";
import { readYaml } from "../config/yaml.ts";
import { checkPath, type Known } from "./check-path.ts";
import { type Finding, finding } from "./findings.ts";
import {
  isRoute,
  parentsOf,
  pathsOfResources,
  type Target,
  targetsOf,
} from "./paths-of-resources.ts";
import { itemsOf, listAt, type Resource, textAt } from "./resource.ts";
import { type OnPath, resourcesOnPath } from "./resources-on-path.ts";

/** What is wrong with gateways as their resources describe them. `whole`: nothing else can be there, as in a cluster. */
export function checkResources(
  resources: readonly Resource[],
  known: Known,
  whole: boolean,
): Finding[] {
  const paths = pathsOfResources(resources);
  // A cluster may have Gateways that are none of signalbox's business.
  const sure = paths.filter(({ isSure }) => isSure);
  const asking = sure.length > 0 ? sure : paths.filter(({ filters }) => filters.length > 0);
  const nothing =
    asking.length > 0
      ? []
      : [
          finding(
            "no-ext-proc",
            "all resources",
            "no Gateway with an ext_proc filter, nor a route on x-selected-model",
          ),
        ];
  const near = resourcesOnPath(resources, asking);
  return [
    ...nothing,
    ...asking.flatMap((path) => checkPath(path, known)),
    ...near.resources.flatMap((one) => checkStatus(one, near)),
    ...checkTargets(near, resources, whole),
    ...checkBackends(near, resources, whole),
    ...checkEnvoyGateway(near, resources),
  ];
}

/** False of one of these means that the gateway does not use it. */
const mustHold = ["Accepted", "Programmed", "ResolvedRefs"];
const watched = [
  "Gateway",
  "HTTPRoute",
  "AIGatewayRoute",
  "ClientTrafficPolicy",
  "EnvoyExtensionPolicy",
  "EnvoyPatchPolicy",
  "Backend",
  "AIServiceBackend",
];

function checkStatus(resource: Resource, { isElsewhere }: OnPath): Finding[] {
  if (!watched.includes(resource.kind)) return [];
  const { tree } = resource;
  const conditions = [
    ...listAt(tree, "status", "conditions"),
    ...["ancestor", "parent"].flatMap((of) =>
      listAt(tree, "status", `${of}s`)
        .filter((one) => !isElsewhere(valueAt(one, [`${of}Ref`]), resource))
        .flatMap((one) => listAt(one, "conditions")),
    ),
  ];
  return conditions.flatMap((condition) => {
    const type = textAt(condition, "type") ?? "";
    if (textAt(condition, "status") !== "False" || !mustHold.includes(type)) return [];
    const reason = textAt(condition, "reason") ?? "";
    const found = `${type} is False (${reason}): ${textAt(condition, "message") ?? ""}`;
    const disabled = resource.kind === "EnvoyPatchPolicy" && reason === "Disabled";
    return [
      finding(disabled ? "patch-policy-disabled" : "not-accepted", resource.at(["status"]), found),
    ];
  });
}

const policies = ["ClientTrafficPolicy", "EnvoyExtensionPolicy", "EnvoyPatchPolicy"];

function checkTargets(near: OnPath, resources: readonly Resource[], whole: boolean): Finding[] {
  const has = (target: Target): boolean =>
    resources.some(
      ({ kind, namespace, name }) =>
        // AI Gateway makes an HTTPRoute of the same name.
        (kind === target.kind || (kind === "AIGatewayRoute" && target.kind === "HTTPRoute")) &&
        namespace === target.namespace &&
        name === target.name,
    );
  // Manifests may leave the Gateway to somebody else.
  const known = (target: Target): boolean =>
    whole || resources.some(({ kind }) => kind === target.kind);
  const missing = (one: Resource, targets: readonly Target[]): Finding[] =>
    targets
      .filter((target) => known(target) && !has(target))
      .map(({ kind, namespace, name, path }) =>
        finding("target-missing", one.at(path), `no ${kind} ${namespace}/${name}`),
      );
  return near.resources.flatMap((one) => {
    if (policies.includes(one.kind)) return missing(one, targetsOf(one));
    if (isRoute(one)) return missing(one, parentsOf(one));
    return [];
  });
}

function checkBackends(near: OnPath, resources: readonly Resource[], whole: boolean): Finding[] {
  return near.resources
    .filter(({ kind }) => kind === "EnvoyExtensionPolicy")
    .flatMap((policy) =>
      listAt(policy.tree, "spec", "extProc").flatMap((own, i) =>
        listAt(own, "backendRefs").flatMap((ref, j) => {
          const kind = textAt(ref, "kind") ?? "Service";
          const name = textAt(ref, "name") ?? "";
          const namespace = textAt(ref, "namespace") ?? policy.namespace;
          const there = resources.some(
            (one) => one.kind === kind && one.name === name && one.namespace === namespace,
          );
          // A Service is made elsewhere than a Backend, which is written for this.
          if (there || (kind !== "Backend" && !whole)) return [];
          const at = policy.at(["spec", "extProc", i, "backendRefs", j]);
          return [finding("ext-proc-backend-missing", at, `no ${kind} ${namespace}/${name}`)];
        }),
      ),
    );
}

/** Envoy Gateway's own configuration: a resource of its file form, or the ConfigMap that its chart makes. */
function checkEnvoyGateway(near: OnPath, resources: readonly Resource[]): Finding[] {
  const settings = resources.flatMap((one) => {
    if (one.kind === "EnvoyGateway") return [{ tree: one.tree, at: one.at([]) }];
    const text = textAt(one.tree, "data", "envoy-gateway.yaml");
    if (one.kind !== "ConfigMap" || text === undefined) return [];
    const read = readYaml(text);
    return "tree" in read ? itemsOf(read.tree).map((tree) => ({ tree, at: one.at(["data"]) })) : [];
  });
  return settings.flatMap(({ tree, at }) => {
    if (!isMapping(tree)) return [];
    const lacks = (key: string, kind: string): boolean =>
      valueAt(tree, ["extensionApis", key]) !== true &&
      near.resources.some((one) => one.kind === kind);
    return [
      ...(lacks("enableEnvoyPatchPolicy", "EnvoyPatchPolicy")
        ? [finding("patch-policy-disabled", at, "enableEnvoyPatchPolicy is not true")]
        : []),
      ...(lacks("enableBackend", "Backend")
        ? [finding("backend-api-disabled", at, "enableBackend is not true")]
        : []),
    ];
  });
}
