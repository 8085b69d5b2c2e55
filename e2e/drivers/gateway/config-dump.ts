/** A filter of Envoy's, as its admin interface shows it. */
export interface HttpFilter {
  readonly name: string;
  readonly typed_config: Readonly<Record<string, unknown>>;
}

/** The HTTP filters of the Gateway's listener, first to last. */
export async function httpFilters(adminUrl: string): Promise<HttpFilter[]> {
  const answer = await fetch(`${adminUrl}/config_dump?resource=dynamic_listeners`);
  const { configs } = (await answer.json()) as { configs: DynamicListener[] };
  const listener = configs.find(({ name }) => name === "default/signalbox/http");
  const [filter] = listener?.active_state?.listener.default_filter_chain?.filters ?? [];
  return filter?.typed_config.http_filters ?? [];
}

interface DynamicListener {
  readonly name: string;
  readonly active_state?: {
    readonly listener: {
      readonly default_filter_chain?: {
        readonly filters: readonly {
          readonly typed_config: { readonly http_filters?: HttpFilter[] };
        }[];
      };
    };
  };
}
