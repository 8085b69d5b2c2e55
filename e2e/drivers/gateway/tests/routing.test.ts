import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, chatBody } from "../../../ask.ts";
import { httpFilters } from "../config-dump.ts";
import type { Overlay } from "../resources.ts";
import { codeQuery, physicsQuery, smallProfile } from "../small-profile.ts";
import { type GatewayStack, startGatewayStack } from "../start-stack.ts";
import { readStatuses } from "../statuses.ts";

const work = join(import.meta.dirname, "../../../.work/gateway-tests");
const overlays: readonly Overlay[] = [
  "envoy-gateway",
  "envoy-gateway-patched",
  "ai-gateway",
  "ai-gateway-patched",
];

describe.each(overlays)("%s", (overlay) => {
  const patched = overlay.endsWith("-patched");
  const ai = overlay.startsWith("ai-");
  const accessLog = join(work, `${overlay}.log`);
  let stack: GatewayStack;
  beforeAll(async () => {
    mkdirSync(work, { recursive: true });
    rmSync(accessLog, { force: true });
    stack = await startGatewayStack({
      ...{ overlay, accessLog, debug: true, messageTimeout: "6s" },
      profile: smallProfile(work),
    });
  });
  afterAll(() => stack?.stop());

  /** The one request that the models' servers received for this body, and its answer. */
  async function send(body: string, headers: Record<string, string> = {}) {
    for (const llm of stack.llms.values()) llm.forget();
    const answer = await ask(stack.url, { body, headers });
    const received = [...stack.llms.values()].flatMap((llm) =>
      llm.received().map((request) => ({ model: llm.model, request })),
    );
    expect(answer.status).toBe(200);
    expect(received).toHaveLength(1);
    return { answer, ...(received[0] as (typeof received)[0]) };
  }

  test("every policy is accepted", async () => {
    const policy = `${patched ? "EnvoyPatchPolicy" : "EnvoyExtensionPolicy"} signalbox`;
    const wanted = ["GatewayClass signalbox", "ClientTrafficPolicy signalbox", policy];
    const statuses = readStatuses(stack.gateway.log());
    for (const name of wanted) {
      const conditions = statuses.get(name) ?? [];
      expect(conditions.map(({ type }) => type)).toContain("Accepted");
      expect(conditions.filter(({ status }) => status !== "True")).toEqual([]);
    }
    if (patched) expect(statuses.get(policy)?.map(({ type }) => type)).toContain("Programmed");
  });

  test("signalbox stands where the manifest's comment says", async () => {
    const filters = (await httpFilters(stack.gateway.adminUrl)).filter(({ typed_config }) =>
      String(typed_config["@type"]).endsWith("ext_proc.v3.ExternalProcessor"),
    );
    const names = filters.map(({ name }) => name);
    const ours = names.findIndex((name) => name.includes("signalbox"));
    expect(names).toHaveLength(ai ? 2 : 1);
    expect(ours).toBe(patched || !ai ? 0 : 1);
    expect(filters[ours]?.typed_config).toMatchObject({
      failure_mode_allow: true,
      allow_mode_override: true,
      message_timeout: "6s",
      processing_mode: { request_header_mode: "SEND", request_body_mode: "BUFFERED" },
    });
  });

  test("AI Gateway knows the model that the manifest's comment says", async () => {
    const { request } = await send(chatBody(codeQuery));
    const known = patched ? "codellama-7b" : "auto";
    expect(request.headers["x-ai-eg-model"]).toBe(ai ? known : undefined);
  });

  test("a client that sets every header of ours and of the gateway's is routed all the same", async () => {
    const spoofed = {
      "x-selected-model": "mistral-7b",
      "x-vsr-selected-model": "mistral-7b",
      "x-vsr-selected-decision": "spoofed",
      "x-vsr-selected-category": "spoofed",
      "x-ai-eg-model": "mistral-7b",
      "x-ai-eg-original-path": "/spoofed",
      "x-gateway-destination-endpoint": "127.0.0.1:1",
    };
    const { answer, model, request } = await send(chatBody(physicsQuery), spoofed);
    expect(model).toBe("llama-3.2-3b");
    expect(request.headers["x-selected-model"]).toBe("llama-3.2-3b");
    expect(request.headers["x-vsr-selected-model"]).toBe("llama-3.2-3b");
    expect(answer.headers).toMatchObject({
      "x-vsr-selected-model": "llama-3.2-3b",
      "x-vsr-selected-decision": "science",
      "x-vsr-selected-category": "physics",
    });
  });

  test.each([false, true])(
    "the model's server is asked for its own model; streaming: %s",
    async (stream) => {
      const body = chatBody(codeQuery, { stream, user: "someone" });
      const { answer, model, request } = await send(body);
      expect(model).toBe("codellama-7b");
      expect(JSON.parse(request.body.toString())).toMatchObject({
        ...JSON.parse(body),
        model: "codellama-7b",
      });
      expect(answer.text).toContain(stream ? "data: [DONE]" : '"model":"codellama-7b"');
    },
  );

  test("a body of 3 MB is routed and arrives whole", async () => {
    const context = "words of context ".repeat(180_000);
    const messages = [
      { role: "system", content: context },
      { role: "user", content: codeQuery },
    ];
    const { model, request } = await send(JSON.stringify({ model: "MoM", messages }));
    expect(model).toBe("codellama-7b");
    expect(JSON.parse(request.body.toString()).messages).toEqual(messages);
  });

  test("a client that names a model of the routes gets it", async () => {
    const { model } = await send(chatBody(physicsQuery, { model: "codellama-7b" }));
    expect(model).toBe("codellama-7b");
  });

  test("a client that names a model of nobody's gets the last rule, under the name it gave", async () => {
    const { model, request } = await send(chatBody(physicsQuery, { model: "someone-elses" }));
    expect(model).toBe("mistral-7b");
    expect(JSON.parse(request.body.toString()).model).toBe("someone-elses");
  });

  test("a GET has no body to wait for", async () => {
    const answer = await ask(stack.url, { method: "GET", path: "/v1/models" });
    expect(answer.status).toBe(200);
    const { data } = JSON.parse(answer.text) as { data: { id: string }[] };
    expect(data.map(({ id }) => id)).toEqual(expect.arrayContaining(["MoM", "auto"]));
  });

  // Envoy writes its access log every ten seconds.
  test.runIf(ai)(
    "AI Gateway counts the tokens of what signalbox routed, plain and streamed",
    async () => {
      const usages = await Promise.all(
        [false, true].map(async (stream) => {
          const { text } = await ask(stack.url, {
            body: chatBody(`${codeQuery}, with care`, { stream }),
          });
          const { prompt_tokens, completion_tokens, total_tokens } = usageOf(text);
          return { input: prompt_tokens, output: completion_tokens, total: total_tokens };
        }),
      );
      expect(usages[0]?.total).toBeGreaterThan(2);
      const wanted = usages.map((usage) => expect.objectContaining({ status: 200, ...usage }));
      await expect
        .poll(() => readLog(accessLog).filter((line) => line.model === "codellama-7b"), {
          timeout: 30_000,
          interval: 500,
        })
        .toEqual(expect.arrayContaining(wanted));
    },
  );
});

interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** Of an answer, or of the last chunk of a streamed one that has it. */
function usageOf(text: string): Usage {
  const parts = text.startsWith("data: ")
    ? text.split("\n\n").filter((line) => line.startsWith("data: {"))
    : [`data: ${text}`];
  const usages = parts.map((line) => JSON.parse(line.slice("data: ".length)).usage as Usage);
  return usages.filter(Boolean).at(-1) as Usage;
}

interface LogLine {
  readonly model: string;
}

const readLog = (path: string): LogLine[] =>
  existsSync(path)
    ? readFileSync(path, "utf8")
        .split("\n")
        .filter((line) => line.endsWith("}"))
        .map((line) => JSON.parse(line))
    : [];
