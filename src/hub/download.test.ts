import { mkdtempSync, readdirSync, readFileSync, readlinkSync, utimesSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { cachedSnapshot } from "./cache.ts";
import { type DownloadRequest, downloadRepository } from "./download.ts";
import { type Fault, localHub, testCommit } from "./testing/local-hub.ts";

const weights = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251));
const files = { "config.json": '{"model_type": "qwen3"}', "onnx/model_int8.onnx": weights };
const lfs = ["onnx/model_int8.onnx"];
const repository = { id: "owner/name", revision: "main" };
/** Short, so that a test that waits for silence is short. */
const patience = { silenceMs: 250, pausesMs: [1, 1, 1], maxRetryAfterMs: 2_000 };

async function hubOf(
  options: Parameters<typeof localHub>[1] = {},
  served: Readonly<Record<string, Buffer | string>> = files,
) {
  const hub = await localHub(served, { lfs, ...options });
  onTestFinished(() => hub.close());
  return hub;
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-hub-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

interface Asking extends Partial<DownloadRequest> {
  readonly token?: string;
  readonly offline?: boolean;
  readonly cacheFolder?: string;
}

function download(
  endpoint: string,
  { token, offline = false, cacheFolder = newFolder(), ...request }: Asking = {},
) {
  return downloadRepository({
    repository,
    settings: { endpoint, cacheFolder, offline, ...(token && { token }) },
    patience,
    choose: (all) => all,
    maxBytes: 1e9,
    ...request,
  });
}

const allFiles = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => name)
    .sort();

test("files come into the hub's own layout, named by their content", async () => {
  const hub = await hubOf();
  const cacheFolder = newFolder();
  const { folder, commit, fetchedBytes } = await download(hub.endpoint, { cacheFolder });
  expect(folder).toBe(join(cacheFolder, "models--owner--name/snapshots", testCommit));
  expect(commit).toBe(testCommit);
  expect(fetchedBytes).toBe(weights.length + files["config.json"].length);
  expect(readFileSync(join(folder, "onnx/model_int8.onnx"))).toEqual(weights);
  expect(readlinkSync(join(folder, "onnx/model_int8.onnx"))).toBe(
    `../../../blobs/${hub.hash("onnx/model_int8.onnx")}`,
  );
  expect(readFileSync(join(cacheFolder, "models--owner--name/refs/main"), "utf8")).toBe(testCommit);
  expect(cachedSnapshot(cacheFolder, repository)).toBe(folder);
  expect(cachedSnapshot(cacheFolder, { ...repository, revision: testCommit })).toBe(folder);
  expect(cachedSnapshot(cacheFolder, { ...repository, revision: "v2" })).toBeUndefined();
});

test("what is here already is not fetched again", async () => {
  const hub = await hubOf();
  const cacheFolder = newFolder();
  await download(hub.endpoint, { cacheFolder });
  hub.asked.length = 0;
  expect(await download(hub.endpoint, { cacheFolder })).toMatchObject({ fetchedBytes: 0 });
  expect(hub.asked).toHaveLength(1);
});

test("the token goes to the hub and not to where it redirects", async () => {
  const hub = await hubOf({ token: "hf_secret" });
  await download(hub.endpoint, { token: "hf_secret" });
  const tokens = Map.groupBy(hub.asked, ({ server }) => server);
  expect(tokens.get("hub")?.map(({ token }) => token)).toEqual(
    tokens.get("hub")?.map(() => "Bearer hf_secret"),
  );
  expect(tokens.get("files")?.map(({ token }) => token)).toEqual([undefined]);
});

test.each([
  { case: "no token", token: undefined, status: 401 },
  { case: "another token", token: "hf_other", status: 401 },
])("with $case: $status names the remedy and shows no token", async ({ token }) => {
  const hub = await hubOf({ token: "hf_secret" });
  const failing = download(hub.endpoint, { ...(token && { token }) });
  await expect(failing).rejects.toMatchObject({
    code: "download_failed",
    detail: "owner/name: the hub answered 401",
    remedy: expect.stringContaining("HF_TOKEN"),
  });
  await expect(failing).rejects.not.toThrow("hf_");
  expect(hub.asked).toHaveLength(1);
});

test("a repository or revision that is not there", async () => {
  const hub = await hubOf();
  const other = { id: "owner/other", revision: "v1" };
  await expect(download(hub.endpoint, { repository: other })).rejects.toMatchObject({
    code: "model_not_found",
    detail: "pretrained model not found: owner/other@v1: the hub answered 404",
  });
});

