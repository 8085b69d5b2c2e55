import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Ask, ask, chatBody } from "../ask.ts";
import type { Envoy, StartEnvoy } from "../start-envoy.ts";
import { mathQuery, startWire, type Wire } from "./start-wire.ts";

let wire: Wire;
beforeAll(async () => {
  wire = await startWire();
});
afterAll(() => wire.stop());

const modes: readonly (Partial<StartEnvoy> & { readonly mode: string })[] = [
  { mode: "BUFFERED", requestBody: "BUFFERED" },
  { mode: "BUFFERED with trailers sent", requestBody: "BUFFERED", sendTrailers: true },
  { mode: "BUFFERED_PARTIAL", requestBody: "BUFFERED_PARTIAL" },
  { mode: "STREAMED, overridden", requestBody: "STREAMED" },
  { mode: "STREAMED, body sent at once", requestBody: "STREAMED", sendBodyAtOnce: true },
  { mode: "FULL_DUPLEX_STREAMED", requestBody: "FULL_DUPLEX_STREAMED" },
  {
    mode: "FULL_DUPLEX_STREAMED both ways",
    requestBody: "FULL_DUPLEX_STREAMED",
    responseBody: "FULL_DUPLEX_STREAMED",
  },
  { mode: "NONE, overridden", requestBody: "NONE" },
];

const body = chatBody(mathQuery, { temperature: 0.5, note: "ä \\u00e4 1e3" });
const long = chatBody(`${mathQuery} ${"and so on ".repeat(300_000)}`);

const requests: readonly (Ask & { readonly kind: string; readonly sends: string })[] = [
  { kind: "a body with content-length", body, sends: body },
  { kind: "a chunked body", chunks: [body.slice(0, 25), body.slice(25)], sends: body },
  { kind: "a body of 3 MB", body: long, sends: long },
  { kind: "a chunked body of 3 MB", chunks: long.match(/.{1,100000}/gs) ?? [], sends: long },
];

describe.each(modes)("request body mode $mode", ({ mode: _, ...options }) => {
  let envoy: Envoy;
  beforeAll(async () => {
    envoy = await wire.envoy(options);
  });
  afterAll(() => envoy.child.stop());

  test.each(requests)(
    "$kind is routed, and changed in `model` alone",
    async ({ sends, ...asked }) => {
      wire.solver.forget();
      const answer = await ask(envoy.url, asked);
      expect(answer.status).toBe(200);
      expect(answer.headers["x-vsr-selected-decision"]).toBe("math_decision");
      expect(JSON.parse(answer.text).model).toBe("solver");
      const [received] = wire.solver.received();
      expect(received?.headers["x-selected-model"]).toBe("solver");
      expect(received?.body.equals(Buffer.from(sends.replace('"auto"', '"solver"')))).toBe(true);
    },
  );

  test("a request without a body passes", async () => {
    const answer = await ask(envoy.url, { method: "GET", path: "/v1/elsewhere" });
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.text).error.type).toBe("mock");
  });

  test("GET /v1/models is answered by signalbox", async () => {
    const answer = await ask(envoy.url, { method: "GET", path: "/v1/models" });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text).data.map(({ id }: { id: string }) => id)).toContain("auto");
  });
});

// In the other two nothing tells signalbox that a body before trailers is whole: Envoy sends the trailers only after the
// answer to the body.
const withTrailers = modes.filter(({ requestBody }) => requestBody !== "STREAMED");

describe.each(withTrailers)("trailers in request body mode $mode", ({ mode: _, ...options }) => {
  test("the request is routed and its trailers arrive", async () => {
    const envoy = await wire.envoy(options);
    wire.solver.forget();
    const answer = await ask(envoy.url, { chunks: [body], trailers: { "x-checksum": "12" } });
    expect(answer.status).toBe(200);
    const [received] = wire.solver.received();
    expect(received?.trailers).toEqual({ "x-checksum": "12" });
    expect(received?.body.toString()).toBe(body.replace('"auto"', '"solver"'));
    await envoy.child.stop();
  });
});
