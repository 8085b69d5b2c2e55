import { expect, test } from "vitest";
import { explain } from "./explain.ts";
import { fakeRouter } from "./testing/router.ts";

const router = fakeRouter();
const chat = (body: object) =>
  JSON.stringify({ messages: [{ role: "user", content: "math" }], ...body });

test.each([
  {
    case: "a query",
    input: '{"query":"some math","id":7}',
    want: { model: "solver", reason: "single_candidate" },
  },
  {
    case: "a chat body",
    input: chat({ model: "auto" }),
    want: { model: "solver", domain: "math" },
  },
  {
    case: "a chat body without model",
    input: chat({}),
    want: { model: "solver", algorithm: "single" },
  },
  {
    case: "a named model is what serving passes through",
    input: chat({ model: "gpt-9" }),
    want: { model: "gpt-9", algorithm: "specified", reason: "model_specified", domain: "math" },
  },
  {
    case: "no text",
    input: '{"model":"auto","messages":[]}',
    want: { model: "default-model", reason: "no_text", decision: null, domain: null },
  },
  { case: "not JSON", input: "{", want: { error: { code: "malformed_json" } } },
  { case: "no object", input: "[]", want: { error: { code: "invalid_request" } } },
  { case: "neither", input: '{"text":"x"}', want: { error: { code: "invalid_request" } } },
  {
    case: "a query of a wrong kind",
    input: '{"query":5}',
    want: { error: { code: "invalid_request" } },
  },
  {
    case: "messages of a wrong kind",
    input: '{"messages":"x"}',
    want: { error: { code: "invalid_request" } },
  },
])("$case", async ({ input, want }) => {
  expect(await explain(router, input)).toMatchObject(want);
});

test("the keys and their order are the public contract", async () => {
  const explanation = await explain(router, '{"query":"math"}');
  expect(Object.keys(explanation)).toEqual([
    "model",
    "decision",
    "domain",
    "confidence",
    "algorithm",
    "reason",
    "scores",
    "domains",
    "timings_ms",
  ]);
  expect("error" in explanation ? [] : explanation.domains).toHaveLength(14);
});

test("a query that is cut says so, and routes on its head and tail", async () => {
  const { limits } = router.config;
  const short = {
    ...router,
    config: { ...router.config, limits: { ...limits, max_query_chars: 20 } },
  };
  expect(await explain(short, '{"query":"some math"}')).not.toHaveProperty("truncated");
  const long = JSON.stringify({ query: `math ${"and so on ".repeat(10)}` });
  expect(await explain(short, long)).toMatchObject({ truncated: true, model: "solver" });
});
