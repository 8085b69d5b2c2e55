import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { KmeansArtifact } from "../artifact/artifact.ts";
import { domainNames } from "../domains.ts";
import type { OpenedRouter } from "../open-router.ts";
import { route } from "../route.ts";
import type { Router } from "../router.ts";
import { writeSelectors } from "../train/write-selectors.ts";
import { type Attempt, reloader } from "./reloader.ts";

const centroid = (dimension: number, at: number) =>
  Array.from({ length: dimension }, (_, i) => (i === at ? 1 : 0));

/** Whatever is asked, the nearest centroid is the one of this model. */
const kmeans = (model: string, dimension = 1038) =>
  JSON.stringify({
    algorithm: "kmeans",
    trained: true,
    num_clusters: 2,
    centroids: [0, 1].map((at) => centroid(dimension, at)),
    cluster_models: [model, model],
  });

const config = (more = "", defaultModel = "a") => `default_model: ${defaultModel}
model_selection: { ml: { models_path: ".", trust_unlabelled: true } }
embedding: { workers: 1 }
decisions:
  - name: all
    rules: { operator: NOT, conditions: [{ type: domain, name: law }] }
    modelRefs: [{ model: a }, { model: b }]
    algorithm: { type: kmeans }
${more}`;

function write(folder: string, file: string, text: string): void {
  writeFileSync(join(folder, file), text);
}

async function started(text = config(), heard = (_: Attempt): void => undefined) {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-reload-"));
  const path = join(folder, "config.yaml");
  write(folder, "config.yaml", text);
  write(folder, "kmeans_model.json", kmeans("a"));
  const attempts: Attempt[] = [];
  const routers: Router[] = [];
  const loader = reloader({
    place: { path, env: {}, cwd: folder },
    attempted(attempt) {
      attempts.push(attempt);
      heard(attempt);
      if (attempt.result === "loaded") routers.push(attempt.opened.router);
    },
  });
  await loader.start();
  onTestFinished(async () => {
    for (const { embedder } of routers) await embedder.close();
  });
  const last = () => attempts.at(-1) as Attempt;
  const opened = (): OpenedRouter => (last() as Attempt & { opened: OpenedRouter }).opened;
  return { folder, path, loader, attempts, routers, last, opened };
}

const query = "Solve the quadratic equation x^2 - 5x + 6 = 0";
const modelOf = async (router: Router | undefined) => (await route(router as Router, query)).model;

test("a change of decisions opens a router that shares the embedder and what it has cached", async () => {
  const { folder, loader, routers, last } = await started();
  expect(await modelOf(routers[0])).toBe("a");
  write(folder, "config.yaml", config("strategy: confidence"));
  await loader.reload("files");
  expect(last()).toMatchObject({ result: "loaded", generation: 2, trigger: "files" });
  expect(routers[1]?.config.strategy).toBe("confidence");
  expect((await route(routers[1] as Router, query)).cached).toBe(true);
  // The last one that uses it closes it.
  await routers[0]?.embedder.close();
  expect(await modelOf(routers[1])).toBe("a");
  await routers[1]?.embedder.close();
  await expect(modelOf(routers[1])).rejects.toMatchObject({ code: "embedder_stopped" });
});

test("a model file that was replaced is read, and the router before keeps what it had", async () => {
  const { folder, loader, routers } = await started();
  write(folder, "kmeans_model.json", kmeans("b"));
  await loader.reload("files");
  expect(await modelOf(routers[1])).toBe("b");
  expect(await modelOf(routers[0])).toBe("a");
});

test("selectors trained as JSON over an earlier .safetensors: the old until all is there, then the new", async () => {
  const { folder, loader, routers, attempts } = await started();
  const { name, revision, dimension, pooling, normalized } = (routers[0] as Router).embedder;
  const of = (model: string): KmeansArtifact => ({
    ...{ algorithm: "kmeans", trained: true, dimension: 1038, numClusters: 2 },
    features: {
      ...{ embedder: name, revision, dimension, pooling, normalized },
      categories: [...domainNames],
    },
    centroids: Float32Array.from([0, 1].flatMap((at) => centroid(1038, at))),
    ...{ clusterModels: [model, model], modelNames: [model] },
  });
  await writeSelectors([of("b")], folder, "both");
  await loader.reload("files");
  expect(await modelOf(routers.at(-1))).toBe("b");
  // As far as a run has come that is stopped before it removes the old form.
  write(folder, "kmeans_model.json", kmeans("a"));
  await loader.reload("files");
  expect(await modelOf(routers.at(-1))).toBe("b");
  await writeSelectors([of("a")], folder, "json");
  await loader.reload("files");
  expect(await modelOf(routers.at(-1))).toBe("a");
  expect(attempts.map(({ result }) => result)).not.toContain("failed");
});

