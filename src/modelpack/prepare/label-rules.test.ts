import { expect, test } from "vitest";
import type { DatasetSettings } from "../pipeline/settings.ts";
import { seedPair, seedTexts } from "./column-text.ts";
import { idOf } from "./known-sources.ts";
import { labelRule } from "./label-rules.ts";
import { withoutPlaceholders } from "./placeholders.ts";
import type { TableRow } from "./read-table.ts";

const settings = (more: Partial<DatasetSettings>): DatasetSettings => ({
  ...{ name: "mine", target: "router", kind: "huggingface", link: "", dataset_id: "", config: "" },
  ...{ split: "train", enabled: true, required: false },
  ...more,
});

const labelsOf = (dataset_id: string, row: TableRow) =>
  labelRule(settings({ dataset_id }))?.(row).map(({ task, label }) => `${task}=${label}`);

test("banking77 is finance; what only gives seeds has no rule", () => {
  expect(labelsOf("banking77", { text: "My card?", label: 11 })).toEqual(["query_domain=finance"]);
  const link = "https://hub.example/datasets/banking77/";
  expect(labelRule(settings({ link }))?.({ text: "a" })).toHaveLength(1);
  expect(labelsOf("ag_news", { text: "a" })).toBeUndefined();
});

test("a link that climbs names nothing", () => {
  expect(idOf(settings({ link: "https://h/datasets/../../../escape/x" }))).toBe("");
  expect(idOf(settings({ link: "https://h/datasets/a/b" }))).toBe("a/b");
});

const nli = (label: unknown) => ({ premise: "A", hypothesis: "B", label });

test.each([
  {
    label: 2,
    want: ["conflict_detection=conflict", "supersession=supersedes", "scope_match=match"],
  },
  {
    label: 0n,
    want: ["conflict_detection=no_conflict", "supersession=no_supersedes", "scope_match=match"],
  },
  { label: "neutral", want: ["conflict_detection=no_conflict", "supersession=no_supersedes"] },
  { label: -1, want: [] },
  { label: undefined, want: [] },
])("inference labelled $label", ({ label, want }) => {
  expect(labelsOf("stanfordnlp/snli", nli(label))).toEqual(want);
});

test("the first passage that was selected, and the first that was not", () => {
  const passages = { is_selected: [0, 1n, 1, 0], passage_text: ["n1", "y1", "y2", "n2"] };
  const rows = labelRule(settings({ dataset_id: "microsoft/ms_marco" }))?.({
    query: "q",
    passages,
  });
  expect(rows?.map(({ texts, label }) => [...texts, label])).toEqual([
    ...[
      ["q", "y1", "relevant"],
      ["q", "y1", "match"],
    ],
    ...[
      ["q", "n1", "not_relevant"],
      ["q", "n1", "no_match"],
    ],
  ]);
  const none = { is_selected: [0], passage_text: ["n1"] };
  expect(labelsOf("microsoft/ms_marco", { query: "q", passages: none })).toHaveLength(2);
  expect(labelsOf("microsoft/ms_marco", { query: "q" })).toEqual([]);
});

test("duplicates are grouped by both of their questions", () => {
  const rule = labelRule(settings({ dataset_id: "sentence-transformers/quora-duplicates" }));
  expect(rule?.({ sentence1: "a", sentence2: "b", label: 1 })).toMatchObject([
    { label: "relevant", group: "b" },
    { label: "match", group: "b" },
  ]);
});

test("personal data: the masked twin is an ordinary text of the same group", () => {
  const rule = labelRule(settings({ dataset_id: "ai4privacy/pii-masking-200k" }));
  const source_text = "Please call Ann Lee on 555 0100 about the invoice.";
  const target_text =
    "Please call [FIRSTNAME_1] [LASTNAME_1] on [PHONENUMBER_1] about the invoice.";
  const [pii, plain] = rule?.({ source_text, target_text }) ?? [];
  expect(pii).toMatchObject({ label: "pii", texts: [source_text] });
  expect(plain).toMatchObject({ label: "no_pii", group: source_text });
  expect(plain?.texts[0]).not.toMatch(/[[\]\d]/);
  expect(withoutPlaceholders("[FIRSTNAME] [LASTNAME], [CITY]")).toBeUndefined();
});

test("columns of one's own", () => {
  const own = settings({
    ...{ task: "query_domain", text_field: "meta.q", label_field: "kind", group_field: "id" },
    label_map: { eat: "food", fly: "travel" },
  });
  const rule = labelRule(own);
  expect(rule?.({ meta: { q: "Soup?" }, kind: "eat", id: 7 })).toEqual([
    { texts: ["Soup?"], task: "query_domain", label: "food", group: "7" },
  ]);
  expect(rule?.({ meta: { q: "Soup?" }, kind: "other" })).toEqual([]);
  expect(rule?.({ kind: "eat" })).toEqual([]);
  const pair = labelRule(settings({ task: "scope_match", text_b_field: "b", label: "match" }));
  expect(pair?.({ text_a: "x", b: "y" })).toMatchObject([{ texts: ["x", "y"], label: "match" }]);
});

test.each([
  { more: { task: "query_domains" }, want: "there is no task query_domains" },
  { more: { task: "query_domain", label: "foods" }, want: "has no label foods" },
  { more: { task: "query_domain", label_map: { a: "b" } }, want: "has no label b" },
  { more: { task: "scope_match" }, want: "needs text_field and text_b_field" },
  { more: { task: "query_domain", text_b_field: "b" }, want: "has one text" },
])("refused: $want", ({ more, want }) => {
  expect(() => labelRule(settings(more))).toThrow(
    expect.objectContaining({ code: "config_invalid", detail: expect.stringContaining(want) }),
  );
});

test("seeds of a row", () => {
  expect(seedTexts({ title: "t", text: "x", question: " ", body: "b", content: "c" })).toEqual([
    ...["x", "c", "t"],
  ]);
  const messages = [{ content: "Hi" }, { content: "Hello" }, null, { content: "!" }];
  expect(seedTexts({ messages })).toEqual(["Hi", "Hello"]);
  expect(seedPair({ messages })).toEqual(["Hi", "Hello"]);
  expect(seedPair({ query: "q", passages: { passage_text: ["p"] } })).toEqual(["q", "p"]);
  expect(seedPair({ text: "alone" })).toBeUndefined();
});
