import { isMapping, type Tree, valueAt } from "../config/tree.ts";
import {
  clusterFacts,
  clusterNameOf,
  extProcFilter,
  isAiGateway,
  isExtProc,
} from "./envoy-parts.ts";
import {
  chatPath,
  type GatewayPath,
  leadsToChat,
  type RouteRule,
  selectedModelHeaders,
} from "./gateway-path.ts";
import { oursAmong } from "./paths-of-resources.ts";
import { listAt, numberAt, textAt } from "./resource.ts";

/** Envoy's own, where a listener says nothing. */
const envoyBufferBytes = 1024 * 1024;

interface Named {
  readonly name: string;
  readonly tree: Tree;
}

/** Listeners, routes and clusters of a config_dump, static ones and those of a control plane. */
function partsOf(dump: Tree) {
  const sections = listAt(dump, "configs");
  const all = (keys: readonly string[], ...below: string[]): readonly Named[] =>
    sections.flatMap((section) =>
      keys.flatMap((key) =>
        listAt(section, key).flatMap((one) => {
          const tree = valueAt(one, below) ?? valueAt(one, ["active_state", ...below]);
          return isMapping(tree) ? [{ name: textAt(tree, "name") ?? "", tree }] : [];
        }),
      ),
    );
  return {
    listeners: all(["static_listeners", "dynamic_listeners"], "listener"),
    routes: all(["static_route_configs", "dynamic_route_configs"], "route_config"),
    clusters: all(["static_clusters", "dynamic_active_clusters"], "cluster"),
    // A flag of the bootstrap's layers: its name stands in one key or in several.
    graceful: /ext_proc_graceful_grpc_close":\s*true/.test(JSON.stringify(sections)),
  };
}

/** Names of the clusters that Envoy reaches signalbox through, for their statistics. */
export interface EnvoyPaths {
  readonly paths: readonly GatewayPath[];
  readonly clusters: readonly string[];
}

/** One for each listener that has an HTTP connection manager and routes of models, or a filter that may be signalbox's. */
export function pathsOfEnvoy(dump: Tree): EnvoyPaths {
  const { listeners, routes, clusters, graceful } = partsOf(dump);
  const used = new Set<string>();
  const paths = listeners.flatMap(({ name, tree }) =>
    managersOf(tree).flatMap(({ manager, at }) => {
      const config =
        valueAt(manager, ["route_config"]) ??
        routes.find((one) => one.name === textAt(manager, "rds", "route_config_name"))?.tree;
      const own = listAt(manager, "http_filters");
      const where = `listener ${name}: ${at}`;
      const enabledBy = routesOf(config);
      const found = own.flatMap((filter, i) => {
        const typed = valueAt(filter, ["typed_config"]);
        const title = textAt(filter, "name") ?? "";
        if (!isExtProc(typed) || isAiGateway(title)) return [];
        const clusterName = clusterNameOf(typed);
        used.add(clusterName);
        const cluster = clusters.find((one) => one.name === clusterName)?.tree;
        const onRoutesOnly = valueAt(filter, ["disabled"]) === true;
        const filterAt = `listener ${name}: http_filters[${i}] (${title})`;
        return [
          {
            names: [title, clusterName, ...addressesOf(cluster)],
            on: !onRoutesOnly || enabledBy.some((route) => isOn(route, title)),
            filter: extProcFilter(typed, {
              at: (field) => [filterAt, field].filter(Boolean).join(": "),
              afterAiGateway: own.slice(0, i).some((one) => isAiGateway(textAt(one, "name") ?? "")),
              onRoutesOnly,
              cluster: cluster === undefined ? undefined : clusterFacts(cluster, graceful),
              clusterAt: (field) => `cluster ${clusterName}: ${field}`,
            }),
          },
        ];
      });
      const filters = oursAmong(found.filter(({ on }) => on));
      const rules = rulesOfRoutes(config);
      if (filters.length === 0 && !rules.some(({ models }) => models.length > 0)) return [];
      const bytes = numberAt(tree, "per_connection_buffer_limit_bytes") ?? envoyBufferBytes;
      const buffer = { bytes, where: `listener ${name}: per_connection_buffer_limit_bytes` };
      return [{ name: `listener ${name}`, where, filters, buffer, rules }];
    }),
  );
  return { paths, clusters: [...used] };
}

function managersOf(listener: Tree): readonly { readonly manager: Tree; readonly at: string }[] {
  const chains = [
    ...listAt(listener, "filter_chains"),
    ...[valueAt(listener, ["default_filter_chain"])].filter(isMapping),
  ];
  return chains.flatMap((chain, i) =>
    listAt(chain, "filters").flatMap((filter) => {
      const manager = valueAt(filter, ["typed_config"]);
      const is = textAt(manager, "@type")?.endsWith(".HttpConnectionManager");
      return is ? [{ manager, at: `filter_chains[${i}]` }] : [];
    }),
  );
}

const addressesOf = (cluster: Tree): readonly string[] =>
  listAt(cluster, "load_assignment", "endpoints").flatMap((group) =>
    listAt(group, "lb_endpoints").map(
      (one) => `:${numberAt(one, "endpoint", "address", "socket_address", "port_value")}`,
    ),
  );

interface Route {
  readonly tree: Tree;
  readonly where: string;
}

const routesOf = (config: Tree): readonly Route[] =>
  listAt(config, "virtual_hosts").flatMap((host) =>
    listAt(host, "routes").map((tree, i) => {
      const own = textAt(tree, "name") ?? `routes[${i}]`;
      const at = `${textAt(config, "name") ?? "route_config"}: ${textAt(host, "name")}: ${own}`;
      return { tree, where: `routes ${at}` };
    }),
  );

/** Envoy Gateway turns a filter off for all and on for each route that a policy is for. */
const isOn = ({ tree }: Route, filter: string): boolean => {
  const own = valueAt(tree, ["typed_per_filter_config", filter]);
  return isMapping(own) && valueAt(own, ["disabled"]) !== true;
};

function rulesOfRoutes(config: Tree): readonly RouteRule[] {
  return routesOf(config).map(({ tree, where }) => {
    const headers = listAt(tree, "match", "headers");
    const named = headers.filter((header) =>
      selectedModelHeaders.includes(textAt(header, "name") ?? ""),
    );
    const models = named.flatMap(
      (header) => textAt(header, "string_match", "exact") ?? textAt(header, "exact_match") ?? [],
    );
    const patterns = named.flatMap(
      (header) => textAt(header, "string_match", "safe_regex", "regex") ?? [],
    );
    const timeout = valueAt(tree, ["route", "timeout"]);
    return {
      at: (field) => (field === "timeout" ? `${where}: route.timeout` : where),
      models,
      patterns,
      catchAll: headers.length === 0 && isForChat(valueAt(tree, ["match"])),
      overrides: undefined,
      // A redirect or a direct answer has none.
      timeoutGiven: timeout !== undefined || !isMapping(valueAt(tree, ["route"])),
      ai: false,
    };
  });
}

function isForChat(match: Tree): boolean {
  if (listAt(match, "query_parameters").length > 0) return false;
  const prefix = textAt(match, "prefix");
  if (prefix !== undefined) return chatPath.startsWith(prefix);
  const segments = textAt(match, "path_separated_prefix");
  return segments === undefined ? textAt(match, "path") === chatPath : leadsToChat(segments);
}
