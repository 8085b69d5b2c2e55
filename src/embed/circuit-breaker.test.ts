import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Availability, type BreakerOptions, circuitBreaker } from "./circuit-breaker.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A breaker over something that answers when its test says so. */
function over(options: Partial<BreakerOptions> = {}) {
  const reasons: (string | undefined)[] = [];
  const notices: Availability[] = [];
  const probe = vi.fn(async () => reasons.shift());
  const breaker = circuitBreaker({
    probe,
    onChange: (now) => notices.push(now),
    random: () => 0,
    ...options,
  });
  return { breaker, probe, reasons, notices };
}

test("a probe that succeeds closes it, and nothing is said of it", async () => {
  const { breaker, notices } = over();
  expect(breaker.state()).toBe("half-open");
  await breaker.start();
  expect(breaker.state()).toBe("closed");
  expect(notices).toEqual([]);
});

test("tripped, it probes after a pause that doubles up to the longest", async () => {
  const { breaker, probe, reasons } = over();
  await breaker.start();
  reasons.push(...Array.from({ length: 9 }, () => "timeout"));
  breaker.trip("timeout");
  expect(breaker.state()).toBe("open");
  const pauses: number[] = [];
  for (let i = 0; i < 9; i++) {
    const [before, calls] = [Date.now(), probe.mock.calls.length];
    while (probe.mock.calls.length === calls) await vi.advanceTimersToNextTimerAsync();
    pauses.push(Date.now() - before);
  }
  expect(pauses).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
});

test("a pause is shortened by chance, by a half at most", async () => {
  for (const [chance, pauseMs] of [
    [0, 100],
    [0.5, 75],
    [1, 50],
  ] as const) {
    const { breaker, probe } = over({ random: () => chance });
    await breaker.start();
    breaker.trip("x");
    await vi.advanceTimersByTimeAsync(pauseMs - 1);
    expect(probe).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(probe).toHaveBeenCalledTimes(2);
  }
});

test("what answers probes alone is asked ever less; real work makes the pause short again", async () => {
  const { breaker, probe } = over();
  await breaker.start();
  for (const pauseMs of [100, 200, 400]) {
    breaker.trip("timeout");
    await vi.advanceTimersByTimeAsync(pauseMs - 1);
    expect(breaker.state()).toBe("open");
    await vi.advanceTimersByTimeAsync(1);
    expect(breaker.state()).toBe("closed");
  }
  breaker.worked();
  breaker.trip("timeout");
  await vi.advanceTimersByTimeAsync(100);
  expect(breaker.state()).toBe("closed");
  expect(probe).toHaveBeenCalledTimes(5);
});

test("trips while it is open add no probes", async () => {
  const { breaker, probe } = over();
  await breaker.start();
  for (let i = 0; i < 10; i++) breaker.trip("timeout");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(probe).toHaveBeenCalledTimes(2);
});

test("it says that it opened at once, and what comes soon after together", async () => {
  const { breaker, notices } = over();
  await breaker.start();
  for (let i = 0; i < 20; i++) {
    breaker.trip("timeout");
    await vi.advanceTimersByTimeAsync(100);
    breaker.worked();
  }
  expect(notices).toEqual([{ state: "open", reason: "timeout" }]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(notices).toEqual([{ state: "open", reason: "timeout" }, { state: "closed" }]);
});

test("another reason is news", async () => {
  const { breaker, notices, reasons } = over({ reportMs: 0 });
  reasons.push("ECONNREFUSED", "ECONNREFUSED", "LOADING");
  await breaker.start();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(notices).toEqual([
    { state: "open", reason: "ECONNREFUSED" },
    { state: "open", reason: "LOADING" },
    { state: "closed" },
  ]);
});

test("stopped, also in the middle of a probe, it stays open and asks nothing", async () => {
  const answer = Promise.withResolvers<undefined>();
  const { breaker } = over({ probe: () => answer.promise });
  const started = breaker.start();
  breaker.stop();
  answer.resolve(undefined);
  await started;
  expect(breaker.state()).toBe("open");
  expect(vi.getTimerCount()).toBe(0);
});
