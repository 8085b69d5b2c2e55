/** Names the domain of a text. */
export interface Labeller {
  /** Whose labels these are: those of another are not mixed with them. No secret is in it. */
  readonly by: string;
  /** One of the 14 domains. Rejects when this text has none, with a reason that does not quote it. */
  label(text: string, signal: AbortSignal): Promise<string>;
  close(): Promise<void>;
}
