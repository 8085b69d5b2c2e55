import { expect, test } from "vitest";
import { lineIndex } from "./lines.ts";

const text = `# a comment
default_model: m
decisions:
  - name: math
    rules:
      operator: OR
      conditions: [{ type: domain,
        name: math }]
    modelRefs: &pool
      - model: a
      -
        model: b
  - name: code
    modelRefs: *pool
"quoted key": |
  a block
  of text
empty:
last: 1
`;

test.each([
  { path: ["default_model"], line: 2 },
  { path: ["decisions"], line: 3 },
  { path: ["decisions", 0], line: 4 },
  { path: ["decisions", 0, "rules", "operator"], line: 6 },
  { path: ["decisions", 0, "rules", "conditions", 0, "type"], line: 7 },
  { path: ["decisions", 0, "rules", "conditions", 0, "name"], line: 8 },
  { path: ["decisions", 0, "modelRefs", 1, "model"], line: 12 },
  { path: ["decisions", 1, "name"], line: 13 },
  { path: ["quoted key"], line: 15 },
  { path: ["empty"], line: 18 },
  { path: ["last"], line: 19 },
])("line $line holds $path", ({ path, line }) => {
  expect(lineIndex(text)(path)).toBe(line);
});

test.each([
  { case: "a key that is missing", path: ["decisions", 1, "rules"], line: 13 },
  { case: "a key that came through an alias", path: ["decisions", 1, "modelRefs", 0], line: 14 },
])("$case has the line of its nearest ancestor", ({ path, line }) => {
  expect(lineIndex(text)(path)).toBe(line);
});

test.each([{ path: [] }, { path: ["nowhere"] }])(
  "the file as a whole has no line: $path",
  ({ path }) => {
    expect(lineIndex(text)(path)).toBeUndefined();
  },
);

test("Windows line ends and a byte order mark change nothing", () => {
  const windows = `\uFEFF${text.replaceAll("\n", "\r\n")}`;
  expect(lineIndex(windows)(["decisions", 1, "name"])).toBe(13);
});
