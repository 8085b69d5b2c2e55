import { expect, test } from "vitest";
import { parseConfig } from "./load.ts";
import { summaryOf } from "./summary.ts";

test.each([
  { lines: "", want: "minilm-2l (built in)" },
  { lines: "embedding_models: { qwen3_model_path: qwen3 }", want: "qwen3" },
  { lines: "embedding: { http: { url: 'http://h/?key=sk-1', model: m } }", want: "http:m" },
])("the embedder is summed up as $want", ({ lines, want }) => {
  const { config } = parseConfig(`default_model: m\n${lines}`, {}, "f.yaml");
  expect(summaryOf(config).embedder).toBe(want);
});
