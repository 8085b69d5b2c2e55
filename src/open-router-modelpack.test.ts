import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { inspectConfig } from "./config/inspect.ts";
import type { RouterConfig } from "./config/schema.ts";
import { explain } from "./explain.ts";
import { modelPackPredict } from "./listen/api/modelpack.ts";
import { createApi } from "./listen/api/server.ts";
import { topicRows } from "./modelpack/testing/toy-rows.ts";
import { trainToy } from "./modelpack/testing/train-toy.ts";
import { type OpenedRouter, openRouter } from "./open-router.ts";
import { leases } from "./testing/router.ts";

// Training takes a second, and several on a machine that is busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const labels: Readonly<Record<string, string>> = { food: "health", finance: "law", travel: "math" };
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "signalbox-open-modelpack-"));
  const domains = topicRows(120, 2, "mmlu_domain").map((row) => ({
    ...row,
    label: labels[row.label] ?? "",
  }));
  await trainToy(folder, { train: [...topicRows(120, 1), ...domains] });
});
afterAll(() => rmSync(folder, { recursive: true }));

async function open(text: string): Promise<OpenedRouter> {
  const { config, problems } = inspectConfig(text, {});
  expect(problems).toEqual([]);
  return openRouter(config as RouterConfig, { configFolder: folder, cwd: folder });
}

const config = (condition: string) => `default_model: big
modelpack: { path: . }
decisions:
  - name: money
    priority: 2
    rules: { operator: AND, conditions: [${condition}] }
    modelRefs: [{ model: banker }]
`;

test("a condition on a task routes, explain tells what was asked, and nothing is asked in vain", async () => {
  const { router, warnings } = await open(
    config("{ type: query_domain, name: finance }, { type: domain, name: nowhere }") +
      "  - { name: eat, priority: 1, rules: { operator: OR, conditions: [{ type: query_domain, name: food }] }, modelRefs: [{ model: cook }] }\n" +
      "categories: [{ name: nowhere }]\n",
  );
  try {
    expect(warnings).toHaveLength(2);
    const eaten = await explain(router, '{"query": "a soup recipe for the oven"}');
    expect(eaten).toMatchObject({
      model: "cook",
      decision: "eat",
      tasks: [{ type: "query_domain", name: "food", confidence: expect.any(Number) }],
    });
  } finally {
    await router.embedder.close();
  }
  const plain = await open(
    config("{ type: domain, name: math }, { type: query_domain, name: finance }"),
  );
  try {
    const asked = await explain(plain.router, '{"query": "a soup recipe for the oven"}');
    expect(asked).toMatchObject({ model: "big", reason: "no_decision" });
    expect(asked).not.toHaveProperty("tasks");
  } finally {
    await plain.router.embedder.close();
  }
});

test("mmlu_domain of the pack names the domain", async () => {
  const text = "classifier: { category_model: { provider: modelpack } }\n";
  const { router } = await open(config("{ type: domain, name: law }") + text);
  try {
    expect(await explain(router, '{"query": "the interest of a bank loan"}')).toMatchObject({
      model: "banker",
      domain: "law",
    });
    expect(router.classifier.revision).toBe(router.modelpack?.revisions.router);
  } finally {
    await router.embedder.close();
  }
});

test("a condition on a task that has no model stops the start", async () => {
  await expect(open(config("{ type: pii_presence, name: pii }"))).rejects.toThrow(
    /^\[model_not_found\] pretrained model not found: .* has no model of pii_presence/,
  );
});

test("POST /api/v1/modelpack/predict", async () => {
  const { router } = await open(config("{ type: query_domain, name: finance }"));
  const server = createApi(leases(router).acquire, () => true);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const call = async (body: unknown) => {
    const url = `http://127.0.0.1:${port}/api/v1/modelpack/predict`;
    const response = await fetch(url, { method: "POST", body: JSON.stringify(body) });
    return { status: response.status, json: await response.json() };
  };
  try {
    expect(await call({ task: "query_domain", text: "bank loan", top_k: 2 })).toMatchObject({
      status: 200,
      json: { results: [{ label: "finance", source: "model", top: [{}, {}] }] },
    });
    const inputs = [{ text: "bread" }, { text: "flight", task: "mmlu_domain" }];
    expect(await call({ task: "query_domain", inputs })).toMatchObject({
      status: 200,
      json: { outputs: [{ results: [{ label: "food" }] }, { results: [{ label: "math" }] }] },
    });
    expect(await call({ task: "supersession", text_a: "a", text_b: "b" })).toMatchObject({
      json: { results: [{ label: "no_supersedes", source: "default", confidence: 0 }] },
    });
    for (const body of [
      { task: "x", text: "a" },
      { text: 1 },
      { inputs: [] },
      { inputs: [1] },
      { inputs: Array.from({ length: 33 }, () => ({ text: "a" })) },
      { inputs: [{ text: "a" }, { text: 2 }] },
      { text: "a", tasks: ["query_domain", "query_domain"] },
      { inputs: [{ text: "a" }], tasks: ["query_domain", "mmlu_domain", "query_domain"] },
      { inputs: [{ text: "a", tasks: ["query_domain", "query_domain"] }] },
    ]) {
      expect(await call(body)).toMatchObject({
        status: 400,
        json: { error: { code: "INVALID_INPUT" } },
      });
    }
    // What else the thread has to do gets its turn between two inputs.
    let turns = 0;
    const count = () => {
      turns++;
      counting = setImmediate(count);
    };
    let counting = setImmediate(count);
    const many = Array.from({ length: 32 }, () => ({ text: "bread" }));
    const { status } = await modelPackPredict(router, { inputs: many, task: "query_domain" });
    clearImmediate(counting);
    expect(status).toBe(200);
    expect(turns).toBeGreaterThanOrEqual(31);
    const { modelpack: _, ...without } = router;
    const bare = createApi(leases(without).acquire, () => true);
    await new Promise<void>((listening) => bare.listen(0, "127.0.0.1", listening));
    const other = bare.address();
    const answer = await fetch(
      `http://127.0.0.1:${typeof other === "object" ? other?.port : 0}/api/v1/modelpack/predict`,
      { method: "POST", body: "{}" },
    );
    expect(answer.status).toBe(404);
    bare.close();
  } finally {
    server.close();
    await router.embedder.close();
  }
});
