import { expect, onTestFinished, test } from "vitest";
import { openServerLabeller } from "./server-labeller.ts";
import { domains, type IntentAnswer, intentServer } from "./testing/intent-server.ts";

const never = new AbortController().signal;

async function labellerOf(answer: (text: string, times: number) => IntentAnswer, maxRetries = 3) {
  const server = await intentServer(answer);
  onTestFinished(() => server.close());
  const labeller = await openServerLabeller({ url: `${server.url}/`, maxRetries, retryDelayMs: 1 });
  return { ...server, labeller, label: () => labeller.label("a query", never) };
}

test.each([
  { case: "ours", answer: { classification: { category: "math" }, ...domains("math") } },
  {
    case: "the reference's: the category is the decision's name",
    answer: { classification: { category: "math_decision" }, ...domains("math") },
  },
  { case: "the reference's without signals", answer: { classification: { category: "math" } } },
  { case: "an alias of the configuration beside it", answer: domains("numbers", "math") },
  { case: "written otherwise", answer: domains(" Math ") },
])("$case: math", async ({ answer }) => {
  const { label } = await labellerOf(() => answer);
  expect(await label()).toBe("math");
});

test.each([
  { case: "a decision only", answer: { classification: { category: "math_decision" } } },
  { case: "a router without classifier", answer: { classification: { category: "general" } } },
  { case: "null", answer: "null" },
  { case: "signals of another form", answer: { matched_signals: { domains: "math" } } },
])("$case names no domain, and is not asked twice", async ({ answer }) => {
  const { label, asked } = await labellerOf(() => answer);
  await expect(label()).rejects.toThrow("it names none of the 14 domains");
  expect(asked).toHaveLength(1);
});

test.each([
  { case: "overloaded", first: 503, want: 3 },
  { case: "a fault of the classifier, as the reference says it", first: 500, want: 3 },
  {
    case: "too many requests",
    first: { status: 429, headers: { "retry-after": "0.01" } },
    want: 3,
  },
  { case: "half an answer", first: '{"classification": {', want: 3 },
])("$case: asked again", async ({ first, want }) => {
  const { label, asked } = await labellerOf((_, times) => (times < 3 ? first : domains("law")));
  expect(await label()).toBe("law");
  expect(asked).toHaveLength(want);
});

test.each([
  { case: "400", answer: 400, reason: "it answered 400", want: 1 },
  { case: "500 after all retries", answer: 500, reason: "it answered 500", want: 3 },
  {
    case: "a wait of an hour",
    answer: { status: 429, headers: { "retry-after": "3600" } },
    reason: "it answered 429",
    want: 1,
  },
  {
    case: "an endless answer",
    answer: `"${"x".repeat(2_000_000)}"`,
    reason: "longer than",
    want: 1,
  },
])("$case: the query fails, and the reason does not quote it", async ({ answer, reason, want }) => {
  const { label, asked } = await labellerOf(() => answer, 2);
  const failed = await label().catch((thrown: Error) => thrown.message);
  expect(failed).toContain(reason);
  expect(failed).not.toContain("a query");
  expect(asked).toHaveLength(want);
});

test("what was asked for to wait is waited for", async () => {
  const times: number[] = [];
  const { label } = await labellerOf((_, count) => {
    times.push(performance.now());
    return count === 1 ? { status: 429, headers: { "retry-after": "0.2" } } : domains("law");
  });
  await label();
  expect((times[1] as number) - (times[0] as number)).toBeGreaterThanOrEqual(195);
});

test("whoever aborts does not wait for the retry", async () => {
  const { labeller, asked } = await labellerOf(() => ({
    status: 429,
    headers: { "retry-after": "100" },
  }));
  const stop = new AbortController();
  const running = labeller.label("x", stop.signal);
  while (asked.length === 0) await new Promise((done) => setTimeout(done, 5));
  stop.abort(new Error("enough"));
  await expect(running).rejects.toThrow("enough");
});

test("nobody there: said at once, with what to do", async () => {
  const server = await intentServer(() => 500);
  await server.close();
  await expect(
    openServerLabeller({ url: server.url, maxRetries: 1, retryDelayMs: 1 }),
  ).rejects.toMatchObject({
    code: "label_server_failed",
    detail: expect.stringContaining("ECONNREFUSED"),
    remedy: expect.stringContaining("--local"),
  });
});

test.each(["localhost:8080", "ftp://a", "http://user:secret@a", "http://a/?token=secret", ""])(
  "%j is no address, and is not repeated",
  async (url) => {
    const opened = openServerLabeller({ url, maxRetries: 0, retryDelayMs: 1 });
    const { code, message } = await opened.catch((thrown) => thrown);
    expect(code).toBe("config_invalid");
    expect(message).not.toContain("secret");
  },
);
