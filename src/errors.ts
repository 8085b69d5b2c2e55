/**
 * Every error that a user can meet, by code. docs/errors.md explains each; errors.test.ts keeps the two alike.
 * A code is part of the public contract: never reuse one for another meaning.
 */
export const errorCodes = {
  // What a client sent
  malformed_json: "The request body is not JSON",
  invalid_request: "The request body is JSON but not a chat-completion request",
  body_too_large: "The request body is larger than limits.max_body_bytes",
  body_truncated:
    "Envoy sent only the beginning of the body (BUFFERED_PARTIAL), so it could not be read",
  // What an operator wrote
  config_not_found: "The configuration file cannot be read",
  config_invalid: "The configuration is not valid",
  tls_invalid: "A certificate or a key cannot be used",
  // Files
  model_not_found: "A pretrained model file is missing",
  artifact_invalid: "A model file is damaged or not of its format",
  artifact_incompatible:
    "A model file is valid but does not fit this embedder, dimension or configuration",
  training_data_invalid: "A training record cannot be used",
  output_unwritable: "A file cannot be written",
  output_in_use: "Another run writes to the same file",
  download_failed: "The hub did not give what was asked of it",
  sandbox_unavailable: "Code that a model wrote cannot be isolated on this machine",
  upload_failed: "The hub did not take what was sent to it",
  label_server_failed: "The router that is to label queries does not answer",
  doctor_failed: "What was to be examined cannot be read",
  // The path of a request
  embedder_failed: "The embedder could not embed the text",
  embedder_overloaded: "Too many texts already wait for the embedder",
  embedder_stopped: "The embedder was closed while a text waited",
  deadline_exceeded: "Routing took longer than limits.deadline_ms",
  client_gone: "The client went away before its request was routed",
  no_text: "The request holds no text to route on",
  selector_untrained: "The selector's model was never trained",
  selector_invalid_input: "The feature vector has a wrong length or a number that is not finite",
  selector_no_candidate: "None of the decision's models is known to the selector",
  internal: "A fault of signalbox itself",
} as const satisfies Record<string, string>;

export type ErrorCode = keyof typeof errorCodes;

/** An error that a user can act on. Anything else that is thrown is a bug. */
export class RouterError extends Error {
  override readonly name = "RouterError";
  readonly code: ErrorCode;
  /** What is wrong: field, line, both sides of a mismatch. No code, no remedy. */
  readonly detail: string;
  /** What the reader can do about it, as an imperative sentence. */
  readonly remedy: string;

  constructor(code: ErrorCode, detail: string, remedy: string, options?: ErrorOptions) {
    super(`[${code}] ${detail}. ${remedy}`, options);
    this.code = code;
    this.detail = detail;
    this.remedy = remedy;
  }

  /** Normalises whatever was thrown. A bug becomes `internal`, with the original as its cause. */
  static from(thrown: unknown): RouterError {
    if (thrown instanceof RouterError) return thrown;
    const detail = thrown instanceof Error ? thrown.message : String(thrown);
    return new RouterError("internal", detail, "Report it with the log line's stack", {
      cause: thrown,
    });
  }
}
