import { expect, test } from "vitest";
import { parseConfig } from "../config/load.ts";
import { withFixedSettings } from "./fixed-settings.ts";

const configOf = (endpoint: string) =>
  parseConfig(
    `default_model: a
observability: { tracing: { enabled: true, exporter: { endpoint: "${endpoint}" } } }
`,
    {},
    "config.yaml",
  ).config;

test("what stays is told by its key, without a value that may hold a secret", () => {
  const started = configOf("https://collector.example:4318/v1/traces?api_key=K3Y-S3CRET");
  const wanted = configOf("https://other.example:4318/?api_key=0TH3R-S3CRET");
  const { config, warnings } = withFixedSettings(wanted, started);
  expect(warnings).toEqual([
    "observability.tracing stays as it was until signalbox is started again",
  ]);
  expect(config.observability.tracing).toEqual(started.observability.tracing);
});
