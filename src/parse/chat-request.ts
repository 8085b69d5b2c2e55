/** What signalbox needs to know of a chat-completion body. The body itself is never re-serialised. */
export interface ChatRequest {
  /** As the client wrote it. */
  readonly model: string;
  /** Byte range in the body of the JSON string that is the value of `model`, quotes included. */
  readonly modelSpan: { readonly start: number; readonly end: number };
  /** Text to route on: the last human turn, with earlier ones before it when it is a bare follow-up; "" when none. */
  readonly query: string;
  readonly stream: boolean;
}
