import type { RouterConfig } from "../config/schema.ts";

/** What is used once, when signalbox starts to listen. */
const fixed: readonly (readonly [string, string])[] = [
  ["limits", "max_concurrent_streams"],
  ["listener", "socket"],
  ["listener", "socket_mode"],
  ["listener", "tls"],
  ["observability", "metrics"],
  ["observability", "tracing"],
];

/** A configuration as it can be served without a restart, and what that leaves out. */
export function withFixedSettings(
  wanted: RouterConfig,
  started: RouterConfig,
): { readonly config: RouterConfig; readonly warnings: readonly string[] } {
  const config = structuredClone(wanted);
  const warnings: string[] = [];
  const keep = (section: string, key: string): void => {
    const [own, first] = [config, started].map((one) => sectionOf(one, section)) as [
      Section,
      Section,
    ];
    // Without the value, which may hold a secret: an endpoint's query, for one.
    warnings.push(`${section}.${key} stays as it was until signalbox is started again`);
    own[key] = first[key];
  };
  for (const [section, key] of fixed) {
    const [own, first] = [wanted, started].map((one) => sectionOf(one, section)[key]);
    if (JSON.stringify(own) !== JSON.stringify(first)) keep(section, key);
  }
  // Less is kept to; for more the messages of gRPC would have to be allowed to be larger.
  if (wanted.limits.max_body_bytes > started.limits.max_body_bytes)
    keep("limits", "max_body_bytes");
  return { config, warnings };
}

type Section = Record<string, unknown>;
const sectionOf = (config: RouterConfig, section: string): Section =>
  (config as unknown as Record<string, Section>)[section] ?? {};
