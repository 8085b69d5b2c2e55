import { expect, test } from "vitest";
import { parseConfig } from "./load.ts";
import { redactedConfig } from "./secret.ts";

test("keys that open something are hidden, wherever they came from", () => {
  const text = `
default_model: m
vllm_endpoints:
  - { name: e, address: h, port: 1, api_key: sk-endpoint }
  - { name: f, address: h, port: 1 }
model_config:
  m: { access_key: "\${KEY}" }
  n: { access_key: "" }
embedding:
  cache: { redis_url: "redis://:sk-redis@h" }
  http: { url: "http://h/v1?key=sk-query", model: m, api_key: sk-http, headers: { x-key: sk-header } }
`;
  const { config } = parseConfig(text, { KEY: "sk-model" }, "f.yaml");
  const redacted = redactedConfig(config);
  expect(JSON.stringify(redacted)).not.toContain("sk-");
  expect(redacted).toMatchObject({
    default_model: "m",
    vllm_endpoints: [{ name: "e", api_key: "***" }, { name: "f" }],
    model_config: { m: { access_key: "***" }, n: { access_key: "" } },
    embedding: {
      cache: { redis_url: "***" },
      http: { url: "http://h/v1?***", api_key: "***", headers: { "x-key": "***" } },
    },
  });
  // The configuration itself still opens them.
  expect(config.model_config["m"]?.access_key).toBe("sk-model");
});
