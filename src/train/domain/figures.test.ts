import { expect, test } from "vitest";
import type { DomainName } from "../../domains.ts";
import { bestThreshold, fitTemperature } from "./calibrate.ts";
import { figuresByDomain, figuresOf, type Verdict } from "./figures.ts";

const verdict = (actual: DomainName, predicted: DomainName, confidence: number): Verdict => ({
  actual,
  predicted,
  confidence,
});

test("figures of four verdicts, by hand", () => {
  const verdicts = [
    verdict("law", "law", 0.95),
    verdict("law", "law", 0.95),
    verdict("law", "math", 0.55),
    verdict("math", "math", 0.55),
  ];
  expect(figuresOf(verdicts)).toEqual({
    n: 4,
    accuracy: 0.75,
    macro_f1: 0.7333,
    calibration_error: 0.05,
  });
  expect(figuresByDomain(verdicts)).toMatchObject({
    law: { n: 3, accuracy: 0.6667, macro_f1: 0.8 },
    math: { n: 1, accuracy: 1, macro_f1: 0.6667 },
  });
});

test("the threshold sends uncertain texts to other when that is right more often", () => {
  const verdicts = [
    verdict("other", "law", 0.2),
    verdict("other", "math", 0.32),
    verdict("math", "math", 0.4),
  ];
  expect(bestThreshold(verdicts)).toEqual({ threshold: 0.35, accuracy: 1 });
});

test("logits that are too sure get a temperature above 1", () => {
  const sample = { text: "", split: "train", language: "en", kind: "" } as const;
  const logits = (top: number) => new Float64Array(28).fill(-5).fill(5, top, top + 1);
  const predictions = (["own-chat", "mmlu-pro"] as const).flatMap((source) =>
    // Half of them wrong.
    [0, 1].map((top) => ({
      sample: { ...sample, source, domain: "biology" as const },
      logits: logits(top),
    })),
  );
  expect(fitTemperature(predictions)).toBeGreaterThan(2);
});
