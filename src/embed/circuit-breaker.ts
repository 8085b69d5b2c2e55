import type { BreakerState } from "./shared-cache.ts";

/** What an operator should know of something that others run: it cannot be used at the moment, or can again. */
export interface Availability {
  readonly state: "closed" | "open";
  /** Why it is open, in a word such as `timeout` or `ECONNREFUSED`: no host, no credentials, no text of a request. */
  readonly reason?: string;
}

export interface BreakerOptions {
  /** Whether it answers again: the reason why not, or undefined when it does. Must not reject. */
  readonly probe: () => Promise<string | undefined>;
  /** What was found to answer by other means starts closed. */
  readonly initially?: BreakerState;
  /** Called whenever it closes. */
  readonly onClosed?: (() => void) | undefined;
  /** Called when it opens, and when it closes after that, at most once in `reportMs`. */
  readonly onChange?: ((now: Availability) => void) | undefined;
  /** Before the first probe; each that fails doubles it, and each is shortened by up to a half at random. */
  readonly firstPauseMs?: number;
  readonly maxPauseMs?: number;
  readonly reportMs?: number;
  readonly random?: () => number;
}

export interface CircuitBreaker {
  state(): BreakerState;
  /** Runs the first probe; resolves when it has an answer, whichever. */
  start(): Promise<void>;
  /** It failed: `open` until a probe succeeds. Does nothing unless it is closed. */
  trip(reason: string): void;
  /** It did real work. Until it has, pauses keep growing: what answers probes alone must not cost much. */
  worked(): void;
  /** No more probes. */
  stop(): void;
}

/** Keeps from asking what has failed, and finds out by itself when it answers again. */
export function circuitBreaker({
  probe,
  initially = "half-open",
  onClosed = () => undefined,
  onChange = () => undefined,
  firstPauseMs = 100,
  maxPauseMs = 10_000,
  reportMs = 10_000,
  random = Math.random,
}: BreakerOptions): CircuitBreaker {
  let state: BreakerState = initially;
  let failuresInARow = 0;
  let stopped = false;
  let pause: NodeJS.Timeout | undefined;
  const report = spaced(onChange, reportMs);

  async function ask(): Promise<void> {
    state = "half-open";
    const reason = await probe();
    if (stopped) return;
    if (reason !== undefined) {
      open(reason);
      return;
    }
    state = "closed";
    report.say({ state });
    onClosed();
  }

  function open(reason: string): void {
    state = "open";
    report.say({ state, reason });
    const longest = Math.min(maxPauseMs, firstPauseMs * 2 ** failuresInARow++);
    // Replicas that lost one server at one moment must not all come back at one moment.
    pause = setTimeout(ask, longest * (1 - random() / 2)).unref();
  }

  return {
    state: () => state,
    start: ask,
    trip(reason) {
      if (state === "closed" && !stopped) open(reason);
    },
    worked() {
      failuresInARow = 0;
    },
    stop() {
      stopped = true;
      state = "open";
      clearTimeout(pause);
      report.stop();
    },
  };
}

/** Says what is news: at once, unless it spoke less than `ms` ago; then the latest when they have passed. */
function spaced(speak: (now: Availability) => void, ms: number) {
  let said: Availability = { state: "closed" };
  let latest: Availability | undefined;
  let quiet: NodeJS.Timeout | undefined;
  function sayLatest(): void {
    quiet = undefined;
    if (!latest || (latest.state === said.state && latest.reason === said.reason)) return;
    said = latest;
    quiet = setTimeout(sayLatest, ms).unref();
    speak(said);
  }
  return {
    say(now: Availability): void {
      latest = now;
      if (!quiet) sayLatest();
    },
    stop: () => clearTimeout(quiet),
  };
}
