import type { StreamEvents } from "../observe/events.ts";
import type { Router } from "../router.ts";

/** A router that stays open until `release`, to be called once for each lease taken, and where to tell what it did. */
export interface Lease {
  readonly router: Router;
  readonly events: StreamEvents;
  release(): void;
}

/** Takes the router of now, for the life of a stream or a request; undefined while models load. */
export type Acquire = () => Lease | undefined;
