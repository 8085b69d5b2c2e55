import { BackwardWriter, leastApart } from "./backward-writer.ts";
import type {
  BodyMutation,
  CommonResponse,
  HeaderMutation,
  ImmediateResponse,
  ProcessingMode,
  ProcessingResponse,
} from "./messages.ts";
import { bodySendModes, headerSendModes } from "./wire-types.ts";

/**
 * One ProcessingResponse of external_processor.proto, in pieces, as a large body is not copied; before it `headroom` bytes
 * that are left to the caller. Written from its end to its beginning, as the length of a message stands before it.
 */
export function encodeResponse(
  response: ProcessingResponse,
  headroom = 0,
): readonly [Buffer, ...Buffer[]] {
  const most = headroom + mostBytes(response);
  const writer = new BackwardWriter(Buffer.allocUnsafe(most));
  if (response.mode_override) {
    const end = writer.mark();
    mode(writer, response.mode_override);
    writer.prefix(9, end);
  }
  const end = writer.mark();
  if (response.immediate_response) {
    immediate(writer, response.immediate_response);
    writer.prefix(7, end);
  } else if (response.response_trailers) writer.prefix(6, end);
  else if (response.request_trailers) writer.prefix(5, end);
  else if (response.response_body) answer(writer, response.response_body, 4);
  else if (response.request_body) answer(writer, response.request_body, 3);
  else if (response.response_headers) answer(writer, response.response_headers, 2);
  else if (response.request_headers) answer(writer, response.request_headers, 1);
  return writer.pieces(headroom);
}

function answer(
  writer: BackwardWriter,
  { response }: { readonly response: CommonResponse },
  field: number,
): void {
  const end = writer.mark();
  if (response.clear_route_cache) writer.varintField(5, 1);
  if (response.body_mutation) {
    const start = writer.mark();
    bodyMutation(writer, response.body_mutation);
    writer.prefix(3, start);
  }
  if (response.header_mutation) {
    const start = writer.mark();
    headerMutation(writer, response.header_mutation);
    writer.prefix(2, start);
  }
  writer.prefix(1, end);
  writer.prefix(field, end);
}

function bodyMutation(writer: BackwardWriter, mutation: BodyMutation): void {
  if ("body" in mutation) writer.bodyField(1, mutation.body);
  else if ("clear_body" in mutation) writer.varintField(2, 1);
  else {
    const end = writer.mark();
    const { body, end_of_stream } = mutation.streamed_response;
    if (end_of_stream) writer.varintField(2, 1);
    if (body.length > 0) writer.bodyField(1, body);
    writer.prefix(3, end);
  }
}

function headerMutation(writer: BackwardWriter, mutation: HeaderMutation): void {
  const { remove_headers = [], set_headers = [] } = mutation;
  for (let at = remove_headers.length - 1; at >= 0; at--) {
    writer.stringField(2, remove_headers[at] as string);
  }
  for (let at = set_headers.length - 1; at >= 0; at--) {
    const option = set_headers[at];
    if (!option) continue;
    const end = writer.mark();
    writer.varintField(3, overwrite);
    const start = writer.mark();
    const { raw_value } = option.header;
    if (typeof raw_value === "string") writer.stringField(3, raw_value);
    else writer.bytesField(3, raw_value);
    writer.stringField(1, option.header.key);
    writer.prefix(1, start);
    writer.prefix(1, end);
  }
}

/** HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD, the only one that is used. */
const overwrite = 2;

function immediate(writer: BackwardWriter, response: ImmediateResponse): void {
  writer.stringField(5, response.details);
  writer.bytesField(3, response.body);
  const end = writer.mark();
  headerMutation(writer, response.headers);
  writer.prefix(2, end);
  const start = writer.mark();
  writer.varintField(1, response.status.code);
  writer.prefix(1, start);
}

function mode(writer: BackwardWriter, override: ProcessingMode): void {
  const numbers = [
    headerMode(override.request_header_mode),
    headerMode(override.response_header_mode),
    bodyMode(override.request_body_mode),
    bodyMode(override.response_body_mode),
    headerMode(override.request_trailer_mode),
    headerMode(override.response_trailer_mode),
  ];
  for (let at = numbers.length - 1; at >= 0; at--) {
    const number = numbers[at] as number;
    if (number > 0) writer.varintField(at + 1, number);
  }
}

const headerMode = (name: ProcessingMode["request_header_mode"]): number =>
  name === undefined ? 0 : headerSendModes.indexOf(name);
const bodyMode = (name: ProcessingMode["request_body_mode"]): number =>
  name === undefined ? 0 : bodySendModes.indexOf(name);

/** Tags and lengths of everything that a message can hold once. */
const mostFixedBytes = 128;
/** Tags, lengths and the action of one header. */
const mostHeaderBytes = 40;

/** At least what the message takes: UTF-8 has up to three bytes for a unit of a string. */
function mostBytes(response: ProcessingResponse): number {
  const { immediate_response: refused } = response;
  const common = (
    response.request_body ??
    response.request_headers ??
    response.response_headers ??
    response.response_body
  )?.response;
  let most = mostFixedBytes;
  if (refused) most += refused.body.length + 3 * refused.details.length;
  const body = common?.body_mutation;
  const bytes =
    body &&
    ("body" in body ? body.body : "streamed_response" in body && body.streamed_response.body);
  // A larger one is a piece of its own.
  if (bytes && bytes.length < leastApart) most += bytes.length;
  const headers = refused?.headers ?? common?.header_mutation;
  if (!headers) return most;
  for (const { header } of headers.set_headers ?? []) {
    most += mostHeaderBytes + 3 * (header.key.length + header.raw_value.length);
  }
  for (const name of headers.remove_headers ?? []) most += mostHeaderBytes + 3 * name.length;
  return most;
}
