/** Wire types of protobuf. */
export const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** In the order of their numbers, as in external_processor.proto. */
export const bodySendModes = [
  "NONE",
  "STREAMED",
  "BUFFERED",
  "BUFFERED_PARTIAL",
  "FULL_DUPLEX_STREAMED",
  "GRPC",
] as const;
export const headerSendModes = ["DEFAULT", "SEND", "SKIP"] as const;
