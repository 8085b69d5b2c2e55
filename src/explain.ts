import { RouterError } from "./errors.ts";
import { isAuto } from "./parse/auto-model.ts";
import { parseChatRequest } from "./parse/chat-request.ts";
import type { Route } from "./route.ts";
import { routeOrDefault } from "./route-or-default.ts";
import type { Router } from "./router.ts";

/** What a request would get, and why. The same for the command, the HTTP API and the wire: it is the same code. */
export type Explanation =
  | {
      readonly model: string;
      readonly decision: string | null;
      readonly domain: string | null;
      readonly confidence: number;
      readonly algorithm: Route["algorithm"] | "specified";
      readonly reason: Route["reason"] | "model_specified";
      readonly scores: Route["scores"];
      readonly domains: Route["domains"];
      /** Likeliest label of each task of the model pack that a condition asked for. */
      readonly tasks?: Route["tasks"];
      readonly timings_ms: Route["timingsMs"];
      /** Only where it is so: the query was longer than is read, and its head and tail were kept. */
      readonly truncated?: true;
    }
  | {
      readonly error: { readonly code: string; readonly message: string; readonly remedy: string };
    };

/** Offline there is nobody to wait for: only an embedder that hangs should end this. */
const patienceMs = 60_000;

/**
 * Explains one input: the JSON of a chat-completion body, or `{"query": "..."}` (other keys are ignored). A body
 * without `model` counts as `auto`. Never rejects: what cannot be routed is an `error`.
 */
export async function explain(router: Router, input: string): Promise<Explanation> {
  try {
    const asked = read(input);
    const route = await routeOrDefault(router, asked.query, patienceMs);
    const named = !isAuto(asked.model, router.config.auto_model_name);
    return {
      model: named ? asked.model : route.model,
      decision: route.decision ?? null,
      domain: route.domain ?? null,
      confidence: route.confidence,
      algorithm: named ? "specified" : route.algorithm,
      reason: named ? "model_specified" : route.reason,
      scores: route.scores,
      domains: route.domains,
      ...(route.tasks && { tasks: route.tasks }),
      timings_ms: route.timingsMs,
      ...(route.truncated && { truncated: true as const }),
    };
  } catch (thrown) {
    const { code, detail, remedy } = RouterError.from(thrown);
    return { error: { code, message: detail, remedy } };
  }
}

function read(input: string): { readonly model: string; readonly query: string } {
  let body: unknown;
  try {
    body = JSON.parse(input);
  } catch {
    // Let the one parser say what is wrong.
    return parseChatRequest(Buffer.from(input));
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return parseChatRequest(Buffer.from(input));
  }
  if ("messages" in body) {
    const whole = "model" in body ? input : JSON.stringify({ model: "auto", ...body });
    return parseChatRequest(Buffer.from(whole));
  }
  if ("query" in body) {
    if (typeof body.query === "string") return { model: "auto", query: body.query.trim() };
    throw new RouterError("invalid_request", "field query must be a string", "Send text");
  }
  throw new RouterError(
    "invalid_request",
    "neither messages nor query is there",
    'Send a chat-completion body or {"query": "..."}',
  );
}
