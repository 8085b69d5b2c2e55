import { join } from "node:path";
import { loadSync } from "@grpc/proto-loader";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeRequest } from "./decode-request.ts";
import { encodeResponse } from "./encode-response.ts";
import { decodeHealthRequest, encodeHealthResponse, type ServingStatus } from "./health.ts";
import type { ProcessingResponse } from "./messages.ts";
import { bodySendModes, headerSendModes } from "./wire-types.ts";

// protobufjs, which reads the .proto files themselves, is what every message is compared with.
const files = ["envoy/service/ext_proc/v3/external_processor.proto", "grpc/health/v1/health.proto"];
const oracle = loadSync(files, {
  includeDirs: [join(import.meta.dirname, "../../proto")],
  keepCase: true,
  enums: String,
  oneofs: true,
});
interface Codec {
  readonly requestSerialize: (message: object) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => object;
}
const codecOf = (service: string, method: string): Codec =>
  (oracle[service] as unknown as Record<string, Codec>)[method] as Codec;
const process = codecOf("envoy.service.ext_proc.v3.ExternalProcessor", "Process");
const check = codecOf("grpc.health.v1.Health", "Check");

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const text = fc.string({ unit: "grapheme", maxLength: 60 });
const header = fc.oneof(
  fc.record({ key: text, value: text }),
  fc.record({ key: text, raw_value: bytes }),
);
const httpHeaders = fc.record({
  headers: fc.record({ headers: fc.array(header, { maxLength: 8 }) }),
  end_of_stream: fc.boolean(),
});
const httpBody = fc.record({ body: bytes, end_of_stream: fc.boolean() });
const protocol_config = fc.option(
  fc.record({
    request_body_mode: fc.constantFrom(...bodySendModes),
    response_body_mode: fc.constantFrom(...bodySendModes),
    send_body_without_waiting_for_header_response: fc.boolean(),
  }),
  { nil: undefined },
);
const phase = fc.oneof(
  fc.record({ request_headers: httpHeaders }),
  fc.record({ response_headers: httpHeaders }),
  fc.record({ request_body: httpBody }),
  fc.record({ response_body: httpBody }),
  fc.constant({ request_trailers: {} }),
  fc.constant({ response_trailers: {} }),
);

/** Fields of numbers that the protocol does not use, of every wire type, nested ones among them. */
const unknownField = fc.oneof(
  fc
    .bigInt({ min: 0n, max: 2n ** 64n - 1n })
    .map((value) => Buffer.from([0xa0, 0x06, ...varint(value)])),
  fc.uint8Array({ minLength: 8, maxLength: 8 }).map((value) => Buffer.from([0xa1, 0x06, ...value])),
  bytes.map((value) => Buffer.from([0xa2, 0x06, ...varint(BigInt(value.length)), ...value])),
  fc.uint8Array({ minLength: 4, maxLength: 4 }).map((value) => Buffer.from([0xa5, 0x06, ...value])),
);

function varint(value: bigint): number[] {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 128n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  return [...out, Number(rest)];
}

describe("ProcessingRequest", () => {
  test("is read as protobufjs wrote it, whatever unknown fields stand around", () => {
    const message = fc.tuple(
      phase,
      protocol_config,
      fc.boolean(),
      fc.array(unknownField),
      unknownField,
    );
    fc.assert(
      fc.property(message, ([content, config, observability_mode, before, after]) => {
        const sent = { ...content, ...(config && { protocol_config: config }), observability_mode };
        const wire = Buffer.concat([...before, process.requestSerialize(sent), after]);
        const [name = ""] = Object.keys(content);
        const read = decodeRequest(wire);
        expect(read.request).toBe(name);
        expect(comparable(read)).toEqual(comparable(asRead({ request: name, ...sent })));
      }),
    );
  });

  test("of two phases the last counts, and a field of a wrong type is skipped", () => {
    const first = process.requestSerialize({ request_headers: { end_of_stream: true } });
    const second = process.requestSerialize({ request_body: { body: Buffer.from("b") } });
    const read = decodeRequest(Buffer.concat([first, second]));
    expect(comparable(read)).toEqual(
      comparable({ request: "request_body", request_body: { body: Buffer.from("b") } }),
    );
    // Field 4, a message, as a varint.
    expect(decodeRequest(Buffer.from([0x20, 0x01]))).toEqual({});
  });

  test("any bytes are read or refused, and cutting a message off is refused or a shorter one", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (random) => {
        try {
          decodeRequest(Buffer.from(random));
        } catch (thrown) {
          expect((thrown as Error).message).toBe("malformed protobuf");
        }
      }),
      { numRuns: 3000 },
    );
    const whole = process.requestSerialize({ request_body: { body: Buffer.alloc(50) } });
    for (let length = 1; length < whole.length; length++) {
      expect(() => decodeRequest(whole.subarray(0, length))).toThrow("malformed protobuf");
    }
  });

  test.each([
    ["a length beyond the end", [0x22, 0x7f]],
    ["a length of 2^63", [0x22, ...varint(2n ** 63n)]],
    ["a varint of eleven bytes", [0x50, ...Array(11).fill(0x80)]],
    ["field number 0", [0x00, 0x00]],
    ["a group", [0x23, 0x24]],
  ])("%s is refused", (_, wire) => {
    expect(() => decodeRequest(Buffer.from(wire))).toThrow("malformed protobuf");
  });
});

