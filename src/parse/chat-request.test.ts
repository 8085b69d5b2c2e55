import fc from "fast-check";
import { expect, test } from "vitest";
import { parseChatRequest, parseTruncated } from "./chat-request.ts";

const parse = (body: unknown) => parseChatRequest(Buffer.from(JSON.stringify(body)));
const user = (content: unknown) => ({ role: "user", content });
const assistant = (content: string) => ({ role: "assistant", content });

test("model, stream and query are read, and the span is that of the model's string", () => {
  const body = Buffer.from(
    '{"messages":[{"role":"user","content":"Why?"}], "model" : "auto","stream":true}',
  );
  const request = parseChatRequest(body);
  expect(request).toMatchObject({ model: "auto", query: "Why?", stream: true });
  expect(body.toString("utf8", request.modelSpan.start, request.modelSpan.end)).toBe('"auto"');
});

test.each([
  { case: "string content", messages: [user("Solve x+1=2")], want: "Solve x+1=2" },
  {
    case: "text parts are joined with a space, images left out",
    messages: [
      user([
        { type: "text", text: "What" },
        { type: "image_url", image_url: { url: "x" } },
        { type: "text", text: "is it?" },
      ]),
    ],
    want: "What is it?",
  },
  {
    case: "the last human turn wins",
    messages: [
      user("Tell me about cats"),
      assistant("ok"),
      user("Derive the quadratic formula step by step"),
    ],
    want: "Derive the quadratic formula step by step",
  },
  {
    case: "a bare follow-up brings the turn before it",
    messages: [user("Write quicksort in Go"), assistant("..."), user("and in Python?")],
    want: "Write quicksort in Go\nand in Python?",
  },
  {
    case: "follow-ups of follow-ups reach the subject",
    messages: [
      user("Explain osmosis"),
      assistant("..."),
      user("why?"),
      assistant("..."),
      user("give me an example"),
    ],
    want: "Explain osmosis\nwhy?\ngive me an example",
  },
  {
    case: "a follow-up without anything before it stands alone",
    messages: [user("why?")],
    want: "why?",
  },
  {
    case: "harness text is stripped when a human ask remains",
    messages: [
      user(
        "<system-reminder>Use the todo tool</system-reminder>\nProve that sqrt(2) is irrational",
      ),
    ],
    want: "Prove that sqrt(2) is irrational",
  },
  {
    case: "a turn of tool output only is not the human's",
    messages: [user("Fix the failing test"), user("<tool_result>FAIL src/a.ts</tool_result>")],
    want: "Fix the failing test",
  },
  {
    case: "harness text alone is better than nothing",
    messages: [user("<tool_result>segfault at 0x0</tool_result>")],
    want: "<tool_result>segfault at 0x0</tool_result>",
  },
  {
    case: "without a user message, the system's",
    messages: [{ role: "system", content: "Be a poet" }],
    want: "Be a poet",
  },
  { case: "no text", messages: [user([{ type: "image_url" }])], want: "" },
  { case: "no messages", messages: [], want: "" },
  {
    case: "messages of a wrong kind are passed over",
    messages: [null, 3, "x", { role: 4 }, user("hi there")],
    want: "hi there",
  },
])("query: $case", ({ messages, want }) => {
  expect(parse({ model: "auto", messages }).query).toBe(want);
});

test.each([
  { case: "not JSON", body: '{"model": "auto"', code: "malformed_json" },
  { case: "empty", body: "", code: "malformed_json" },
  { case: "not UTF-8", body: Buffer.from([0x22, 0xff, 0x22]), code: "malformed_json" },
  {
    case: "an array",
    body: "[]",
    code: "invalid_request",
    says: "must be a JSON object, got array",
  },
  { case: "no model", body: '{"messages":[]}', code: "invalid_request", says: "model is missing" },
  {
    case: "model an array",
    body: '{"model":["auto"],"messages":[]}',
    code: "invalid_request",
    says: "must be a string, got array",
  },
  {
    case: "no messages",
    body: '{"model":"auto"}',
    code: "invalid_request",
    says: "messages is missing",
  },
  {
    case: "messages an object",
    body: '{"model":"auto","messages":{}}',
    code: "invalid_request",
    says: "must be an array, got object",
  },
  {
    case: "stream a string",
    body: '{"model":"auto","messages":[],"stream":"yes"}',
    code: "invalid_request",
    says: "must be a boolean",
  },
  {
    case: "a NUL in the model's name",
    body: '{"model":"a\\u0000b","messages":[]}',
    code: "invalid_request",
    says: "control character",
  },
  {
    case: "a model's name of 300 characters",
    body: `{"model":"${"m".repeat(300)}","messages":[]}`,
    code: "invalid_request",
    says: "has 300 characters, 256 are allowed",
  },
  {
    case: "model twice",
    body: '{"model":"a","messages":[],"mod\\u0065l":"b"}',
    code: "invalid_request",
    says: "more than once",
  },
])("refused: $case", ({ body, code, says = "" }) => {
  const refuse = () => parseChatRequest(Buffer.from(body));
  expect(refuse).toThrow(expect.objectContaining({ code }));
  expect(refuse).toThrow(says);
});

test("the malformed body is never quoted", () => {
  expect(() => parseChatRequest(Buffer.from('{"secret-prompt'))).not.toThrow("secret");
});

test("the span is found whatever stands around it", () => {
  const key = fc.oneof(fc.string(), fc.constantFrom("model", '"model"', "\\", "}", 'mod"el'));
  const extra = fc.dictionary(
    key.filter((name) => name !== "model" && name !== "__proto__"),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(
      extra,
      fc.string(),
      extra,
      fc.constantFrom(undefined, 2),
      (before, model, after, indent) => {
        const fields = {
          ...before,
          model,
          ...after,
          messages: [{ role: "user", content: '"model":"x"}' }],
          stream: false,
        };
        const body = Buffer.from(JSON.stringify(fields, null, indent));
        const { modelSpan } = parseChatRequest(body);
        expect(JSON.parse(body.toString("utf8", modelSpan.start, modelSpan.end))).toBe(model);
      },
    ),
  );
});

test("text full of unclosed harness elements is read in linear time", () => {
  const text = "<tool_result><system-reminder>".repeat(200_000);
  expect(parse({ model: "auto", messages: [user(text)] }).query).toBe(text);
});

test.each([
  { body: '{"model":"auto","messages":[{"role":"user","content":"half a sen', want: "auto" },
  { body: '{"messages":[{"role":"user","content":"half a sen', want: undefined },
  { body: '{"model":"au', want: undefined },
])("of the truncated $body the model is $want", ({ body, want }) => {
  expect(parseTruncated(Buffer.from(body))?.model).toBe(want);
});
