import type { Status } from "./status.ts";

/** In HPACK without its table: the same bytes on every connection. Names and values are ASCII. */
function literal(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.of(0), lengthAndText(name), lengthAndText(value)]);
}

function lengthAndText(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  if (bytes.length < 127) return Buffer.concat([Buffer.of(bytes.length), bytes]);
  const more = [127];
  let left = bytes.length - 127;
  for (; left >= 128; left >>>= 7) more.push((left & 127) | 128);
  return Buffer.concat([Buffer.from([...more, left]), bytes]);
}

/** Index 8 of HPACK's static table. */
const status200 = Buffer.of(0x88);
const contentType = literal("content-type", "application/grpc");
const identityOnly = literal("grpc-accept-encoding", "identity");

/** Before the first message of an answer. */
export const answerHeaders = Buffer.concat([status200, contentType]);

/** At the end of an answer. */
export function trailers(code: Status, details: string): Buffer {
  if (details === "") return withoutDetails[code] ?? statusField(code);
  return Buffer.concat([statusField(code), literal("grpc-message", percentEncoded(details))]);
}

/** An answer without a message is one header block. */
export const trailersOnly = (code: Status, details: string): Buffer =>
  Buffer.concat([answerHeaders, identityOnly, trailers(code, details)]);

/** An answer to what is no gRPC request. */
export const httpStatus = (code: number): Buffer => literal(":status", `${code}`);

const statusField = (code: Status): Buffer => literal("grpc-status", `${code}`);
const withoutDetails: Partial<Record<Status, Buffer>> = { 0: statusField(0) };

const percentEncoded = (text: string): string =>
  Buffer.from(text, "utf8")
    .toString("latin1")
    .replace(/[^ -$&-~]/g, (byte) => {
      const hex = byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0");
      return `%${hex}`;
    });
