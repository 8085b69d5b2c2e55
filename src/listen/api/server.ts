import { createServer, type IncomingMessage, type Server } from "node:http";
import { explain } from "../../explain.ts";
import type { Router } from "../../router.ts";
import type { Acquire } from "../lease.ts";
import { modelList } from "../model-list.ts";
import { classifyBatch, classifyIntent } from "./classify.ts";
import { embeddings } from "./embeddings.ts";
import { type Answer, failure, ok, readJson, send } from "./http.ts";
import { modelInfo } from "./info.ts";
import { modelPackPredict } from "./modelpack.ts";

type Handler = (router: Router, request: IncomingMessage) => Answer | Promise<Answer>;

/** A handler of a JSON body. */
const post =
  (
    handle: (router: Router, body: Record<string, unknown>, text: string) => Promise<Answer>,
  ): Handler =>
  async (router, request) => {
    const read = await readJson(request);
    return "status" in read ? read : handle(router, read.body, read.text);
  };

const routes: Readonly<Record<string, Handler>> = {
  "GET /v1/models": ({ config }) => ok(modelList(config)),
  "GET /info/models": (router) => ok(modelInfo(router)),
  "POST /api/v1/classify/intent": post(classifyIntent),
  "POST /api/v1/classify/batch": post(classifyBatch),
  "POST /api/v1/embeddings": post(embeddings),
  "POST /api/v1/modelpack/predict": post(modelPackPredict),
  "POST /api/v1/explain": post(async (router, _body, text) => {
    const explanation = await explain(router, text);
    return "error" in explanation ? { status: 400, json: explanation } : ok(explanation);
  }),
};

const paths = new Set(Object.keys(routes).map((route) => route.split(" ")[1]));

/**
 * The HTTP API. `acquire` gives nothing while models load: then only /health answers 200. `configStatus` is the body of
 * GET /config/status, undefined while models load.
 */
export function createApi(
  acquire: Acquire,
  isReady: () => boolean,
  configStatus?: () => unknown,
): Server {
  const service = "classification-api";
  async function answer(request: IncomingMessage): Promise<Answer> {
    const path = (request.url ?? "/").replace(/\?.*$/s, "");
    const method = request.method === "HEAD" ? "GET" : (request.method ?? "GET");
    if (path === "/health") {
      // Spaces as upstream writes them: scripts compare this text.
      return { status: 200, text: `{"status": "healthy", "service": "${service}"}` };
    }
    if (path === "/ready") {
      const ready = isReady();
      return {
        status: ready ? 200 : 503,
        json: { status: ready ? "ready" : "starting", service, ready },
      };
    }
    if (path === "/config/status" && configStatus) {
      if (method !== "GET") return failure(405, "METHOD_NOT_ALLOWED", `${path} has no ${method}`);
      const status = configStatus();
      return status ? ok(status) : failure(503, "NOT_READY", "models are still loading");
    }
    const handler = routes[`${method} ${path}`];
    if (!handler) {
      if (paths.has(path)) return failure(405, "METHOD_NOT_ALLOWED", `${path} has no ${method}`);
      return failure(404, "NOT_FOUND", "no such endpoint");
    }
    const lease = acquire();
    if (!lease) return failure(503, "NOT_READY", "models are still loading");
    try {
      return await handler(lease.router, request);
    } finally {
      lease.release();
    }
  }
  return createServer((request, response) => {
    void answer(request)
      .catch(() => failure(500, "INTERNAL_ERROR", "a fault of signalbox itself"))
      .then((done) => send(response, done));
  });
}
