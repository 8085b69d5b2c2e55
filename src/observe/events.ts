import type { RouterError } from "../errors.ts";
import type { Route } from "../route.ts";

/** What the stages of a stream tell the observer. No text of a request but its id is ever among it. */
export interface StreamEvents {
  /** A model was chosen for `auto`. `durationMs` runs from the body's arrival to the answer. */
  routed(event: {
    readonly requestId: string;
    readonly requestedModel: string;
    readonly route: Route;
    readonly stream: boolean;
    readonly query: { readonly chars: number; readonly hash: string };
    readonly durationMs: number;
  }): void;
  /** The client named a model itself. */
  passedThrough(event: { readonly requestId: string; readonly model: string }): void;
  /** The client was answered an error. */
  rejected(event: { readonly requestId: string; readonly error: RouterError }): void;
  /** A fault of our own on the request path: the request went on with the default model. */
  failed(event: { readonly requestId: string; readonly error: RouterError }): void;
  /** The backend's response headers came back; `latencyMs` since the request's body arrived. */
  responded(event: {
    readonly requestId: string;
    readonly model: string;
    readonly status: number;
    readonly latencyMs: number;
  }): void;
}
