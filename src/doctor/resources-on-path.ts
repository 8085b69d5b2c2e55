import { valueAt } from "../config/tree.ts";
import type { GatewayPath } from "./gateway-path.ts";
import {
  isRoute,
  keyOf,
  namesSignalbox,
  parentsOf,
  type Target,
  targetsOf,
} from "./paths-of-resources.ts";
import { listAt, type Resource, textAt } from "./resource.ts";
import { rulesOf } from "./rules-of-resources.ts";

export interface OnPath {
  /** In the order of all. */
  readonly resources: readonly Resource[];
  /** Whether a reference of `from` is to a Gateway that requests for signalbox do not come through. */
  readonly isElsewhere: (ref: unknown, from: Resource) => boolean;
}

/**
 * What a request for signalbox meets, of everything in a cluster: the Gateways of `asking`, the routes there that it may
 * take, policies for either, and the backends of both. Also policies and routes of signalbox's own that lead nowhere.
 */
export function resourcesOnPath(all: readonly Resource[], asking: readonly GatewayPath[]): OnPath {
  const names = new Set(asking.map(({ name }) => name));
  const isAsked = ({ kind, namespace, name }: Pick<Target, "kind" | "namespace" | "name">) =>
    kind === "Gateway" && names.has(`Gateway ${namespace}/${name}`);
  const policies = all.filter(({ kind }) => kind.endsWith("Policy"));

  const isTargeted = (route: Resource): boolean =>
    policies
      .filter(namesSignalbox)
      .flatMap(targetsOf)
      .some(({ kind, ...target }) => kind !== "Gateway" && keyOf(target) === keyOf(route));
  const ofModels = all.filter(
    (one) => isRoute(one) && (hasModels(one) || isTargeted(one)) && parentsOf(one).some(isAsked),
  );
  const hosts = new Set(ofModels.flatMap(hostsOf));
  // The last rule may stand in a route of its own; one for hosts of others is theirs.
  const mayCatch = (route: Resource): boolean =>
    parentsOf(route).some(isAsked) &&
    rulesOf(route).some(({ catchAll }) => catchAll) &&
    (hostsOf(route).length === 0 || hostsOf(route).some((host) => hosts.has(host)));
  const routes = new Set(all.filter((one) => isRoute(one) && mayCatch(one)).concat(ofModels));
  const routeKeys = new Set([...routes].map(keyOf));

  const isFor = (policy: Resource): boolean =>
    targetsOf(policy).some((target) =>
      target.kind === "Gateway" ? isAsked(target) : routeKeys.has(keyOf(target)),
    );
  const own = new Set(policies.filter((one) => isFor(one) || namesSignalbox(one)));
  const backends = backendsOf([...routes, ...own], all);

  return {
    resources: all.filter(
      (one) => isAsked(one) || routes.has(one) || own.has(one) || backends.has(one),
    ),
    isElsewhere(ref, from) {
      const name = textAt(ref, "name");
      if (name === undefined || (textAt(ref, "kind") ?? "Gateway") !== "Gateway") return false;
      const namespace = textAt(ref, "namespace") ?? from.namespace;
      return !isAsked({ kind: "Gateway", namespace, name });
    },
  };
}

const hasModels = (route: Resource): boolean =>
  rulesOf(route).some(({ models, patterns }) => models.length + patterns.length > 0);

const hostsOf = ({ tree }: Resource): readonly string[] =>
  listAt(tree, "spec", "hostnames").filter((host) => typeof host === "string");

/** Backends that are named, and those that an AIServiceBackend among them names. */
function backendsOf(from: readonly Resource[], all: readonly Resource[]): Set<Resource> {
  const found = new Set<Resource>();
  const follow = (one: Resource): void => {
    const refs = [
      ...["rules", "extProc"].flatMap((part) =>
        listAt(one.tree, "spec", part).flatMap((each) => listAt(each, "backendRefs")),
      ),
      valueAt(one.tree, ["spec", "backendRef"]),
    ];
    for (const ref of refs) {
      const key = `${textAt(ref, "namespace") ?? one.namespace}/${textAt(ref, "name")}`;
      for (const backend of all) {
        if (!/Backend$/.test(backend.kind) || keyOf(backend) !== key || found.has(backend))
          continue;
        found.add(backend);
        follow(backend);
      }
    }
  };
  for (const one of from) follow(one);
  return found;
}
