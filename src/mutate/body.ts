import type { ChatRequest } from "../parse/chat-request.ts";

/** `body` with another `model`; every other byte as it was. */
export function spliceModel(
  body: Uint8Array,
  span: ChatRequest["modelSpan"],
  model: string,
): Uint8Array {
  return Buffer.concat([
    body.subarray(0, span.start),
    Buffer.from(JSON.stringify(model), "utf8"),
    body.subarray(span.end),
  ]);
}

/** Envoy implementations cap a streamed chunk at 64 KiB; stay clear of it. */
export const maxChunkBytes = 62_000;

/** `body` in chunks of at most `maxChunkBytes`; one empty chunk for an empty body. */
export function* chunksOf(body: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at === 0 || at < body.length; at += maxChunkBytes) {
    yield body.subarray(at, at + maxChunkBytes);
  }
}
