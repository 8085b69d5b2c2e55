import { atLeast, atMost, type Bar } from "../measure/bars.ts";
import type { EngineRow, Engines } from "./engines.ts";
import type { Load, LoopDelay } from "./service.ts";

/** Of Qwen3-Embedding-0.6B without its table of tokens, of which a text reads a row a token. */
const weightsRead = 440_467_456;

export function engineBars({ rows, floors, residentBytes }: Engines): Bar[] {
  const cpu = (engine: string, tokens: number) =>
    rows.find((row) => row.engine === engine && row.tokens === tokens && row.batch === 1)?.cpuMs;
  const ratio = (own: string, other: string, tokens: number, most: number): Bar[] => {
    const [mine, theirs] = [cpu(own, tokens), cpu(other, tokens)];
    if (mine === undefined || theirs === undefined) return [];
    return [atMost(`${own}, ${tokens} tokens: of ${other}`, mine / theirs, most)];
  };
  const int8 = cpu("signalbox int8", 16);
  return [
    ...ratio("signalbox int8", "candle fp32", 16, 1 / 6),
    ...ratio("signalbox int8", "candle fp32", 64, 1 / 6),
    ...ratio("signalbox fp32", "candle fp32", 16, 1 / 1.6),
    ...ratio("signalbox fp32", "candle fp32", 64, 1 / 1.6),
    ...(floors && int8 !== undefined
      ? [
          atMost(
            "signalbox int8, 16 tokens: of reading its weights once",
            int8 / (weightsRead / floors.gigabytes / 1e6),
            1.7,
          ),
        ]
      : []),
    atMost("Qwen3 int8, 1 worker: resident GB", residentBytes / 1e9, 0.9),
  ];
}

export function serviceBars(
  loads: readonly Load[],
  cacheHitMicros: number,
  delays: readonly LoopDelay[],
): Bar[] {
  const [alone] = loads;
  const rates = loads.map(({ perCpuSecond }) => perCpuSecond);
  return [
    atMost("built-in model, 48 tokens, 1 caller: p50 ms", alone?.p50Ms ?? Number.NaN, 1.5),
    atLeast("built-in model, 48 tokens: texts a second of a core", Math.max(...rates), 700),
    atMost("cache hit: us", cacheHitMicros, 20),
    ...delays
      .filter(({ workers }) => workers > 0)
      .map(({ model, p99Ms }) => atMost(`${model} busy: event loop p99 ms late`, p99Ms, 10)),
  ];
}

/** CPU of the whole matrix work at the machine's speed, for comparison. */
export function withFloors(rows: readonly EngineRow[], floors: Engines["floors"]): object[] {
  return rows.map((row) => {
    const bytes = weightsRead * (row.engine.includes("int8") ? 1 : 4);
    return {
      ...row,
      ...(floors && {
        readMs: bytes / row.batch / floors.gigabytes / 1e6,
        computeMs: (2 * weightsRead * row.tokens) / floors.gigaflops / 1e6,
      }),
    };
  });
}
