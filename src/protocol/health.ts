import { BackwardWriter } from "./backward-writer.ts";
import { Reader } from "./reader.ts";
import { wire } from "./wire-types.ts";

/** Of grpc.health.v1's HealthCheckResponse, by name. */
const numbers = { SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 } as const;
export type ServingStatus = keyof typeof numbers;

/** The service that a HealthCheckRequest asks for. Throws an Error when `bytes` are no protobuf. */
export function decodeHealthRequest(bytes: Buffer): string {
  const reader = new Reader(bytes, 0, bytes.length);
  let service = "";
  while (reader.next()) {
    if (reader.field === 1 && reader.type === wire.bytes) service = reader.string();
    else reader.skip();
  }
  return service;
}

/** A HealthCheckResponse after `headroom` bytes that are left to the caller. */
export function encodeHealthResponse(status: ServingStatus, headroom = 0): Buffer {
  const writer = new BackwardWriter(Buffer.alloc(headroom + 2));
  writer.varintField(1, numbers[status]);
  return writer.buffer;
}
