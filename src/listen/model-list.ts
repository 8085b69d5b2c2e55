import { configuredModels } from "../config/configured-models.ts";
import type { RouterConfig } from "../config/schema.ts";

/** The body of GET /v1/models: the names that are routed and, when the configuration asks for it, every model. */
export function modelList(config: RouterConfig) {
  const created = Math.floor(Date.now() / 1000);
  const routed = [...new Set([config.auto_model_name, "auto"])].map((id) => ({
    id,
    object: "model",
    created,
    owned_by: "signalbox",
    description: "Routed to the model that answers the request best",
  }));
  const named = config.include_config_models_in_list
    ? configuredModels(config).map((id) => ({
        id,
        object: "model",
        created,
        owned_by: "upstream-endpoint",
      }))
    : [];
  return { object: "list", data: [...routed, ...named] };
}
