import type { HeaderValue, HttpBody, HttpHeaders, ProcessingRequest } from "./messages.ts";
import { Reader } from "./reader.ts";
import { bodySendModes, wire } from "./wire-types.ts";

/**
 * Reads one ProcessingRequest of external_processor.proto. Fields that it does not know are skipped, a field given twice
 * counts the second time. Bytes of a body are not copied. Throws an Error when `bytes` are no protobuf.
 */
export function decodeRequest(bytes: Buffer): ProcessingRequest {
  let phase: Phase | undefined;
  let content: object = {};
  let protocol_config: ProcessingRequest["protocol_config"];
  let observability_mode = false;
  const reader = new Reader(bytes, 0, bytes.length);
  while (reader.next()) {
    const { field, type } = reader;
    if (type === wire.bytes && field >= 2 && field <= 7) {
      phase = phases[field - 2] as Phase;
      const end = reader.enter();
      content = field < 4 ? headers(reader) : field < 6 ? body(reader) : trailers(reader);
      reader.leave(end);
    } else if (type === wire.bytes && field === 11) {
      const end = reader.enter();
      protocol_config = protocol(reader);
      reader.leave(end);
    } else if (type === wire.varint && field === 10) {
      observability_mode = reader.varint() !== 0;
    } else {
      reader.skip();
    }
  }
  const message = {
    ...(phase && { request: phase, [phase]: content }),
    ...(observability_mode && { observability_mode }),
    ...(protocol_config && { protocol_config }),
  };
  return message as ProcessingRequest;
}

type Phase = NonNullable<ProcessingRequest["request"]>;

/** From field 2 on. */
const phases: readonly Phase[] = [
  "request_headers",
  "response_headers",
  "request_body",
  "response_body",
  "request_trailers",
  "response_trailers",
];

function headers(reader: Reader): HttpHeaders {
  let map: HttpHeaders["headers"];
  let end_of_stream = false;
  while (reader.next()) {
    if (reader.type === wire.bytes && reader.field === 1) {
      const end = reader.enter();
      map = headerMap(reader);
      reader.leave(end);
    } else if (reader.type === wire.varint && reader.field === 3)
      end_of_stream = reader.varint() !== 0;
    else reader.skip();
  }
  return map ? { headers: map, end_of_stream } : { end_of_stream };
}

function headerMap(reader: Reader): { headers: readonly HeaderValue[] } {
  const values: HeaderValue[] = [];
  while (reader.next()) {
    if (reader.type === wire.bytes && reader.field === 1) {
      const end = reader.enter();
      values.push(header(reader));
      reader.leave(end);
    } else reader.skip();
  }
  return { headers: values };
}

/** `value` is the text of raw_value where there is one: a request has some twenty headers, and each a Buffer would cost. */
function header(reader: Reader): HeaderValue {
  let key = "";
  let value = "";
  let raw = "";
  while (reader.next()) {
    if (reader.type !== wire.bytes) reader.skip();
    else if (reader.field === 1) key = reader.string();
    else if (reader.field === 2) value = reader.string();
    else if (reader.field === 3) raw = reader.string();
    else reader.skip();
  }
  return { key, value: raw === "" ? value : raw };
}

function body(reader: Reader): HttpBody {
  let bytes: Buffer | undefined;
  let end_of_stream = false;
  while (reader.next()) {
    if (reader.type === wire.bytes && reader.field === 1) bytes = reader.bytes();
    else if (reader.type === wire.varint && reader.field === 2)
      end_of_stream = reader.varint() !== 0;
    else reader.skip();
  }
  return bytes ? { body: bytes, end_of_stream } : { end_of_stream };
}

/** Nothing of them is read, but they must be well-formed like everything else. */
function trailers(reader: Reader): object {
  while (reader.next()) reader.skip();
  return {};
}

function protocol(reader: Reader): NonNullable<ProcessingRequest["protocol_config"]> {
  const modes: [number, number, number] = [0, 0, 0];
  while (reader.next()) {
    if (reader.type === wire.varint && reader.field >= 1 && reader.field <= 3) {
      modes[reader.field - 1] = reader.varint();
    } else reader.skip();
  }
  const [request, response, atOnce] = modes;
  return {
    request_body_mode: bodySendModes[request] ?? "NONE",
    response_body_mode: bodySendModes[response] ?? "NONE",
    send_body_without_waiting_for_header_response: atOnce !== 0,
  };
}
