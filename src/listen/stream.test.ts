import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { StreamEvents } from "../observe/events.ts";
import type { HttpHeaders, ProcessingRequest, ProcessingResponse } from "../protocol/messages.ts";
import type { Router } from "../router.ts";
import { fakeRouter } from "../testing/router.ts";
import { httpStream } from "./stream.ts";

const chat = (model: unknown = "auto", content = "some math") =>
  JSON.stringify({ model, messages: [{ role: "user", content }], temperature: 0.5 });

function httpHeaders(values: Record<string, string>, end_of_stream = false): HttpHeaders {
  const headers = Object.entries(values).map(([key, value]) => ({
    key,
    raw_value: Buffer.from(value),
  }));
  return { headers: { headers }, end_of_stream };
}

const requestHeaders = (
  extra: Record<string, string> = {},
  protocol_config: ProcessingRequest["protocol_config"] = { request_body_mode: "BUFFERED" },
  end = false,
): ProcessingRequest => ({
  request: "request_headers",
  request_headers: httpHeaders(
    {
      ":method": "POST",
      ":path": "/v1/chat/completions",
      "content-type": "application/json",
      "content-length": "9",
      "x-request-id": "r1",
      ...extra,
    },
    end,
  ),
  protocol_config: protocol_config ?? null,
});
const requestBody = (body: string | Uint8Array, end_of_stream = true): ProcessingRequest => ({
  request: "request_body",
  request_body: { body: Buffer.from(body), end_of_stream },
});
const requestTrailers: ProcessingRequest = { request: "request_trailers", request_trailers: {} };
const responseHeaders = (status: string): ProcessingRequest => ({
  request: "response_headers",
  response_headers: httpHeaders({ ":status": status, "content-type": "text/event-stream" }),
});

type Recorded = {
  readonly [Event in keyof StreamEvents]: Parameters<NonNullable<StreamEvents[Event]>>[0][];
};
const recorder = (): { events: StreamEvents; seen: Recorded } => {
  const seen: Recorded = { routed: [], passedThrough: [], rejected: [], failed: [], responded: [] };
  const events: StreamEvents = {
    routed: (event) => seen.routed.push(event),
    passedThrough: (event) => seen.passedThrough.push(event),
    rejected: (event) => seen.rejected.push(event),
    failed: (event) => seen.failed.push(event),
    responded: (event) => seen.responded.push(event),
  };
  return { events, seen };
};

async function drive(messages: ProcessingRequest[], router: Router = fakeRouter()) {
  const { events, seen } = recorder();
  const answers: ProcessingResponse[] = [];
  const stream = httpStream(router, events);
  for (const message of messages) answers.push(...(await stream.answer(message)));
  stream.end();
  return { answers, seen };
}

type Phase = "request_headers" | "request_body" | "response_headers";
function headersSet(answer: ProcessingResponse | undefined, phase: Phase): Record<string, string> {
  const options = answer?.[phase]?.response.header_mutation?.set_headers ?? [];
  return Object.fromEntries(
    options.map(({ header }) => [header.key, Buffer.from(header.raw_value).toString()]),
  );
}
function bodyOf(answers: ProcessingResponse[]): string {
  const parts = answers.map((answer) => answer.request_body?.response.body_mutation);
  return Buffer.concat(
    parts.map((part) =>
      part && "body" in part
        ? part.body
        : part && "streamed_response" in part
          ? part.streamed_response.body
          : Buffer.alloc(0),
    ),
  ).toString();
}
const phasesOf = (answers: ProcessingResponse[]): string[] =>
  answers.map((answer) =>
    Object.keys(answer)
      .filter((key) => key !== "mode_override")
      .join(),
  );

