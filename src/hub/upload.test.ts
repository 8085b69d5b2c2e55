import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { type Fault, localHub, testCommit } from "./testing/local-hub.ts";
import { type UploadRequest, uploadRepository } from "./upload.ts";

const weights = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251));
const patience = { silenceMs: 2_000, pausesMs: [1, 1, 1], maxRetryAfterMs: 2_000 };

let folder: string;
beforeEach(() => {
  const made = mkdtempSync(join(tmpdir(), "signalbox-upload-"));
  folder = made;
  writeFileSync(join(folder, "knn_model.safetensors"), weights);
  onTestFinished(() => rm(made, { recursive: true }));
});

async function hubOf(
  options: Parameters<typeof localHub>[1] = {},
  files: Readonly<Record<string, string>> = {},
) {
  const hub = await localHub(files, { token: "hf_write", ...options });
  onTestFinished(() => hub.close());
  return hub;
}

interface Asking extends Partial<UploadRequest> {
  readonly token?: string;
  readonly offline?: boolean;
}

const upload = (
  endpoint: string,
  { token = "hf_write", offline = false, ...request }: Asking = {},
) =>
  uploadRepository({
    repository: { id: "owner/name", revision: "main" },
    settings: { endpoint, cacheFolder: folder, offline, token },
    patience,
    files: [
      { path: "README.md", text: "# é\n" },
      { path: "knn_model.safetensors", from: join(folder, "knn_model.safetensors") },
    ],
    message: "Selectors",
    ...request,
  });

test("one commit: small files inside, large ones in the store, which sees no token", async () => {
  const hub = await hubOf();
  const seen: number[] = [];
  const uploaded = await upload(hub.endpoint, { onProgress: ({ bytes }) => seen.push(bytes) });
  expect(uploaded).toMatchObject({ commit: testCommit, sentBytes: 300_000 });
  expect(hub.commits).toEqual([
    { summary: "Selectors", paths: ["README.md", "knn_model.safetensors"] },
  ]);
  expect(hub.contents.get("README.md")?.toString()).toBe("# é\n");
  expect(hub.contents.get("knn_model.safetensors")?.equals(weights)).toBe(true);
  expect(seen).toEqual([5, 300_005]);
  for (const { server, token } of hub.asked)
    expect(token).toBe(server === "hub" ? "Bearer hf_write" : undefined);
});

test("a dataset", async () => {
  const hub = await hubOf({ kind: "dataset" });
  await upload(hub.endpoint, {
    repository: { id: "owner/name", revision: "main", kind: "dataset" },
  });
  expect([...hub.contents.keys()]).toEqual(["README.md", "knn_model.safetensors"]);
});

test("into a repository that is there, what its store has is not sent again", async () => {
  const hub = await hubOf({}, { "old.txt": "old" });
  await upload(hub.endpoint);
  expect(await upload(hub.endpoint, { message: "Again" })).toMatchObject({ sentBytes: 0 });
  expect(hub.asked.filter(({ method }) => method === "PUT")).toHaveLength(1);
  expect(hub.commits).toHaveLength(2);
});

const secret = "?signature=secret";
test.each([
  {
    case: "full",
    on: "/preupload/main",
    faults: [{ status: 429, headers: { "retry-after": "0" } }],
  },
  { case: "a broken transfer", on: secret, faults: [{ cut: 1 }, { cut: 1 }] },
  { case: "a store that is full", on: secret, faults: [{ status: 503 }] },
  { case: "a commit that is not answered", on: "/commit/main", faults: [{ status: 502 }] },
  { case: "no repository yet, and a full hub", on: "/api/repos/create", faults: [{ status: 500 }] },
] satisfies { case: string; on: string; faults: Fault[] }[])(
  "$case: again",
  async ({ on, faults }) => {
    const hub = await hubOf();
    hub.faults.set(on, [...faults]);
    await upload(hub.endpoint);
    expect(hub.faults.get(on)).toEqual([]);
    expect(hub.contents.get("knn_model.safetensors")?.equals(weights)).toBe(true);
    expect(hub.commits).toHaveLength(1);
  },
);

test("a token that may not make repositories may write one that is there", async () => {
  const hub = await hubOf({}, { "old.txt": "old" });
  hub.faults.set("/api/repos/create", [{ status: 403 }]);
  expect(await upload(hub.endpoint)).toMatchObject({ commit: testCommit });
});

const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);
test.each([
  { case: "no token", asking: { token: "" }, says: "answered 401", remedy: "may write it" },
  {
    case: "another's repository",
    asking: { repository: { id: "other/name", revision: "main" } },
    says: "answered 404",
    remedy: "may write it",
  },
  {
    case: "a branch that is not there",
    asking: { repository: { id: "owner/name", revision: "v2" } },
    says: "answered 404",
    remedy: "Correct the name",
  },
  { case: "offline", asking: { offline: true }, says: "HF_HUB_OFFLINE", remedy: "Unset" },
  {
    case: "always full",
    faults: { "/commit/main": times(4, { status: 429 }) },
    says: "answered 429, after 4 attempts",
    remedy: "Try again",
  },
  {
    case: "a long wait",
    faults: { "/preupload/main": [{ status: 429, headers: { "retry-after": "3600" } }] },
    says: "asks to wait 3600 s",
    remedy: "Try again",
  },
  {
    case: "never whole",
    faults: { [secret]: times(4, { cut: 1 }) },
    says: "after 4 attempts",
    remedy: "Try again",
  },
  {
    case: "a store that refuses",
    faults: { [secret]: [{ status: 400 }] },
    says: "answered 400",
    remedy: "HF_ENDPOINT",
  },
] satisfies {
  case: string;
  asking?: Asking;
  faults?: Record<string, Fault[]>;
  says: string;
  remedy: string;
}[])(
  "$case: said without secrets, and nothing is committed",
  async ({ asking = {}, faults = {}, says, remedy }) => {
    const hub = await hubOf();
    for (const [end, waiting] of Object.entries(faults)) hub.faults.set(end, waiting);
    const thrown = await upload(hub.endpoint, asking).catch((error) => error);
    expect(thrown).toMatchObject({ code: "upload_failed" });
    expect(thrown.detail).toContain(says);
    expect(thrown.remedy).toContain(remedy);
    expect(thrown.message).not.toMatch(/secret|hf_write/);
    expect(hub.commits).toEqual([]);
  },
);

test("a file that is not there is said before anything is asked", async () => {
  const hub = await hubOf();
  const files = [{ path: "a", from: join(folder, "none") }];
  await expect(upload(hub.endpoint, { files })).rejects.toMatchObject({ code: "config_invalid" });
  expect(hub.asked).toEqual([]);
});

test("whoever aborts is not kept waiting", async () => {
  const hub = await hubOf();
  hub.faults.set("/preupload/main", [{ hang: true }]);
  const stop = new AbortController();
  const running = upload(hub.endpoint, { signal: stop.signal });
  while (!hub.asked.some(({ path }) => path.endsWith("/preupload/main")))
    await new Promise((done) => setTimeout(done, 5));
  stop.abort(new Error("enough"));
  await expect(running).rejects.toThrow("enough");
});