test("other settings of the embedder open another one", async () => {
  const { folder, loader, routers } = await started();
  await modelOf(routers[0]);
  write(folder, "config.yaml", config("limits: { cache_entries: 7 }"));
  await loader.reload("files");
  expect(routers[1]?.embedder.stats().cacheEntries).toBe(1);
  await routers[0]?.embedder.close();
  expect((await route(routers[1] as Router, query)).cached).toBe(false);
});

test("files that were only touched, or written with the same content, are nothing new", async () => {
  const { folder, path, loader, attempts } = await started();
  utimesSync(path, 1, 1);
  write(folder, "kmeans_model.json", readFileSync(join(folder, "kmeans_model.json"), "utf8"));
  await loader.reload("files");
  expect(attempts).toHaveLength(1);
  await loader.reload("signal");
  expect(attempts.slice(1)).toMatchObject([{ result: "unchanged", trigger: "signal" }]);
});

const faults: readonly {
  readonly what: string;
  readonly change: (folder: string) => void;
  readonly want: object;
}[] = [
  {
    what: "YAML that is none",
    change: (folder: string) => write(folder, "config.yaml", `${config()}oops: [`),
    want: { code: "config_invalid" },
  },
  {
    what: "a key that is misspelt",
    change: (folder: string) => write(folder, "config.yaml", config("stratgy: priority")),
    want: { code: "config_invalid" },
  },
  {
    what: "no configuration at all",
    change: (folder: string) => rmSync(join(folder, "config.yaml")),
    want: { code: "config_not_found" },
  },
  {
    what: "a model file that is missing",
    change: (folder: string) => rmSync(join(folder, "kmeans_model.json")),
    want: { code: "model_not_found" },
  },
  {
    what: "a model file cut off half way",
    change: (folder: string) => write(folder, "kmeans_model.json", kmeans("b").slice(0, 3000)),
    want: { code: "artifact_invalid" },
  },
  {
    what: "a model file of another dimension",
    change: (folder: string) => write(folder, "kmeans_model.json", kmeans("b", 398)),
    want: {
      code: "artifact_incompatible",
      detail: expect.stringContaining("embedding dimension mismatch"),
    },
  },
  {
    what: "a model file that was never trained",
    change: (folder: string) =>
      write(folder, "kmeans_model.json", kmeans("a").replace('"trained":true', '"trained":false')),
    want: { code: "selector_untrained" },
  },
];

test("whatever is wrong, the last good router serves on until the files are right again", async () => {
  const { folder, loader, attempts, routers, last } = await started();
  for (const { what, change, want } of faults) {
    const before = attempts.length;
    change(folder);
    await loader.reload("files");
    expect(last(), what).toMatchObject({ result: "failed", error: want });
    expect(await modelOf(routers[0]), what).toBe("a");
    // What is as wrong as before is not told again, unless it was asked for.
    await loader.reload("files");
    expect(attempts, what).toHaveLength(before + 1);
    await loader.reload("signal");
    expect(last(), what).toMatchObject({ result: "failed", trigger: "signal" });
    // As it was: nothing new to open.
    write(folder, "config.yaml", config());
    write(folder, "kmeans_model.json", kmeans("a"));
    await loader.reload("files");
    expect(last(), what).toMatchObject({ result: "unchanged" });
  }
  write(folder, "kmeans_model.json", kmeans("b"));
  await loader.reload("files");
  expect(last()).toMatchObject({ result: "loaded", generation: 2 });
  expect(await modelOf(routers[1])).toBe("b");
}, 30_000);

test("changes during a reload are one more reload, with what is there then", async () => {
  const { folder, loader, attempts, routers } = await started();
  const reloads: Promise<void>[] = [];
  for (let version = 1; version <= 5; version++) {
    write(folder, "config.yaml", config("", `model-${version}`));
    reloads.push(loader.reload("files"));
  }
  await Promise.all(reloads);
  expect(attempts.length).toBeLessThanOrEqual(3);
  expect(routers.at(-1)?.config.default_model).toBe("model-5");
});

