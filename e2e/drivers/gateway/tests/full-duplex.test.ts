import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, chatBody } from "../../../ask.ts";
import type { Overlay } from "../resources.ts";
import { codeQuery, smallProfile } from "../small-profile.ts";
import { type GatewayStack, startGatewayStack } from "../start-stack.ts";
import { readStatuses } from "../statuses.ts";

const work = join(import.meta.dirname, "../../../.work/gateway-full-duplex");
const overlays: readonly Overlay[] = ["envoy-gateway", "ai-gateway"];

/** The other body mode: Envoy holds nothing, and the filter cannot fail open. */
describe.each(overlays)("%s with body: FullDuplexStreamed, failOpen: false", (overlay) => {
  let stack: GatewayStack;
  beforeAll(async () => {
    stack = await startGatewayStack({
      ...{ overlay, failOpen: false, requestBody: "FullDuplexStreamed", messageTimeout: "6s" },
      ...{ profile: smallProfile(work), debug: true },
    });
  });
  afterAll(() => stack?.stop());

  test("the policy is accepted", () => {
    const conditions = readStatuses(stack.gateway.log()).get("EnvoyExtensionPolicy signalbox");
    expect(conditions).toMatchObject([{ type: "Accepted", status: "True" }]);
  });

  test.each([
    { what: "a short body", context: "Be brief.", stream: false },
    { what: "a streamed answer", context: "Be brief.", stream: true },
    { what: "3 MB", context: "words of context ".repeat(180_000), stream: false },
  ])("$what is routed and arrives whole", async ({ context, stream }) => {
    for (const llm of stack.llms.values()) llm.forget();
    const body = chatBody(codeQuery, { stream, user: context });
    const answer = await ask(stack.url, { body });
    expect(answer.status).toBe(200);
    const received = stack.llms.get("codellama-7b")?.received() ?? [];
    expect(received.map((request) => JSON.parse(request.body.toString()))).toMatchObject([
      { ...JSON.parse(body), model: "codellama-7b" },
    ]);
  });
});
