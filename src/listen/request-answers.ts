import { chunksOf } from "../mutate/body.ts";
import { mutation } from "../mutate/headers.ts";
import type {
  BodySendMode,
  CommonResponse,
  ProcessingMode,
  ProcessingResponse,
} from "../protocol/messages.ts";
import type { Resolved } from "./resolve.ts";

/** What of a request decides how its answers must look. */
export interface RequestFacts {
  readonly mode: BodySendMode;
  /** The client sent content-length. */
  readonly hasLength: boolean;
  /** Client copies of headers that are ours to set. */
  readonly forged: readonly string[];
  readonly clearRouteCache: boolean;
}

/** Without a body there is nothing to route, and nothing to say on the response. */
export const noBody: ProcessingMode = { request_body_mode: "NONE", response_header_mode: "SKIP" };

/** Continue; the body is still to come. */
export function headersAnswer(facts: RequestFacts, override?: ProcessingMode): ProcessingResponse {
  return {
    request_headers: { response: facts.forged.length > 0 ? common(facts, {}, facts.forged) : {} },
    ...(override && { mode_override: override }),
  };
}

/** The answer to a body that came in one message. */
export function wholeAnswer(facts: RequestFacts, { headers, body }: Resolved): ProcessingResponse {
  // Envoy answers 500 when a rewritten body and content-length differ. It drops the header by itself in other modes, but
  // not in NONE, which we override.
  const kept = facts.hasLength && (facts.mode === "BUFFERED" || facts.mode === "NONE");
  const length = body && kept && { "content-length": `${body.byteLength}` };
  return bodyAnswer({
    ...(Object.keys(headers).length > 0 && common(facts, { ...length, ...headers }, [])),
    ...(body && { body_mutation: { body } }),
  });
}

/** The answers to headers that were held back and to the `chunks` after them. `last`: no trailers follow. */
export function heldAnswers(
  facts: RequestFacts,
  resolved: Resolved,
  chunks: { readonly count: number; readonly whole: Uint8Array },
  last: boolean,
): ProcessingResponse[] {
  const { mode, hasLength, forged } = facts;
  const body = resolved.body ?? chunks.whole;
  const length = hasLength &&
    mode !== "FULL_DUPLEX_STREAMED" && { "content-length": `${body.byteLength}` };
  const removed = forged.filter((name) => !(name in resolved.headers));
  const response = common(facts, { ...length, ...resolved.headers }, removed);
  if (mode === "FULL_DUPLEX_STREAMED") {
    return [{ request_headers: { response } }, ...streamed(body, last)];
  }
  // Each chunk wants an answer of its own: all but the last one go on empty, the last one carries everything.
  const cleared = Array.from({ length: chunks.count - 1 }, () =>
    bodyAnswer({ body_mutation: { clear_body: true } }),
  );
  return [{ request_headers: { response } }, ...cleared, bodyAnswer({ body_mutation: { body } })];
}

/** A chunk that goes on as it is. */
export function passedAnswer(
  { mode }: RequestFacts,
  body: Uint8Array,
  end_of_stream: boolean,
): ProcessingResponse {
  if (mode !== "FULL_DUPLEX_STREAMED") return bodyAnswer({});
  return bodyAnswer({ body_mutation: { streamed_response: { body, end_of_stream } } });
}

const common = (
  facts: RequestFacts,
  values: Readonly<Record<string, string>>,
  removed: readonly string[],
): CommonResponse => ({
  header_mutation: mutation(values, removed),
  clear_route_cache: facts.clearRouteCache,
});

const bodyAnswer = (response: CommonResponse): ProcessingResponse => ({
  request_body: { response },
});

function* streamed(body: Uint8Array, last: boolean): Generator<ProcessingResponse> {
  let sent = 0;
  for (const chunk of chunksOf(body)) {
    sent += chunk.byteLength;
    const end_of_stream = last && sent === body.byteLength;
    yield bodyAnswer({ body_mutation: { streamed_response: { body: chunk, end_of_stream } } });
  }
}
