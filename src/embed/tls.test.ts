import { execFile } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { createServer as createTls } from "node:tls";
import { promisify } from "node:util";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import type { Availability } from "./circuit-breaker.ts";
import type { HttpModelOptions } from "./http-embedder-model.ts";
import { openHttpModel } from "./http-embedder-model.ts";
import { openRedisCache } from "./redis-cache.ts";
import { answer, rawEmbedding } from "./testing/embeddings-server.ts";
import { redisBinary, startRedis } from "./testing/redis-server.ts";
import { type SelfSigned, selfSigned } from "./testing/self-signed.ts";

const certificate = selfSigned();
const binary = redisBinary();
const toClose: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});
afterAll(() => certificate && rmSync(certificate.folder, { recursive: true }));

/** What a process prints that trusts the certificate: Node reads NODE_EXTRA_CA_CERTS when it starts. */
async function trusting({ path }: SelfSigned, file: string, lines: string): Promise<string> {
  const script = `const it = await import(${JSON.stringify(new URL(file, import.meta.url).href)});\n${lines}`;
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", script], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: path },
    timeout: 20_000,
  });
  return stdout.trim();
}

describe.skipIf(certificate === undefined)("with a certificate of our own", () => {
  test.skipIf(binary === undefined)(
    "rediss:// is used where its certificate is trusted, and nowhere else",
    async () => {
      const redis = await startRedis(binary ?? "");
      toClose.push(() => redis.kill());
      const tls = createTls({ ...certificate }, (client) => {
        const target = connect(redis.port, "127.0.0.1");
        client.pipe(target).pipe(client);
        for (const socket of [client, target]) socket.on("error", () => undefined);
      }).listen(0, "127.0.0.1");
      await once(tls, "listening");
      toClose.push(() => tls.close());
      const url = `rediss://127.0.0.1:${(tls.address() as AddressInfo).port}`;
      const options = { url, identity: { name: "n", revision: "r" }, ttlSeconds: 60 };

      const said: Availability[] = [];
      const onStateChange = (now: Availability) => said.push(now);
      const cache = await openRedisCache({ ...options, timeoutMs: 2_000, onStateChange });
      await cache.close();
      expect(said).toEqual([{ state: "open", reason: "DEPTH_ZERO_SELF_SIGNED_CERT" }]);

      const state = await trusting(
        certificate as SelfSigned,
        "./redis-cache.ts",
        `const cache = await it.openRedisCache({ ...${JSON.stringify(options)}, timeoutMs: 2000 });
         console.log(cache.stats().state);`,
      );
      expect(state).toBe("closed");
    },
    30_000,
  );

  test("https:// is used where its certificate is trusted, and nowhere else", async () => {
    const keys: (string | undefined)[] = [];
    const server = createServer({ ...certificate }, (request, response) => {
      keys.push(request.headers.authorization);
      answer(response, { data: [{ embedding: rawEmbedding("x", 1024) }] });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    toClose.push(() => server.close());
    const options: HttpModelOptions = {
      url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
      apiKey: "sk-1",
      model: "m",
      encodingFormat: "float",
      timeoutMs: 5_000,
      maxBatch: 1,
      concurrency: 1,
      truncate: false,
      maxTokens: 8,
      prefix: "",
      maxOpenMs: 0,
    };
    await expect(openHttpModel(options)).rejects.toMatchObject({
      code: "embedder_failed",
      detail: expect.stringMatching(/DEPTH_ZERO_SELF_SIGNED_CERT/),
    });
    expect(keys).toEqual([]);
    const name = await trusting(
      certificate as SelfSigned,
      "./http-embedder-model.ts",
      `const model = await it.openHttpModel(${JSON.stringify(options)});
       console.log(model.identity.name);`,
    );
    expect(name).toBe("http:m");
    expect(keys).toEqual(["Bearer sk-1"]);
  }, 30_000);
});