test.each<{ case: string; fault: Fault }>([
  { case: "429 with Retry-After", fault: { status: 429, headers: { "retry-after": "0.01" } } },
  { case: "503", fault: { status: 503 } },
  { case: "silence before the answer", fault: { hang: true } },
])("$case is tried again", async ({ fault }) => {
  const hub = await hubOf();
  hub.faults.set("/revision/main?blobs=true", [fault]);
  hub.faults.set("config.json", [fault]);
  const { folder } = await download(hub.endpoint);
  expect(allFiles(folder)).toEqual(["config.json", "model_int8.onnx"]);
});

test("Retry-After is waited for, unless the caller gives up", async () => {
  const hub = await hubOf();
  hub.faults.set("config.json", [{ status: 429, headers: { "retry-after": "60" } }]);
  const controller = new AbortController();
  const wait = { ...patience, maxRetryAfterMs: 120_000 };
  const running = download(hub.endpoint, { patience: wait, signal: controller.signal });
  const given = expect(running).rejects.toThrow("given up");
  // The pause without the header would be 1 ms.
  while (hub.asked.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(hub.asked).toHaveLength(2);
  controller.abort(new Error("given up"));
  await given;
});

test("a server that asks for more patience than there is, is not waited for", async () => {
  const hub = await hubOf();
  hub.faults.set("config.json", [{ status: 429, headers: { "retry-after": "3600" } }]);
  await expect(download(hub.endpoint)).rejects.toMatchObject({
    code: "download_failed",
    detail: expect.stringContaining("429, after 1 attempt; it asks to wait 3600 s"),
  });
});

test("attempts that bring nothing are counted", async () => {
  const hub = await hubOf();
  hub.faults.set("config.json", Array<Fault>(20).fill({ status: 500 }));
  await expect(download(hub.endpoint)).rejects.toMatchObject({
    code: "download_failed",
    detail: "owner/name/config.json: the hub answered 500, after 4 attempts",
  });
});

test("a hub that nobody listens for", async () => {
  const hub = await hubOf();
  await hub.close();
  await expect(download(hub.endpoint)).rejects.toMatchObject({
    code: "download_failed",
    detail: expect.stringContaining("ECONNREFUSED"),
  });
});

test("a broken transfer goes on where it stopped, as often as it brings something", async () => {
  const hub = await hubOf();
  hub.faults.set("model_int8.onnx?signature=secret", Array<Fault>(6).fill({ cut: 40_000 }));
  const { folder } = await download(hub.endpoint);
  expect(readFileSync(join(folder, "onnx/model_int8.onnx"))).toEqual(weights);
  const ranges = hub.asked.filter(({ server }) => server === "files").map(({ range }) => range);
  expect(ranges).toHaveLength(7);
  expect(ranges.slice(1)).not.toContain(undefined);
});

test("silence in the middle of a file is a broken transfer", async () => {
  const hub = await hubOf();
  hub.faults.set("model_int8.onnx?signature=secret", [{ stall: 40_000 }]);
  const { folder } = await download(hub.endpoint);
  expect(readFileSync(join(folder, "onnx/model_int8.onnx"))).toEqual(weights);
});

test("a server without ranges is read from the beginning again", async () => {
  const hub = await hubOf({ wholeOnly: true });
  hub.faults.set("model_int8.onnx?signature=secret", [{ cut: 40_000 }]);
  const { folder } = await download(hub.endpoint);
  expect(readFileSync(join(folder, "onnx/model_int8.onnx"))).toEqual(weights);
});

test("the next process continues what one left", async () => {
  const hub = await hubOf();
  const cacheFolder = newFolder();
  const always = Array<Fault>(4).fill({ status: 503 });
  hub.faults.set("model_int8.onnx?signature=secret", [{ cut: 100_000 }, ...always]);
  await expect(download(hub.endpoint, { cacheFolder })).rejects.toMatchObject({
    code: "download_failed",
    remedy: expect.stringContaining("what was downloaded is kept"),
  });
  expect(cachedSnapshot(cacheFolder, repository)).toBeUndefined();
  hub.asked.length = 0;
  await download(hub.endpoint, { cacheFolder });
  const [range] = hub.asked.filter(({ server }) => server === "files");
  expect(range?.range).toMatch(/^bytes=[1-9]\d*-$/);
  expect(allFiles(join(cacheFolder, "models--owner--name/blobs"))).toHaveLength(2);
});

test("what a killed process left is taken over; what a living one writes, or of other content, is not", async () => {
  const hub = await hubOf();
  const outputFolder = newFolder();
  await mkdir(join(outputFolder, "onnx"));
  const start = `.model_int8.onnx.${hub.hash("onnx/model_int8.onnx").slice(0, 12)}`;
  const other = ".model_int8.onnx.0123456789ab.left.incomplete";
  const abandoned = `${start}.abandoned.incomplete`;
  const living = `${start}.living.incomplete`;
  for (const name of [abandoned, living, other]) {
    await writeFile(join(outputFolder, "onnx", name), weights.subarray(0, 1_000));
  }
  const before = Date.now() / 1000 - 61;
  utimesSync(join(outputFolder, "onnx", abandoned), before, before);
  await download(hub.endpoint, { outputFolder });
  const [range] = hub.asked.filter(({ server }) => server === "files");
  expect(range?.range).toBe("bytes=1000-");
  expect(allFiles(outputFolder)).toEqual([other, living, "config.json", "model_int8.onnx"].sort());
});

test.each([
  { case: "another byte", fault: { flip: true } as Fault, path: "onnx/model_int8.onnx" },
  { case: "another byte of a small file", fault: { flip: true } as Fault, path: "config.json" },
])("$case is a checksum mismatch, and nothing is kept", async ({ fault, path }) => {
  const hub = await hubOf();
  hub.faults.set(lfs.includes(path) ? `${path}?signature=secret` : path, [fault]);
  const outputFolder = newFolder();
  await expect(download(hub.endpoint, { outputFolder })).rejects.toMatchObject({
    code: "artifact_invalid",
    detail: expect.stringMatching(/checksum mismatch: it has the hash [0-9a-f]+, the hub says/),
  });
  expect(allFiles(outputFolder).filter((name) => path.endsWith(name.replace(/^\./, "")))).toEqual(
    [],
  );
  expect(allFiles(outputFolder).join()).not.toContain("incomplete");
});

test("downloads at the same time do not harm each other", async () => {
  const hub = await hubOf();
  const cacheFolder = newFolder();
  hub.faults.set("model_int8.onnx?signature=secret", [{ cut: 50_000 }, { cut: 70_000 }]);
  const folders = await Promise.all([1, 2, 3].map(() => download(hub.endpoint, { cacheFolder })));
  for (const { folder } of folders) {
    expect(await readFile(join(folder, "onnx/model_int8.onnx"))).toEqual(weights);
  }
  expect(allFiles(join(cacheFolder, "models--owner--name/blobs"))).toHaveLength(2);
});

test("offline no connection is made", async () => {
  const hub = await hubOf();
  await expect(download(hub.endpoint, { offline: true })).rejects.toMatchObject({
    code: "download_failed",
    detail: expect.stringContaining("HF_HUB_OFFLINE"),
  });
  expect(hub.asked).toEqual([]);
});

test("more bytes than allowed are refused before any comes", async () => {
  const hub = await hubOf();
  await expect(download(hub.endpoint, { maxBytes: 200_000 })).rejects.toMatchObject({
    code: "download_failed",
    detail: "owner/name: the files have 0.00 GB, more than 0.00 GB",
  });
  expect(hub.asked).toHaveLength(1);
});

test("a mirror that lists names only is asked for each file's hash", async () => {
  const hub = await hubOf({ namesOnly: true });
  const { folder } = await download(hub.endpoint);
  expect(readFileSync(join(folder, "onnx/model_int8.onnx"))).toEqual(weights);
  const heads = hub.asked.filter(({ method }) => method === "HEAD");
  expect(heads.map(({ server }) => server)).toEqual(["hub", "hub"]);
});

test("no file leads out of the folder", async () => {
  const hub = await hubOf({}, { ...files, "../../escape": "x" });
  await expect(download(hub.endpoint)).rejects.toMatchObject({
    code: "download_failed",
    detail: 'owner/name has a file with an odd name: "../../escape"',
  });
});

test("an abort ends the download and keeps what came", async () => {
  const hub = await hubOf();
  const outputFolder = newFolder();
  const reason = new Error("the user pressed Ctrl-C");
  const controller = new AbortController();
  const onProgress = ({ fileBytes, file }: { fileBytes: number; file: { path: string } }) => {
    if (file.path === "onnx/model_int8.onnx" && fileBytes > 0) controller.abort(reason);
  };
  const running = download(hub.endpoint, { outputFolder, signal: controller.signal, onProgress });
  await expect(running).rejects.toBe(reason);
  expect(allFiles(outputFolder).join()).toMatch(
    /\.model_int8\.onnx\.[0-9a-f]{12}\.left\.incomplete/,
  );
});

test.each(["cacheFolder", "outputFolder"] as const)(
  "a %s that cannot be written is said",
  async (which) => {
    const hub = await hubOf();
    const file = join(newFolder(), "file");
    await writeFile(file, "");
    await expect(download(hub.endpoint, { [which]: join(file, "below") })).rejects.toMatchObject({
      code: "output_unwritable",
      detail: expect.stringContaining("ENOTDIR"),
    });
  },
);