describe("a whole body", () => {
  test("auto: header, route cache, length and only model changed in the body", async () => {
    const { answers, seen } = await drive([requestHeaders(), requestBody(chat())]);
    expect(phasesOf(answers)).toEqual(["request_headers", "request_body"]);
    expect(headersSet(answers[1], "request_body")).toEqual({
      "content-length": `${chat("solver").length}`,
      "x-selected-model": "solver",
      "x-vsr-selected-model": "solver",
    });
    expect(answers[1]?.request_body?.response.clear_route_cache).toBe(true);
    expect(bodyOf(answers)).toBe(chat("solver"));
    expect(seen.routed).toMatchObject([
      { requestId: "r1", requestedModel: "auto", route: { decision: "math_decision" } },
    ]);
  });

  test("every header is set by raw_value and overwrites", async () => {
    const { answers } = await drive([requestHeaders(), requestBody(chat())]);
    for (const option of answers[1]?.request_body?.response.header_mutation?.set_headers ?? []) {
      expect(option.append_action).toBe("OVERWRITE_IF_EXISTS_OR_ADD");
      expect(option.header.raw_value.length).toBeGreaterThan(0);
      expect(option.header).not.toHaveProperty("value");
    }
  });

  test("a named model passes through with its header and an untouched body", async () => {
    const { answers, seen } = await drive([requestHeaders(), requestBody(chat("gpt-9"))]);
    expect(headersSet(answers[1], "request_body")).toEqual({ "x-selected-model": "gpt-9" });
    expect(answers[1]?.request_body?.response.body_mutation).toBeUndefined();
    expect(seen.passedThrough).toMatchObject([{ requestId: "r1", model: "gpt-9" }]);
  });

  test("no text: the default model and the reason", async () => {
    const { answers, seen } = await drive([
      requestHeaders(),
      requestBody('{"model":"MoM","messages":[]}'),
    ]);
    expect(headersSet(answers[1], "request_body")).toMatchObject({
      "x-selected-model": "default-model",
    });
    expect(seen.routed).toMatchObject([{ route: { reason: "no_text", algorithm: "default" } }]);
  });

  test("content-length is not invented for a chunked request", async () => {
    const headers = requestHeaders();
    if (headers.request !== "request_headers") throw new Error("unreachable");
    const chunked = httpHeaders({ ":method": "POST", ":path": "/v1/chat/completions" });
    const { answers } = await drive([
      { ...headers, request_headers: chunked },
      requestBody(chat()),
    ]);
    expect(headersSet(answers[1], "request_body")).not.toHaveProperty("content-length");
  });
});

describe("client copies of our headers", () => {
  test("are removed before anything is known of the body", async () => {
    const forged = {
      "x-selected-model": "evil",
      "x-vsr-selected-model": "evil",
      "x-vsr-anything": "1",
    };
    const { answers } = await drive([requestHeaders(forged), requestBody(chat())]);
    expect(answers[0]?.request_headers?.response.header_mutation?.remove_headers).toEqual(
      Object.keys(forged),
    );
    expect(headersSet(answers[1], "request_body")["x-selected-model"]).toBe("solver");
  });
});

describe("refusals", () => {
  test.each([
    { case: "malformed JSON", body: "{", status: 400, code: "malformed_json" },
    { case: "an empty body", body: "", status: 400, code: "malformed_json" },
    {
      case: "model an array",
      body: '{"model":["auto"],"messages":[]}',
      status: 400,
      code: "invalid_request",
    },
    { case: "no messages", body: '{"model":"auto"}', status: 400, code: "invalid_request" },
    {
      case: "too large",
      body: chat("auto", "x".repeat(2000)),
      status: 413,
      code: "body_too_large",
    },
  ])("$case is answered in OpenAI's shape", async ({ body, status, code }) => {
    for (const mode of ["BUFFERED", "FULL_DUPLEX_STREAMED"] as const) {
      const messages = [requestHeaders({}, { request_body_mode: mode }), requestBody(body)];
      const { answers, seen } = await drive(
        messages,
        fakeRouter({ limits: { max_body_bytes: 1000 } }),
      );
      const refused = answers.at(-1)?.immediate_response;
      expect(refused?.status.code).toBe(status);
      const { error } = JSON.parse(Buffer.from(refused?.body ?? []).toString());
      expect(error).toMatchObject({ type: "invalid_request_error", code });
      expect(seen.rejected).toHaveLength(1);
    }
  });

  test("a chat completion without a body is refused at its headers", async () => {
    const { answers } = await drive([requestHeaders({}, undefined, true)]);
    expect(answers[0]?.immediate_response?.status.code).toBe(400);
  });
});

