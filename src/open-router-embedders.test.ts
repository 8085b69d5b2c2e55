import { expect, onTestFinished, test } from "vitest";
import { RouterConfig } from "./config/schema.ts";
import { tinyQwen3Folder } from "./embed/testing/tiny-qwen3.ts";
import { openRouter } from "./open-router.ts";
import { routeOrDefault } from "./route-or-default.ts";

const places = { configFolder: "/nowhere", cwd: "/nowhere" };

async function opened(embedding_models: object) {
  const config = RouterConfig.parse({ default_model: "a", embedding_models });
  const { router } = await openRouter(config, places);
  onTestFinished(() => router.embedder.close());
  return router;
}

test("domains are those of the built-in head, whatever embeds for the selectors", async () => {
  const plain = await opened({});
  const qwen3 = await opened({ qwen3_model_path: tinyQwen3Folder });
  expect(plain.domainEmbedder).toBeUndefined();
  expect(qwen3.embedder.name).toBe("qwen3");
  expect(qwen3.domainEmbedder?.name).toBe("minilm-2l");
  for (const query of ["Integrate x^2 from 0 to 3", "Which court hears appeals in tort law?"]) {
    const [one, other] = [
      await routeOrDefault(plain, query, 5_000),
      await routeOrDefault(qwen3, query, 5_000),
    ];
    expect(other.domains).toEqual(one.domains);
    expect(other.fault).toBeUndefined();
  }
});

test("closing the router's embedder closes both", async () => {
  const { embedder, domainEmbedder } = await opened({ qwen3_model_path: tinyQwen3Folder });
  await embedder.close();
  for (const one of [embedder, domainEmbedder]) {
    await expect(one?.embed(["a"])).rejects.toMatchObject({ code: "embedder_stopped" });
  }
});
