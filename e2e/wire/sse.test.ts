import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, chatBody } from "../ask.ts";
import { openGate } from "./gate.ts";
import { mathQuery, startWire, type Wire } from "./start-wire.ts";

const gate = openGate();
let wire: Wire;
beforeAll(async () => {
  wire = await startWire({ beforeChunk: gate.pass });
});
afterAll(() => wire.stop());

test.each([
  { responseBody: "NONE" },
  { responseBody: "BUFFERED" },
  { responseBody: "STREAMED" },
  { responseBody: "FULL_DUPLEX_STREAMED", requestBody: "FULL_DUPLEX_STREAMED" },
] as const)("a streamed answer comes chunk by chunk with $responseBody", async (modes) => {
  const envoy = await wire.envoy(modes);
  gate.hold();
  let pieces = 0;
  // The backend writes its second chunk only once the client has its first.
  const answer = await ask(envoy.url, {
    body: chatBody(mathQuery, { stream: true }),
    onData: (piece) => {
      pieces++;
      if (piece.includes("data: ")) gate.release();
    },
  });
  expect(answer.status).toBe(200);
  expect(answer.headers["content-type"]).toBe("text/event-stream");
  expect(answer.headers["x-vsr-selected-decision"]).toBe("math_decision");
  expect(pieces).toBeGreaterThan(1);
  expect(answer.text).toMatch(/"model":"solver".*data: \[DONE\]\n\n$/s);
  await envoy.child.stop();
});
