import { expect, test } from "vitest";
import type { KnnArtifact } from "../../artifact/artifact.ts";
import { distinctVectors } from "../../artifact/distinct-vectors.ts";
import { random } from "../../math/random.ts";
import { openSelector, openSelectorInTurns } from "../open-selector.ts";

const [count, dimension] = [3000, 30];
const models = ["a", "b", "c"];

function knn(): KnnArtifact {
  const next = random(7);
  const rows = Float32Array.from({ length: count * dimension }, () => next() - 0.5);
  return {
    algorithm: "knn",
    trained: true,
    dimension,
    k: 5,
    mode: "votes",
    shrinkage: 0,
    ...distinctVectors(rows, dimension),
    models,
    modelOf: Uint32Array.from({ length: count }, (_, row) => row % models.length),
    qualities: Float64Array.from({ length: count }, () => next()),
  };
}

test("opened in turns, others get theirs, and the selections are the same", async () => {
  let turns = 0;
  let done = false;
  const other = (): void => {
    turns++;
    if (!done) setImmediate(other);
  };
  setImmediate(other);
  const inTurns = await openSelectorInTurns(knn(), { k: 7 });
  done = true;
  expect(turns).toBeGreaterThan(5);
  const atOnce = openSelector(knn(), { k: 7 });
  const next = random(8);
  for (let n = 0; n < 50; n++) {
    const x = Float32Array.from({ length: dimension }, () => next() - 0.5);
    expect(inTurns.select(x)).toEqual(atOnce.select(x));
  }
});

test("settings that do not fit are refused", async () => {
  await expect(openSelectorInTurns(knn(), { k: 0 })).rejects.toMatchObject({
    code: "config_invalid",
  });
});
