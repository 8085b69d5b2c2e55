/** The status codes of gRPC that a server of ours ends a call with. */
export const status = {
  ok: 0,
  deadlineExceeded: 4,
  notFound: 5,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;
export type Status = (typeof status)[keyof typeof status];
