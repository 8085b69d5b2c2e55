import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { packageRoot } from "../config/paths.ts";
import { domainNames } from "../domains.ts";
import type { DomainClassifier } from "./domain.ts";
import { openDomainClassifier } from "./head.ts";

const shipped = join(packageRoot, "models/default/domain");
const read = (folder: string) => JSON.parse(readFileSync(join(folder, "head.json"), "utf8"));
const embedder = read(shipped).embedder;
/** No direction at all: only the text speaks. */
const silent = new Float32Array(embedder.dimension);

let classifier: DomainClassifier;
beforeAll(() => {
  classifier = openDomainClassifier(shipped, embedder);
});

function copyOfShipped(): string {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-head-"));
  cpSync(shipped, folder, { recursive: true });
  return folder;
}

test.each([
  ["photosynthesis in the chloroplast", "biology"],
  ["fix this python traceback", "computer science"],
  ["solve the quadratic equation", "math"],
  ["breach of contract damages", "law"],
  ["Квантовая механика и электрон", "physics"],
])("%s is %s by its words alone", (text, domain) => {
  expect(classifier.classify(text, silent)[0]?.name).toBe(domain);
});

test.each(["", " ", "\ud800", "?".repeat(40_000), "ja".repeat(20_000)])(
  "every domain has a confidence, whatever the text",
  (text) => {
    const domains = classifier.classify(text, silent);
    expect(domains.map(({ name }) => name).toSorted()).toEqual([...domainNames]);
    const sum = domains.reduce((total, { confidence }) => total + confidence, 0);
    expect(sum).toBeCloseTo(1);
    const confidences = domains.map(({ confidence }) => confidence);
    expect(confidences).toEqual(confidences.toSorted((a, b) => b - a));
  },
);

test("the revision is the beginning of the file's hash", () => {
  expect(classifier.revision).toBe(read(shipped).sha256.slice(0, 12));
});

test("a folder without a head is a missing model", () => {
  expect(() => openDomainClassifier("/nowhere", embedder)).toThrow(
    /^\[model_not_found\] pretrained model not found: \/nowhere\/head\.json does not exist/,
  );
});

test("a head for another embedder is refused, and both are named", () => {
  const qwen3 = { ...embedder, name: "qwen3", revision: "0123456789ab", pooling: "last-token" };
  expect(() => openDomainClassifier(shipped, qwen3)).toThrow(
    new RegExp(
      `^\\[artifact_incompatible\\] .*trained for ${embedder.name} \\(revision ${embedder.revision}.*is qwen3 \\(revision 0123456789ab`,
    ),
  );
});

test("a changed byte is found", () => {
  const folder = copyOfShipped();
  const bytes = readFileSync(join(folder, "head.bin"));
  bytes[1000] = (bytes[1000] ?? 0) ^ 1;
  writeFileSync(join(folder, "head.bin"), bytes);
  expect(() => openDomainClassifier(folder, embedder)).toThrow(/^\[artifact_invalid\] .*sha256/);
});

test.each([
  { case: "not JSON", text: "{", error: /head\.json is not JSON/ },
  { case: "of another kind", text: '{"kind":"knn"}', error: /head\.json: kind: / },
])("a description $case is refused", ({ text, error }) => {
  const folder = copyOfShipped();
  writeFileSync(join(folder, "head.json"), text);
  expect(() => openDomainClassifier(folder, embedder)).toThrow(error);
});