/** The text of a raw value stands in `value`. */
function asRead(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asRead);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if ("raw_value" in value && "key" in value) {
    return { key: value.key, value: (value.raw_value as Buffer).toString() };
  }
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, asRead(one)]));
}

/** Without what is left at its default: one side writes it and the other leaves it out. */
function comparable(value: unknown): unknown {
  if (Buffer.isBuffer(value) || value instanceof Uint8Array)
    return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object" || value === null) return value;
  const defaults: readonly unknown[] = ["", false, "NONE", undefined];
  const fields = Object.entries(value).map(([name, one]) => [name, comparable(one)] as const);
  return Object.fromEntries(fields.filter(([, one]) => !defaults.includes(one)));
}

const headerMutation = fc.record({
  set_headers: fc.array(
    fc.record({
      header: fc.record({ key: text, raw_value: fc.oneof(bytes, text) }),
      append_action: fc.constant("OVERWRITE_IF_EXISTS_OR_ADD" as const),
    }),
    { maxLength: 8 },
  ),
  remove_headers: fc.array(text, { maxLength: 4 }),
});
/** Copied, and not. */
const largeOrSmall = fc.oneof(
  { weight: 9, arbitrary: bytes },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 16_000, max: 17_000 }).map((length) => Buffer.alloc(length, "b")),
  },
);
const bodyMutation = fc.oneof(
  fc.record({ body: largeOrSmall }),
  fc.constant({ clear_body: true as const }),
  fc.record({
    streamed_response: fc.record({ body: largeOrSmall, end_of_stream: fc.boolean() }),
  }),
);
const common = fc.record(
  { header_mutation: headerMutation, body_mutation: bodyMutation, clear_route_cache: fc.boolean() },
  { requiredKeys: [] },
);
const answer = fc.record({ response: common });
const headerMode = fc.constantFrom(...headerSendModes);
const bodyMode = fc.constantFrom(...bodySendModes);
const mode_override = fc.record(
  {
    request_header_mode: headerMode,
    response_header_mode: headerMode,
    request_body_mode: bodyMode,
    response_body_mode: bodyMode,
    request_trailer_mode: headerMode,
    response_trailer_mode: headerMode,
  },
  { requiredKeys: [] },
);
const response = fc.oneof(
  fc.record({ request_headers: answer, mode_override }, { requiredKeys: ["request_headers"] }),
  fc.record({ response_headers: answer, mode_override }, { requiredKeys: ["response_headers"] }),
  fc.record({ request_body: answer }),
  fc.record({ response_body: answer }),
  fc.constant({ request_trailers: {} }),
  fc.constant({ response_trailers: {} }),
  fc.record({
    immediate_response: fc.record({
      status: fc.record({ code: fc.integer({ min: 100, max: 599 }) }),
      headers: headerMutation,
      body: bytes,
      details: text,
    }),
  }),
);

describe("ProcessingResponse", () => {
  test("is read by protobufjs as it was meant", () => {
    fc.assert(
      fc.property(response, fc.nat(20), (sent, headroom) => {
        const wire = Buffer.concat(encodeResponse(sent as ProcessingResponse, headroom));
        const read = process.responseDeserialize(wire.subarray(headroom));
        expect(withoutNames(comparable(read))).toEqual(withoutEmpty(comparable(asSent(sent))));
      }),
    );
  });

  test("a body of 20 MB", () => {
    const body = Buffer.alloc(20_000_000, 7);
    const mutated = { header_mutation: {}, body_mutation: { body }, clear_route_cache: true };
    const wire = Buffer.concat(encodeResponse({ request_body: { response: mutated } }));
    const read = process.responseDeserialize(wire) as ProcessingResponse;
    const mutation = read.request_body?.response.body_mutation;
    expect(mutation && "body" in mutation && body.equals(mutation.body)).toBe(true);
  });
});

/** A raw value is bytes on the wire. */
function asSent(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asSent);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  const fields = Object.entries(value).map(([name, one]) => [
    name,
    name === "raw_value" && typeof one === "string" ? Buffer.from(one) : asSent(one),
  ]);
  return Object.fromEntries(fields);
}

/** protobufjs names the field that each oneof has set. */
function withoutNames(value: unknown): unknown {
  return withoutEmpty(value, ["response", "mutation"]);
}

/** Enums of 0 and empty lists are not on the wire. */
function withoutEmpty(value: unknown, names: readonly string[] = []): unknown {
  if (Array.isArray(value)) return value.map((one) => withoutEmpty(one, names));
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(
    ([name, one]) =>
      !(names.includes(name) && typeof one === "string") &&
      !(Array.isArray(one) && one.length === 0) &&
      one !== "DEFAULT",
  );
  return Object.fromEntries(kept.map(([name, one]) => [name, withoutEmpty(one, names)]));
}

describe("health", () => {
  test("requests and answers are protobufjs's", () => {
    fc.assert(
      fc.property(text, (service) => {
        expect(decodeHealthRequest(check.requestSerialize({ service }))).toBe(service);
      }),
    );
    for (const status of ["SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"] as ServingStatus[]) {
      const wire = encodeHealthResponse(status, 3).subarray(3);
      expect(check.responseDeserialize(wire)).toEqual({ status });
    }
  });
});
