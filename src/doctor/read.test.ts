import { join } from "node:path";
import { expect, test } from "vitest";
import { packageRoot } from "../config/paths.ts";
import { readEnvoy } from "./read-envoy.ts";
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
