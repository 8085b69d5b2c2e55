// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is what an operator writes
import { expect, test } from "vitest";
import { expandEnvironment } from "./environment.ts";

const env = { HOST: "h", PORT: "8000", EMPTY: "", NESTED: "${HOST}", LINES: "a\nb" };

test.each([
  { text: "plain", want: "plain" },
  { text: "${HOST}", want: "h" },
  { text: "http://${HOST}:${PORT}/", want: "http://h:8000/" },
  { text: "${NONE:-fallback}", want: "fallback" },
  { text: "${NONE:-}", want: "" },
  { text: "${NONE:-a:-b c/$d}", want: "a:-b c/$d" },
  { text: "${EMPTY}", want: "" },
  { text: "${EMPTY:-fallback}", want: "fallback" },
  { text: "${HOST:-fallback}", want: "h" },
  { text: "${LINES}", want: "a\nb" },
  { text: "$${HOST}", want: "${HOST}" },
  { text: "$${HOST} ${HOST}", want: "${HOST} h" },
  { text: "$HOST $ {HOST} $$", want: "$HOST $ {HOST} $$" },
  { text: "${NESTED}", want: "${HOST}" },
])("$text becomes $want", ({ text, want }) => {
  const { tree, problems } = expandEnvironment({ a: [text] }, env);
  expect(tree).toEqual({ a: [want] });
  expect(problems).toEqual([]);
});

const forms = "write ${NAME}, ${NAME:-default}, or $${ for the text itself";
test.each([
  {
    text: "${NONE}",
    want: ["environment variable NONE is not set; set it, or write ${NONE:-default}"],
  },
  {
    text: "${NONE}/${ALSO_NONE}",
    want: [
      "environment variable NONE is not set; set it, or write ${NONE:-default}",
      "environment variable ALSO_NONE is not set; set it, or write ${ALSO_NONE:-default}",
    ],
  },
  {
    text: "${constructor}",
    want: ["environment variable constructor is not set; set it, or write ${constructor:-default}"],
  },
  { text: "${}", want: [`'\${}' is no substitution; ${forms}`] },
  { text: "${HOST", want: [`'\${HOST' is no substitution; ${forms}`] },
  { text: "${1X}", want: [`'\${1X}' is no substitution; ${forms}`] },
  { text: "${HOST-x}", want: [`'\${HOST-x}' is no substitution; ${forms}`] },
  { text: "${A:-${HOST}}", want: [`'\${A:-\${HOST}' is no substitution; ${forms}`] },
])("$text is refused", ({ text, want }) => {
  const { problems } = expandEnvironment({ a: [text] }, env);
  expect(problems).toEqual(want.map((message) => ({ path: ["a", 0], message })));
});

test("keys and other scalars are left alone", () => {
  const tree = { "${HOST}": 1, b: true, c: null, d: undefined };
  expect(expandEnvironment(tree, env).tree).toEqual(tree);
});

test("what came from the environment is remembered, and whether it was everything", () => {
  const { substitutions } = expandEnvironment(
    { a: "${HOST}", b: ["x${HOST}${PORT}"], c: "$${HOST}", d: "${HOST}${PORT}" },
    env,
  );
  expect(Object.fromEntries(substitutions)).toEqual({
    a: { variables: ["HOST"], whole: true },
    "b[0]": { variables: ["HOST", "PORT"], whole: false },
    d: { variables: ["HOST", "PORT"], whole: false },
  });
});
