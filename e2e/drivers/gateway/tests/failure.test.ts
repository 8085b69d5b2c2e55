import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, chatBody } from "../../../ask.ts";
import type { Profile } from "../../driver.ts";
import type { Overlay } from "../resources.ts";
import { codeQuery, physicsQuery, smallProfile } from "../small-profile.ts";
import { type GatewayStack, startGatewayStack } from "../start-stack.ts";
import {
  killSidecar,
  type LoadedGateway,
  restartSidecar,
  runUnderLoad,
  startLoadedGateway,
} from "../under-load.ts";

const work = join(import.meta.dirname, "../../../.work/gateway-failure");

/** The one way for a request to be routed. */
const chosen = async (url: string, query: string) =>
  (await ask(url, { body: chatBody(query) })).headers["x-vsr-selected-model"];

const overlays: readonly Overlay[] = ["envoy-gateway", "ai-gateway", "ai-gateway-patched"];

describe.each(overlays)("%s: signalbox is gone", (overlay) => {
  let stack: GatewayStack;
  beforeAll(async () => {
    stack = await startGatewayStack({ overlay, profile: smallProfile(work), messageTimeout: "6s" });
  });
  afterAll(() => stack?.stop());

  test("as shipped, requests pass to the last rules; once it is back, it is asked again", async () => {
    const sidecar = stack.sidecars[0];
    sidecar?.running().child.signal("SIGKILL");
    await sidecar?.running().child.exited;
    for (const llm of stack.llms.values()) llm.forget();
    for (const stream of [false, true]) {
      const body = chatBody(codeQuery, { stream });
      // Nor does a client choose the backend then.
      const headers = { "x-selected-model": "codellama-7b" };
      const answer = await ask(stack.url, { body, headers });
      expect(answer.status).toBe(200);
      expect(answer.headers["x-vsr-selected-model"]).toBeUndefined();
    }
    const received = stack.llms.get("mistral-7b")?.received() ?? [];
    const asked = received.map(({ body }) => JSON.parse(body.toString()).model);
    // Without AI Gateway nobody is left who could write a name into the body.
    const name = overlay.startsWith("ai-") ? "mistral-7b" : "auto";
    expect(asked).toEqual([name, name]);
    await sidecar?.start();
    await expect.poll(() => chosen(stack.url, codeQuery), { timeout: 20_000 }).toBe("codellama-7b");
  });
});

describe("envoy-gateway with failOpen: false", () => {
  let stack: GatewayStack;
  const slow = { seconds: 0 };
  beforeAll(async () => {
    const { llms, ...profile } = smallProfile(work);
    stack = await startGatewayStack({
      ...{ overlay: "envoy-gateway", failOpen: false, messageTimeout: "6s" },
      profile: {
        ...profile,
        llms: llms.map((llm) => ({
          ...llm,
          beforeAnswer: () => new Promise((done) => setTimeout(done, slow.seconds * 1000)),
        })),
      },
    });
  });
  afterAll(() => stack?.stop());

  // Envoy Gateway gives a call to signalbox ten seconds, a model often takes longer: it must not count.
  test("a model that thinks for twelve seconds is waited for", async () => {
    slow.seconds = 12;
    const answer = await ask(stack.url, { body: chatBody(codeQuery) });
    slow.seconds = 0;
    expect(answer.status).toBe(200);
    expect(answer.headers["x-vsr-selected-model"]).toBe("codellama-7b");
  });

  test("no request passes without signalbox, and none fails once it is back", async () => {
    const sidecar = stack.sidecars[0];
    sidecar?.running().child.signal("SIGKILL");
    await sidecar?.running().child.exited;
    for (const llm of stack.llms.values()) llm.forget();
    const refused = await ask(stack.url, { body: chatBody(codeQuery) });
    expect(refused.status).toBe(500);
    expect([...stack.llms.values()].flatMap((llm) => llm.received())).toEqual([]);
    await sidecar?.start();
    await expect.poll(() => chosen(stack.url, codeQuery), { timeout: 20_000 }).toBe("codellama-7b");
  });
});

describe("ai-gateway under load", () => {
  let loaded: LoadedGateway;
  let profile: Profile;
  beforeAll(async () => {
    profile = smallProfile(work);
    const shared = { overlay: "ai-gateway", messageTimeout: "6s" } as const;
    loaded = await startLoadedGateway({ ...shared, profile, sidecars: 2 });
  });
  afterAll(() => loaded?.stop());

  const load = { requests: 2000, connections: 16 };

  test("a sidecar that is told to end and started again: no request fails", async () => {
    const report = await runUnderLoad(loaded, load, [
      { name: "restart", afterRequests: 500, happen: restartSidecar },
    ]);
    console.info(`${report.requests} requests, ${report.notRouted} of them not routed`);
    expect(report.failures).toEqual({});
    expect(report.rounds.at(-1)).toMatchObject({ routed: report.rounds.at(-1)?.requests });
  });

  test("a sidecar that is killed and started again: no request fails", async () => {
    const report = await runUnderLoad(loaded, load, [
      { name: "kill", afterRequests: 500, happen: killSidecar },
    ]);
    console.info(`${report.requests} requests, ${report.notRouted} of them not routed`);
    expect(report.failures).toEqual({});
  });

  test("a configuration that changes: every request is routed, and then by the new one", async () => {
    const text = readFileSync(profile.config, "utf8");
    expect(await chosen(loaded.stack.url, physicsQuery)).toBe("llama-3.2-3b");
    const report = await runUnderLoad(loaded, load, [
      {
        name: "reload",
        afterRequests: 500,
        async happen({ url }) {
          writeFileSync(profile.config, text.replace("model: llama-3.2-3b", "model: codellama-7b"));
          // Either sidecar may be asked.
          const everyone = async () =>
            new Set(await Promise.all(Array.from({ length: 8 }, () => chosen(url, physicsQuery))));
          await expect.poll(everyone, { timeout: 60_000 }).toEqual(new Set(["codellama-7b"]));
        },
      },
    ]);
    expect(report.failures).toEqual({});
    expect(report.notRouted).toBe(0);
    expect(report.defaulted).toBe(0);
  });
});
