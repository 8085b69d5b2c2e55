import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { inspect } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { packageRoot } from "../config/paths.ts";
import { getJson, readEnvoy } from "./read-envoy.ts";
import { parseManifests, readManifests } from "./read-manifests.ts";
import { durationMs, quantityBytes } from "./resource.ts";

const failed = (detail: string) => ({
  code: "doctor_failed",
  detail: expect.stringContaining(detail),
});

test("manifests that are not there, or no YAML", async () => {
  await expect(readManifests("nowhere.yaml")).rejects.toMatchObject(
    failed("nowhere.yaml does not exist"),
  );
  const text = "kind: Gateway\n---\nkind: {{ .Values.kind }}\nmetadata: [\n";
  expect(() => parseManifests(text, "a.yaml")).toThrow(expect.objectContaining(failed("a.yaml:")));
});

test("documents that are no resources are passed over, comments and empty ones too", () => {
  const text = "# nothing\n---\n---\nname: x\n---\n[1, 2]\n---\napiVersion: v1\nkind: Service\n";
  expect(parseManifests(text, "a.yaml").map(({ kind }) => kind)).toEqual(["Service"]);
});

test("a List, as kubectl gives it: its items, with their lines", () => {
  const text =
    "kind: List\napiVersion: v1\nitems:\n  - apiVersion: v1\n    kind: Service\n    spec:\n      type: A\n";
  const [service] = parseManifests(text, "a.yaml");
  expect(service?.at(["spec", "type"])).toBe("a.yaml:7: Service default/: spec.type");
});

test("files of a folder that are no manifests are none", async () => {
  expect(await readManifests(join(packageRoot, "package.json"))).toEqual([]);
});

test("an Envoy that is not there, and what is no address", async () => {
  await expect(readEnvoy("http://127.0.0.1:1")).rejects.toMatchObject(
    failed("GET http://127.0.0.1:1/config_dump"),
  );
  await expect(readEnvoy("here")).rejects.toMatchObject(failed("here is no address"));
  await expect(readEnvoy("file:///etc/passwd")).rejects.toMatchObject(failed("is no address"));
});

const listening = async (answer: RequestListener): Promise<string> => {
  const server = createServer(answer).listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

test.each([
  "http://admin:hunter2@127.0.0.1:1",
  "http://:hunter2@127.0.0.1:1",
  "http://hunter2@127.0.0.1:1",
  "ftp://admin:hunter2@127.0.0.1:1",
  "http://admin:hunter2@127.0.0.1:many",
])("the password of %s is not told", async (url) => {
  const thrown = await getJson(url, "/config_dump").catch((one) => one);
  expect(thrown).toMatchObject({ code: "doctor_failed" });
  expect(inspect(thrown, { depth: 9 })).not.toContain("hunter2");
});

test("an answer without end is read up to the limit, and its connection is closed", async () => {
  const closed = Promise.withResolvers<void>();
  let sent = 0;
  const url = await listening((_request, response) => {
    const more = () => {
      sent += 65_536;
      if (!response.destroyed) response.write(Buffer.alloc(65_536, " "), more);
    };
    response.on("close", closed.resolve);
    more();
  });
  await expect(getJson(url, "/config_dump", 1_000_000)).rejects.toMatchObject(
    failed("its answer is too long"),
  );
  await closed.promise;
  expect(sent).toBeLessThan(100_000_000);
});

test("statistics: what has no name is passed over, and none at all are none", async () => {
  let stats: unknown = { stats: [{ name: "a", value: 2 }, { histograms: {} }] };
  const url = await listening((request, response) =>
    response.end(JSON.stringify(request.url === "/config_dump" ? { configs: [] } : stats)),
  );
  expect(await readEnvoy(url)).toEqual({ dump: { configs: [] }, stats: new Map([["a", 2]]) });
  stats = [];
  expect((await readEnvoy(url)).stats.size).toBe(0);
});

test.each([
  ["200ms", 200],
  ["1s", 1000],
  ["0.200s", 200],
  ["1m30s", 90_000],
  ["2h", 7_200_000],
  ["soon", undefined],
  ["", undefined],
  [undefined, undefined],
])("the duration %s is %s ms", (text, want) => {
  expect(durationMs(text)).toBe(want);
});

test.each([
  ["32Ki", 32_768],
  ["50Mi", 52_428_800],
  ["1G", 1e9],
  ["1.5Mi", 1_572_864],
  [32_768, 32_768],
  ["much", undefined],
  [undefined, undefined],
])("the quantity %s is %s bytes", (value, want) => {
  expect(quantityBytes(value)).toBe(want);
});
