/** Why a request brought no answer. Goes into a row, so it must not show a key. */
export class ChatFault extends Error {
  override readonly name = "ChatFault";
  /** `timeout`, `connection`, `http_429` and the like, `invalid_answer`. */
  readonly code: string;
  /** The same request may succeed in a moment. */
  readonly passing: boolean;
  /** The server asks to be left alone for so long. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: string,
    message: string,
    {
      passing = false,
      retryAfterMs,
    }: { passing?: boolean; retryAfterMs?: number | undefined } = {},
  ) {
    super(message);
    this.code = code;
    this.passing = passing;
    this.retryAfterMs = retryAfterMs;
  }
}

const maxShown = 300;

/** A server's own words, without the values of headers that were sent and without whatever looks like a key. */
export function redacted(text: string, headers: Readonly<Record<string, string>>): string {
  const secrets = Object.values(headers)
    .flatMap((value) => [value, ...value.split(/\s+/)])
    .filter((value) => value.length >= 6 && value !== "Bearer");
  const clean = secrets
    .toSorted((a, b) => b.length - a.length)
    .reduce((left, secret) => left.replaceAll(secret, "***"), text)
    .replace(/\b(?:sk|pk|hf|gsk|xai|key)[-_][\w*.-]{6,}/gi, "***")
    .replace(/\bBearer\s+\S+/gi, "Bearer ***")
    .replace(/\s+/g, " ")
    .trim();
  return clean.length > maxShown ? `${clean.slice(0, maxShown)}...` : clean;
}
