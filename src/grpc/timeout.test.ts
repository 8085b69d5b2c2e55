import { expect, test } from "vitest";
import { timeoutMs } from "./timeout.ts";

test.each([
  ["1S", 1000],
  ["250m", 250],
  ["5000u", 5],
  ["2000000n", 2],
  ["1M", 60_000],
  ["99999999H", 2 ** 31 - 1],
  ["", undefined],
  ["1", undefined],
  ["S", undefined],
  ["-1S", undefined],
  ["123456789S", undefined],
  [undefined, undefined],
])("grpc-timeout %s", (header, expected) => expect(timeoutMs(header)).toBe(expected));
