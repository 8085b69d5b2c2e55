import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, chatBody } from "../ask.ts";
import type { Envoy } from "../start-envoy.ts";
import { everydayQuery, mathQuery, startWire, type Wire } from "./start-wire.ts";

let wire: Wire;
let envoy: Envoy;
beforeAll(async () => {
  wire = await startWire();
  envoy = await wire.envoy();
});
afterAll(() => wire.stop());

/** What a client might send to be routed where it likes, or to look as if it had been. */
const forged = {
  "x-selected-model": ["solver", "solver"],
  "x-vsr-selected-model": "solver",
  "x-vsr-selected-decision": "math_decision",
  "x-vsr-anything": "1",
};

test("forged headers are replaced when the model is routed", async () => {
  wire.everyday.forget();
  const answer = await ask(envoy.url, { body: chatBody(everydayQuery), headers: forged });
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.text).model).toBe("everyday");
  const headers = wire.everyday.received()[0]?.headers ?? {};
  expect(headers["x-selected-model"]).toBe("everyday");
  expect(headers["x-vsr-selected-model"]).toBe("everyday");
  expect(headers).not.toHaveProperty("x-vsr-selected-decision");
  expect(headers).not.toHaveProperty("x-vsr-anything");
});

test("forged headers are removed when there is nothing to route", async () => {
  wire.everyday.forget();
  await ask(envoy.url, { method: "GET", path: "/v1/elsewhere", headers: forged });
  const headers = wire.everyday.received()[0]?.headers ?? {};
  const left = Object.keys(headers).filter((name) => /^x-(vsr|selected)/.test(name));
  expect(left).toEqual([]);
});

test("an explicit model goes to its backend with its body as it was", async () => {
  wire.solver.forget();
  const body = chatBody(everydayQuery, { model: "solver" });
  const answer = await ask(envoy.url, { body, headers: { "x-selected-model": "everyday" } });
  expect(answer.status).toBe(200);
  expect(answer.headers).not.toHaveProperty("x-vsr-selected-decision");
  const [received] = wire.solver.received();
  expect(received?.headers["x-selected-model"]).toBe("solver");
  expect(received?.body.toString()).toBe(body);
});

test("a model that no backend serves goes to the catch-all route", async () => {
  const answer = await ask(envoy.url, { body: chatBody(mathQuery, { model: "gpt-unknown" }) });
  expect(JSON.parse(answer.text).model).toBe("everyday");
});

test("MoM is routed as auto is, and other spellings are not", async () => {
  const model = async (name: string) => {
    const answer = await ask(envoy.url, { body: chatBody(mathQuery, { model: name }) });
    return answer.headers["x-vsr-selected-model"];
  };
  expect(await model("MoM")).toBe("solver");
  expect(await model("Auto")).toBeUndefined();
});

test("x-vsr-debug adds what the choice was made of, and stays with us", async () => {
  wire.solver.forget();
  const answer = await ask(envoy.url, {
    body: chatBody(mathQuery),
    headers: { "x-vsr-debug": "true" },
  });
  expect(answer.headers["x-vsr-domains"]).toMatch(/^math=0\.\d{4},/);
  expect(answer.headers["x-vsr-timings"]).toMatch(/embed;dur=/);
  expect(wire.solver.received()[0]?.headers).not.toHaveProperty("x-vsr-debug");
});

test("an error of the backend carries no decision", async () => {
  const answer = await ask(envoy.url, {
    path: "/elsewhere/chat/completions",
    body: chatBody(mathQuery),
  });
  expect(answer.status).toBe(404);
  expect(answer.headers).not.toHaveProperty("x-vsr-selected-decision");
});
