// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is what an operator writes
import { expect, test } from "vitest";
import { readScalar, readYaml } from "./yaml.ts";

test("a document becomes plain data; a key without a value is not written", () => {
  const text = "a: &x [1, true, ~]\nb: *x\nc:\nd: {<<: {e: 1}, f: 2}\n";
  expect(readYaml(text)).toEqual({
    tree: { a: [1, true, null], b: [1, true, null], c: undefined, d: { e: 1, f: 2 } },
  });
});

const laughs = ["a: &a [x,x,x,x,x,x,x,x,x]"];
for (let i = 1; i < 8; i++) {
  const [above, own] = ["abcdefgh"[i - 1], "abcdefgh"[i]];
  laughs.push(`${own}: &${own} [${Array(9).fill(`*${above}`).join()}]`);
}

test.each([
  { case: "empty", text: "", want: { path: "", message: "the file is empty" } },
  { case: "only comments", text: "# later\n", want: { path: "", message: "the file is empty" } },
  {
    case: "unclosed",
    text: "a: [1,\nb: 2",
    want: { path: "", line: 2, message: "not valid YAML: deficient indentation" },
  },
  {
    case: "indented by tabs",
    text: "a:\n\t- b",
    want: {
      path: "",
      line: 2,
      message: "not valid YAML: tab characters must not be used in indentation",
    },
  },
  {
    case: "a key twice",
    text: "a: 1\nb: 2\na: 3",
    want: { path: "", line: 3, message: "not valid YAML: duplicated mapping key" },
  },
  {
    case: "a bare substitution between braces",
    text: "a: 1\nb: { port: ${PORT} }",
    want: {
      path: "",
      line: 2,
      message:
        "not valid YAML: missed comma between flow collection entries; between { } or [ ] put ${NAME} in quotes",
    },
  },
  {
    case: "two documents",
    text: "a: 1\n---\nb: 2",
    want: {
      path: "",
      message: "not valid YAML: expected a single document in the stream, but found more",
    },
  },
  {
    case: "a poisoned key",
    text: "__proto__: {polluted: true}",
    want: { path: "", message: "not valid YAML: a key named __proto__" },
  },
  {
    case: "aliases that unfold to millions of values",
    text: laughs.join("\n"),
    want: { path: "", message: "not valid YAML: more than 200000 values" },
  },
])("$case is a problem", ({ text, want }) => {
  expect(readYaml(text)).toEqual({ problem: want });
});

test("a file nested without end is a problem, not a crash", () => {
  const read = readYaml("[".repeat(100_000));
  expect(read).toMatchObject({ problem: { line: 1 } });
});

test.each([
  ["8080", 8080],
  ["0.5", 0.5],
  ["true", true],
  ["False", false],
  ["text", "text"],
  ["", ""],
  ["[1", "[1"],
  ["{a: 1}", "{a: 1}"],
  ["yes", "yes"],
])("the scalar %j is read as %j", (text, want) => {
  expect(readScalar(text)).toBe(want);
});