describe("other requests", () => {
  test("without a body: continue, and skip what saves work", async () => {
    const get = requestHeaders({ ":method": "GET", ":path": "/v1/files" }, undefined, true);
    const { answers } = await drive([get]);
    expect(answers).toEqual([
      {
        request_headers: { response: {} },
        mode_override: { request_body_mode: "NONE", response_header_mode: "SKIP" },
      },
    ]);
  });

  test("GET /v1/models lists the routed names", async () => {
    const { answers } = await drive([
      requestHeaders({ ":method": "GET", ":path": "/v1/models?x=1" }, undefined, true),
    ]);
    const list = JSON.parse(Buffer.from(answers[0]?.immediate_response?.body ?? []).toString());
    expect(list.data.map((model: { id: string }) => model.id)).toEqual(["MoM", "auto"]);
  });

  test("an upload that is not JSON is not read", async () => {
    const upload = {
      ":path": "/v1/audio/transcriptions",
      "content-type": "multipart/form-data; boundary=x",
    };
    const { answers } = await drive([requestHeaders(upload)]);
    expect(answers[0]?.mode_override?.request_body_mode).toBe("NONE");
  });

  test("JSON of another API with a named model gets its header", async () => {
    const { answers } = await drive([
      requestHeaders({ ":path": "/v1/embeddings" }),
      requestBody('{"model":"e5","input":"x"}'),
    ]);
    expect(headersSet(answers[1], "request_body")).toEqual({ "x-selected-model": "e5" });
  });

  test("JSON of another API with model auto goes to the default model", async () => {
    const { answers } = await drive([
      requestHeaders({ ":path": "/v1/completions" }),
      requestBody('{"model":"auto","prompt":"Once"}'),
    ]);
    expect(headersSet(answers[1], "request_body")["x-selected-model"]).toBe("default-model");
    expect(bodyOf(answers)).toBe('{"model":"default-model","prompt":"Once"}');
  });

  test("JSON of another API that names no model passes untouched", async () => {
    const { answers } = await drive([
      requestHeaders({ ":path": "/v1/images" }),
      requestBody('{"prompt":"a cat"}'),
    ]);
    expect(answers[1]).toEqual({ request_body: { response: {} } });
  });
});

