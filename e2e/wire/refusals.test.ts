import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, chatBody } from "../ask.ts";
import type { Envoy } from "../start-envoy.ts";
import { mathQuery, startWire, type Wire } from "./start-wire.ts";

let wire: Wire;
let envoy: Envoy;
beforeAll(async () => {
  wire = await startWire();
  envoy = await wire.envoy();
});
afterAll(() => wire.stop());

const messages = [{ role: "user", content: mathQuery }];

test.each([
  { what: "no body at all", body: "", status: 400, code: "malformed_json" },
  { what: "malformed JSON", body: '{"model": "auto", "mess', status: 400, code: "malformed_json" },
  { what: "a JSON array", body: "[]", status: 400, code: "invalid_request" },
  {
    what: 'model: ["auto"]',
    body: JSON.stringify({ model: ["auto"], messages }),
    status: 400,
    code: "invalid_request",
  },
  {
    what: "a NUL in the model name",
    body: JSON.stringify({ model: "auto\0", messages }),
    status: 400,
    code: "invalid_request",
  },
  {
    what: "a line break in the model name",
    body: JSON.stringify({ model: "a\r\nx-evil: 1", messages }),
    status: 400,
    code: "invalid_request",
  },
  {
    what: "no messages",
    body: JSON.stringify({ model: "auto" }),
    status: 400,
    code: "invalid_request",
  },
  {
    what: "a body over limits.max_body_bytes",
    body: chatBody("x".repeat(16 * 1024 * 1024)),
    status: 413,
    code: "body_too_large",
  },
])("$what is refused with $status in OpenAI's shape", async ({ body, status, code }) => {
  wire.everyday.forget();
  wire.solver.forget();
  const answer = await ask(envoy.url, { body });
  expect(answer.status).toBe(status);
  expect(answer.headers["content-type"]).toBe("application/json");
  expect(JSON.parse(answer.text).error).toMatchObject({
    type: "invalid_request_error",
    code,
    param: null,
  });
  expect(wire.everyday.received()).toEqual([]);
  expect(wire.solver.received()).toEqual([]);
});

test("a body of 5 MB is routed", async () => {
  const body = chatBody(`${mathQuery} ${"and so on ".repeat(500_000)}`);
  const answer = await ask(envoy.url, { body });
  expect(answer.status).toBe(200);
  expect(answer.headers["x-vsr-selected-decision"]).toBe("math_decision");
});

test("clients that disconnect half way leave nothing behind", async () => {
  for (let turn = 0; turn < 20; turn++) {
    const socket = connect(envoy.port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write(
      "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n" +
        'content-length: 500\r\n\r\n{"model": "auto", "mess',
    );
    await sleep(turn);
    socket.destroy();
  }
  const answer = await ask(envoy.url, { body: chatBody(mathQuery) });
  expect(answer.status).toBe(200);
  await expect.poll(() => envoy.stat("cluster.signalbox.upstream_rq_active")).toBe(0);
  expect(wire.signalbox.child.exit()).toBeUndefined();
  expect(wire.signalbox.child.output()).not.toContain("request_failed");
});
