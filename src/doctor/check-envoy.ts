import { checkPath, type Known } from "./check-path.ts";
import { type Finding, type FindingId, finding } from "./findings.ts";
import { pathsOfEnvoy } from "./paths-of-envoy.ts";
import type { EnvoyState } from "./read-envoy.ts";

/** What is wrong with an Envoy as it runs. */
export function checkEnvoy({ dump, stats }: EnvoyState, known: Known): Finding[] {
  const { paths, clusters } = pathsOfEnvoy(dump);
  if (paths.length === 0) {
    const found = "no listener has an ext_proc filter, nor a route on x-selected-model";
    return [finding("no-ext-proc", "config_dump", found)];
  }
  return [
    ...paths.flatMap((path) => checkPath(path, known)),
    ...checkExtProcStats(stats),
    ...clusters.flatMap((cluster) => checkCluster(cluster, stats)),
  ];
}

/** Counters of every ext_proc filter whose growth is a fault, by their last name. */
const faults: ReadonlyMap<string, FindingId> = new Map([
  ["message_timeouts", "message-timeouts-seen"],
  ["streams_failed", "streams-failed-seen"],
  ["failure_mode_allowed", "unrouted-seen"],
  ["rejected_header_mutations", "mutations-rejected-seen"],
  ["clear_route_cache_disabled", "route-cache-kept"],
  ["clear_route_cache_ignored", "route-cache-kept"],
] as const);

function checkExtProcStats(stats: EnvoyState["stats"]): Finding[] {
  return [...stats].flatMap(([name, count]) => {
    const id = /^http\..+\.downstream_rq_too_large$/.test(name)
      ? "bodies-refused-seen"
      : faults.get(/\.ext_proc\.(?:.*\.)?([a-z_]+)$/.exec(name)?.[1] ?? "");
    return id && count > 0 ? [finding(id, `stats: ${name}`, `${count}`)] : [];
  });
}

function checkCluster(cluster: string, stats: EnvoyState["stats"]): Finding[] {
  const stat = (name: string): number | undefined => stats.get(`cluster.${cluster}.${name}`);
  const found: Finding[] = [];
  if (stat("membership_healthy") === 0) {
    found.push(
      finding("ext-proc-unreachable", `stats: cluster.${cluster}.membership_healthy`, "0"),
    );
  }
  const lost = stat("upstream_cx_connect_fail") ?? 0;
  if (lost > 0) {
    found.push(
      finding(
        "streams-failed-seen",
        `stats: cluster.${cluster}.upstream_cx_connect_fail`,
        `${lost}`,
      ),
    );
  }
  const refused = stat("upstream_rq_pending_overflow") ?? 0;
  if (refused > 0) {
    found.push(
      finding(
        "overflow-seen",
        `stats: cluster.${cluster}.upstream_rq_pending_overflow`,
        `${refused}`,
      ),
    );
  }
  return found;
}