test("files that the configuration names are to be watched, those too that are not there", async () => {
  const { folder, path, loader } = await started();
  const watched = loader.files();
  for (const file of ["kmeans_model.json", "kmeans_model.safetensors"]) {
    expect(watched).toContain(join(folder, file));
  }
  expect(watched).toContain(path);
  expect(watched.some((file) => file.endsWith("embedder/model.onnx"))).toBe(true);
  // While the configuration cannot be read, what it named before is still of interest.
  write(folder, "config.yaml", "[");
  await loader.reload("files");
  expect(loader.files()).toEqual(expect.arrayContaining([...watched]));
});

test("what only a restart can change stays, and is said", async () => {
  const { folder, loader, opened, routers } = await started();
  const limits = "limits: { max_concurrent_streams: 7, max_body_bytes: 33554432, deadline_ms: 99 }";
  write(folder, "config.yaml", config(limits));
  await loader.reload("files");
  expect(routers[1]?.config.limits).toMatchObject({
    max_concurrent_streams: 4096,
    max_body_bytes: 16 * 1024 * 1024,
    deadline_ms: 99,
  });
  expect(opened().warnings.slice(0, 2)).toEqual([
    "limits.max_concurrent_streams stays as it was until signalbox is started again",
    "limits.max_body_bytes stays as it was until signalbox is started again",
  ]);
});

test("closed during a reload: nothing serves afterwards, and nothing stays open", async () => {
  const { folder, loader, attempts, routers } = await started();
  write(folder, "config.yaml", config("limits: { cache_entries: 7 }"));
  const reload = loader.reload("files");
  loader.close();
  await reload;
  expect(attempts).toHaveLength(1);
  expect(await modelOf(routers[0])).toBe("a");
});

test("however often it failed, it is tried again once, and not after it is closed", async () => {
  const { folder, loader, last } = await started();
  const refusing = createServer((_, response) => response.writeHead(401).end());
  await once(refusing.listen(0, "127.0.0.1").unref(), "listening");
  onTestFinished(() => void refusing.close());
  const { port } = refusing.address() as AddressInfo;
  const http = `embedding: { http: { url: "http://127.0.0.1:${port}/v1", model: x } }`;
  const remote = config().replace("embedding: { workers: 1 }", http);
  const [setTimer, clearTimer] = [setTimeout, clearTimeout];
  const retries = new Set<unknown>();
  const set = vi.spyOn(globalThis, "setTimeout").mockImplementation(((
    ...[run, ms]: Parameters<typeof setTimeout>
  ) => {
    const timer = setTimer(run, ms);
    if (ms === 30_000) retries.add(timer);
    return timer;
  }) as typeof setTimeout);
  const clear = vi.spyOn(globalThis, "clearTimeout").mockImplementation((timer) => {
    retries.delete(timer);
    clearTimer(timer);
  });
  onTestFinished(() => {
    set.mockRestore();
    clear.mockRestore();
  });
  write(folder, "config.yaml", remote);
  await loader.reload("files");
  expect(last()).toMatchObject({ result: "failed" });
  for (let time = 0; time < 3; time++) await loader.reload("signal");
  expect(retries.size).toBe(1);
  write(folder, "config.yaml", config());
  await loader.reload("files");
  expect(last()).toMatchObject({ result: "unchanged" });
  expect(retries.size).toBe(0);
  write(folder, "config.yaml", remote);
  await loader.reload("signal");
  expect(retries.size).toBe(1);
  loader.close();
  expect(retries.size).toBe(0);
});

test("a router that nobody took is closed and tried again, and reloads go on", async () => {
  let throws = false;
  const { folder, loader, attempts, routers, last } = await started(config(), () => {
    if (throws) throw new Error("not taken");
  });
  throws = true;
  write(folder, "config.yaml", config("limits: { cache_entries: 7 }"));
  await loader.reload("files");
  expect(attempts.map(({ result }) => result)).toEqual(["loaded", "loaded", "failed"]);
  const [, notTaken] = attempts as (Attempt & { opened: OpenedRouter })[];
  await expect(modelOf(notTaken?.opened.router)).rejects.toMatchObject({
    code: "embedder_stopped",
  });
  expect(await modelOf(routers[0])).toBe("a");
  throws = false;
  await loader.reload("signal");
  expect(last()).toMatchObject({ result: "loaded", generation: 2 });
  expect(await modelOf(routers[1])).toBe("a");
  loader.close();
});