describe("a body in chunks", () => {
  const split = (text: string, size: number) => text.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];

  test("full duplex: the headers wait for the body, chunks go back in at most 62,000 bytes", async () => {
    const text = chat("auto", "math ".repeat(40_000));
    const chunks = split(text, 50_000).map((part) => requestBody(part, false));
    const { answers } = await drive([
      requestHeaders({}, { request_body_mode: "FULL_DUPLEX_STREAMED" }),
      ...chunks,
      requestBody("", true),
    ]);
    expect(headersSet(answers[0], "request_headers")).toMatchObject({
      "x-selected-model": "solver",
    });
    const sent = answers.slice(1).map((answer) => {
      const part = answer.request_body?.response.body_mutation;
      if (!part || !("streamed_response" in part)) throw new Error("not streamed");
      return part.streamed_response;
    });
    expect(Math.max(...sent.map((part) => part.body.length))).toBeLessThanOrEqual(62_000);
    expect(sent.map((part) => part.end_of_stream)).toEqual(
      sent.map((_, at) => at === sent.length - 1),
    );
    expect(bodyOf(answers)).toBe(text.replace('"auto"', '"solver"'));
  });

  test("full duplex with trailers: the last chunk leaves the end to them", async () => {
    const { answers } = await drive([
      requestHeaders({}, { request_body_mode: "FULL_DUPLEX_STREAMED" }),
      requestBody(chat(), false),
      requestTrailers,
    ]);
    expect(phasesOf(answers)).toEqual(["request_headers", "request_body", "request_trailers"]);
    expect(answers[1]?.request_body?.response.body_mutation).toMatchObject({
      streamed_response: { end_of_stream: false },
    });
  });

  test("streamed: the body is asked for whole", async () => {
    const { answers } = await drive([
      requestHeaders({}, { request_body_mode: "STREAMED" }),
      requestBody(chat()),
    ]);
    expect(answers[0]?.mode_override?.request_body_mode).toBe("BUFFERED");
    expect(bodyOf(answers)).toBe(chat("solver"));
  });

  test("streamed without waiting: one answer for each chunk, all in the last", async () => {
    const protocol = {
      request_body_mode: "STREAMED",
      send_body_without_waiting_for_header_response: true,
    } as const;
    const chunks = split(chat(), 30);
    const { answers } = await drive([
      requestHeaders({}, protocol),
      ...chunks.map((part, at) => requestBody(part, at === chunks.length - 1)),
    ]);
    expect(answers).toHaveLength(1 + chunks.length);
    expect(headersSet(answers[0], "request_headers")).toMatchObject({
      "x-selected-model": "solver",
    });
    expect(bodyOf(answers)).toBe(chat("solver"));
  });

  test("streamed where the override is not allowed: chunks pass as they are", async () => {
    const { answers } = await drive([
      requestHeaders({}, { request_body_mode: "STREAMED" }),
      requestBody("{", false),
      requestBody("}", true),
    ]);
    expect(answers.slice(1)).toEqual([
      { request_body: { response: {} } },
      { request_body: { response: {} } },
    ]);
  });

  test("the beginning of a body: the default model, header and body alike", async () => {
    const { answers, seen } = await drive([
      requestHeaders({}, { request_body_mode: "BUFFERED_PARTIAL" }),
      requestBody('{"model":"auto","messages":[{"role":"user","content":"half', false),
    ]);
    expect(headersSet(answers[1], "request_body")).toEqual({
      "x-selected-model": "default-model",
      "x-vsr-selected-model": "default-model",
    });
    expect(bodyOf(answers)).toContain('{"model":"default-model","messages"');
    expect(seen.failed).toMatchObject([{ error: { code: "body_truncated" } }]);
  });

  test("any chunking of a body comes to the same", async () => {
    const text = chat("auto", "some math, ünïcödé 数学");
    const whole = Buffer.from(text);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(whole.length), { maxLength: 8 }), async (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), whole.length];
        const parts = at.slice(1).map((end, index) => whole.subarray(at[index], end));
        const { answers } = await drive([
          requestHeaders({}, { request_body_mode: "FULL_DUPLEX_STREAMED" }),
          ...parts.map((part) => requestBody(part, false)),
          requestBody("", true),
        ]);
        expect(bodyOf(answers)).toBe(text.replace('"auto"', '"solver"'));
      }),
    );
  });
});

