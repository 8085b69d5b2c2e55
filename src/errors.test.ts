import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { errorCodes, RouterError } from "./errors.ts";

const page = readFileSync(new URL("../docs/errors.md", import.meta.url), "utf8");
const documented = [...page.matchAll(/^\| `(\w+)` \|/gm)].map((row) => row[1]);

test("docs/errors.md lists every code, and no other, in the order of the catalogue", () => {
  expect(documented).toEqual(Object.keys(errorCodes));
});

test("the message carries code, detail and remedy, for tools that show only the message", () => {
  const error = new RouterError("no_text", "No message holds text", "Send text");
  expect(error.message).toBe("[no_text] No message holds text. Send text");
});

test("a bug becomes internal and keeps its cause", () => {
  const bug = new TypeError("x is not a function");
  const error = RouterError.from(bug);
  expect(error).toMatchObject({ code: "internal", detail: "x is not a function", cause: bug });
  expect(RouterError.from(error)).toBe(error);
  expect(RouterError.from("text").detail).toBe("text");
});
