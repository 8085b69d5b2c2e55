import { expect, test } from "vitest";
import { chooseFiles, parseSplit, readCard } from "./choose-files.ts";
import { fitsGlob } from "./glob.ts";
import { allowsLicense } from "./known-sources.ts";

const noCard = { configs: [] };

test("the card tells the files of a configuration and a split, and the licence", () => {
  const card = readCard(`---
license: [CC-BY-4.0]
configs:
- config_name: plain
  default: true
  data_files:
  - { split: train, path: plain/train-* }
  - { split: test, path: [plain/test-*, more/**/t?st.parquet] }
- config_name: lines
  data_files: a.jsonl
---
# A card`);
  const paths = [
    ...[
      "README.md",
      "plain/train-00001.parquet",
      "plain/train-00000.parquet",
      "plain/test-0.parquet",
    ],
    ...["more/x/y/test.parquet", "more/test.parquet", "a.jsonl", "b/plain/train-0.parquet"],
  ];
  expect(card.license).toBe("cc-by-4.0");
  const train = ["plain/train-00000.parquet", "plain/train-00001.parquet"];
  expect(chooseFiles(paths, card, "", "train")).toEqual(train);
  expect(chooseFiles(paths, card, "plain", "test")).toEqual([
    ...["more/test.parquet", "more/x/y/test.parquet", "plain/test-0.parquet"],
  ]);
  expect(chooseFiles(paths, card, "lines", "train")).toEqual(["a.jsonl"]);
  expect(chooseFiles(paths, card, "lines", "test")).toEqual([]);
});

test.each([
  { paths: ["data/train-0.parquet", "data/test-0.parquet"], config: "", split: "train", want: [0] },
  { paths: ["plus/train.csv", "small/train.csv"], config: "plus", split: "train", want: [0] },
  { paths: ["train_r2.jsonl", "train_r3.jsonl"], config: "", split: "train_r3", want: [1] },
  { paths: ["dev.jsonl.gz", "train.jsonl.gz"], config: "", split: "validation", want: [0] },
  { paths: ["english.jsonl", "french.jsonl"], config: "", split: "train", want: [0, 1] },
  { paths: ["english.jsonl", "french.jsonl"], config: "", split: "test", want: [] },
  { paths: ["constraint.jsonl"], config: "", split: "train", want: [0] },
  { paths: [".cache/train.jsonl", "model.bin"], config: "", split: "train", want: [] },
])("by their names: $split of $paths", ({ paths, config, split, want }) => {
  expect(chooseFiles(paths, noCard, config, split)).toEqual(want.map((at) => paths[at]));
});

test.each(["", "# no head", "---\n[\n---", "---\njust text\n---", "---\nconfigs: 7\n---"])(
  "a card that says nothing: %j",
  (readme) => {
    expect(readCard(readme).configs).toEqual([]);
  },
);

test("a pattern takes time that grows with its length, whatever it is", () => {
  const pattern = `${"*a".repeat(100)}b`;
  expect(fitsGlob(pattern, `${"a".repeat(200)}c`)).toBe(false);
  expect(fitsGlob(pattern, `${"a".repeat(200)}b`)).toBe(true);
  expect(fitsGlob("**/".repeat(80), "a/".repeat(200))).toBe(true);
  expect(fitsGlob("*".repeat(257), "")).toBe(false);
  expect(fitsGlob("a.b", "axb")).toBe(false);
});

test("of several licences all count", () => {
  const { license = "" } = readCard("---\nlicense: [mit, CC-BY-NC-4.0]\n---");
  expect([allowsLicense("commercial", license), allowsLicense("mit,cc-*", license)]).toEqual([
    false,
    true,
  ]);
});

test("parts of a split", () => {
  expect(parseSplit("train_sft")).toEqual({ split: "train_sft" });
  expect(parseSplit("train[:100]")).toEqual({ split: "train", rows: 100 });
  expect(parseSplit("train[:10%]")).toEqual({ split: "train", percent: 10 });
  expect(parseSplit("train+test")).toBeUndefined();
});

test("licences", () => {
  expect(allowsLicense(undefined, "unknown")).toBe(true);
  expect(allowsLicense("mit, CC-BY-*", "cc-by-4.0")).toBe(true);
  expect(allowsLicense("mit", "mit-like")).toBe(false);
  expect(allowsLicense("commercial", "cc-by-nc-4.0")).toBe(false);
  expect(allowsLicense("commercial", "cc-by-sa-3.0")).toBe(true);
  expect(allowsLicense("commercial", "unknown")).toBe(false);
  expect(allowsLicense("mit", "synthetic")).toBe(true);
});