describe("the response", () => {
  const routed = [requestHeaders(), requestBody(chat())];

  test("2xx carries what was decided", async () => {
    const { answers, seen } = await drive([...routed, responseHeaders("200")]);
    expect(headersSet(answers[2], "response_headers")).toEqual({
      "x-vsr-selected-model": "solver",
      "x-vsr-selected-decision": "math_decision",
      "x-vsr-selected-category": "math",
      "x-vsr-selected-confidence": "0.9000",
      "x-vsr-selected-algorithm": "single",
      "x-vsr-selected-reasoning": "off",
    });
    expect(seen.responded).toMatchObject([{ model: "solver", status: 200 }]);
  });

  test("5xx carries nothing and is counted", async () => {
    const { answers, seen } = await drive([...routed, responseHeaders("503")]);
    expect(answers[2]).toEqual({ response_headers: { response: {} } });
    expect(seen.responded).toMatchObject([{ status: 503 }]);
  });

  test("x-vsr-debug adds domains, scores and timings", async () => {
    const { answers } = await drive([
      requestHeaders({ "x-vsr-debug": "True" }),
      requestBody(chat()),
      responseHeaders("200"),
    ]);
    const set = headersSet(answers[2], "response_headers");
    expect(set["x-vsr-domains"]).toMatch(/^math=0\.9000,/);
    expect(set["x-vsr-timings"]).toMatch(/total;dur=/);
    expect(set["x-vsr-selected-reason"]).toBe("single_candidate");
  });

  test("an Envoy that buffers response bodies is told not to", async () => {
    const protocol = { request_body_mode: "BUFFERED", response_body_mode: "BUFFERED" } as const;
    const { answers } = await drive([
      requestHeaders({}, protocol),
      requestBody(chat()),
      responseHeaders("200"),
    ]);
    expect(answers[2]?.mode_override).toMatchObject({ response_body_mode: "NONE" });
  });

  test("bodies continue, full duplex ones are echoed; trailers are answered as trailers", async () => {
    const body: ProcessingRequest = {
      request: "response_body",
      response_body: { body: Buffer.from("hi"), end_of_stream: true },
    };
    const trailers: ProcessingRequest = { request: "response_trailers", response_trailers: {} };
    const plain = await drive([...routed, responseHeaders("200"), body, trailers]);
    expect(plain.answers.slice(3)).toEqual([
      { response_body: { response: {} } },
      { response_trailers: {} },
    ]);
    const duplex = await drive([
      requestHeaders({}, { response_body_mode: "FULL_DUPLEX_STREAMED" }),
      body,
    ]);
    expect(duplex.answers[1]).toMatchObject({
      response_body: {
        response: {
          body_mutation: { streamed_response: { body: Buffer.from("hi"), end_of_stream: true } },
        },
      },
    });
  });
});

describe("failures of ours", () => {
  test.each([
    {
      case: "an embedder that throws",
      embed: () => Promise.reject(new Error("boom")),
      reason: "internal",
    },
    {
      case: "an embedder that hangs",
      embed: () => new Promise<never>(() => undefined),
      reason: "deadline_exceeded",
    },
  ])(
    "$case: the default model, with the reason, inside the deadline",
    async ({ embed, reason }) => {
      const router = fakeRouter({ embed, limits: { deadline_ms: 30 } });
      const started = performance.now();
      const { answers, seen } = await drive(
        [requestHeaders(), requestBody(chat()), responseHeaders("200")],
        router,
      );
      expect(performance.now() - started).toBeLessThan(1000);
      expect(bodyOf(answers)).toBe(chat("default-model"));
      expect(headersSet(answers[2], "response_headers")).toMatchObject({
        "x-vsr-selected-model": "default-model",
        "x-vsr-selected-algorithm": "default",
        "x-vsr-selected-reason": reason,
      });
      expect(seen.routed).toMatchObject([{ route: { reason } }]);
    },
  );

  test("no order of messages throws or answers a phase that was not asked", async () => {
    const message = fc.constantFrom<ProcessingRequest>(
      requestHeaders(),
      requestHeaders({}, { request_body_mode: "FULL_DUPLEX_STREAMED" }),
      requestHeaders({}, { request_body_mode: "STREAMED" }),
      requestBody(chat()),
      requestBody("{", false),
      requestTrailers,
      responseHeaders("200"),
      { request: "response_body", response_body: { body: Buffer.from("x") } },
      { request: "response_trailers", response_trailers: {} },
      {},
    );
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 8 }), async (messages) => {
        const { answers } = await drive(messages);
        const asked = new Set<string>([
          "immediate_response",
          ...messages.map((one) => one.request ?? ""),
        ]);
        for (const phase of phasesOf(answers)) expect(asked).toContain(phase);
      }),
    );
  });
});
