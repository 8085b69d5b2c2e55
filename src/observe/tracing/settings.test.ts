import { expect, test } from "vitest";
import { RouterConfig } from "../../config/schema.ts";
import { tracingSettings } from "./settings.ts";

const read = (tracing: object, env: Readonly<Record<string, string>> = {}) =>
  tracingSettings(
    RouterConfig.parse({ default_model: "m", observability: { tracing } }).observability.tracing,
    env,
  );

test.each([
  { case: "nothing is said", tracing: {}, env: {}, on: false },
  {
    case: "an endpoint alone",
    tracing: {},
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: "http://c" },
    on: false,
  },
  {
    case: "the variable asks for it",
    tracing: {},
    env: { OTEL_TRACES_EXPORTER: "otlp" },
    on: true,
  },
  {
    case: "the variable asks for another",
    tracing: {},
    env: { OTEL_TRACES_EXPORTER: "none" },
    on: false,
  },
  {
    case: "the file asks for it",
    tracing: { enabled: true },
    env: { OTEL_TRACES_EXPORTER: "none" },
    on: true,
  },
  {
    case: "the file forbids it",
    tracing: { enabled: false },
    env: { OTEL_TRACES_EXPORTER: "otlp" },
    on: false,
  },
  {
    case: "the SDK is off",
    tracing: { enabled: true },
    env: { OTEL_SDK_DISABLED: "TRUE" },
    on: false,
  },
])("on or off: $case", ({ tracing, env, on }) => {
  expect(read(tracing, env).settings !== undefined).toBe(on);
});

test.each([
  { endpoint: "jaeger:4317", insecure: true, protocol: "grpc", url: "http://jaeger:4317" },
  { endpoint: "jaeger:4317", protocol: "grpc", url: "https://jaeger:4317" },
  { endpoint: "http://c:4318", protocol: "http/protobuf", url: "http://c:4318/v1/traces" },
  { endpoint: "https://c/otlp", protocol: "http/protobuf", url: "https://c/otlp" },
])("where spans go: $endpoint", ({ protocol, url, ...exporter }) => {
  expect(read({ enabled: true, exporter }).settings).toMatchObject({ protocol, url });
});

test("an explicit protocol goes before what the endpoint looks like", () => {
  const grpc = { endpoint: "http://c:4317", protocol: "grpc" };
  expect(read({ enabled: true, exporter: grpc }).settings).toMatchObject({
    protocol: "grpc",
    url: "http://c:4317",
  });
  const http = { endpoint: "c:4318", protocol: "http/protobuf", insecure: true };
  expect(read({ enabled: true, exporter: http }).settings?.url).toBe("http://c:4318/v1/traces");
});

test("without an endpoint the exporter reads the variables, in the protocol that they name", () => {
  const env = { OTEL_EXPORTER_OTLP_PROTOCOL: "grpc", OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4317" };
  expect(read({ enabled: true }, env).settings).toMatchObject({ protocol: "grpc", url: undefined });
  const traces = { ...env, OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/protobuf" };
  expect(read({ enabled: true }, traces).settings?.protocol).toBe("http/protobuf");
});

test.each([
  { env: {}, name: "always_on", parentBased: true, ratio: 1 },
  {
    env: { OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.25" },
    name: "traceidratio",
    parentBased: true,
    ratio: 0.25,
  },
  { env: { OTEL_TRACES_SAMPLER: "always_off" }, name: "always_off", parentBased: false, ratio: 1 },
])("who is recorded, by the variables $env", ({ env, ...sampler }) => {
  expect(read({ enabled: true }, env).settings?.sampler).toEqual(sampler);
});

test("the file's sampling goes before the variables and always follows the caller", () => {
  const sampling = { type: "probabilistic", rate: 0.01 };
  const env = { OTEL_TRACES_SAMPLER: "always_on" };
  expect(read({ enabled: true, sampling }, env).settings?.sampler).toEqual({
    name: "traceidratio",
    ratio: 0.01,
    parentBased: true,
  });
});

test("a variable that cannot be used is a warning that does not quote it, and not a fault", () => {
  const env = {
    OTEL_TRACES_SAMPLER: "xray",
    OTEL_BSP_MAX_QUEUE_SIZE: "-5",
    OTEL_BSP_SCHEDULE_DELAY: "soon",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
  };
  const { settings, warnings } = read({ enabled: true }, env);
  expect(settings).toMatchObject({
    protocol: "http/protobuf",
    sampler: { name: "always_on" },
    queue: { maxWaiting: 2048, maxBatch: 512, delayMs: 5000, timeoutMs: 30_000 },
  });
  expect(warnings).toHaveLength(4);
  for (const value of Object.values(env)) expect(warnings.join()).not.toMatch(`is ${value}`);
  const ratio = { OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "half" };
  expect(read({ enabled: true }, ratio).settings?.sampler.ratio).toBe(1);
});

test("a batch is never larger than the queue", () => {
  const env = { OTEL_BSP_MAX_QUEUE_SIZE: "100" };
  expect(read({ enabled: true }, env).settings?.queue).toMatchObject({
    maxWaiting: 100,
    maxBatch: 100,
  });
});
