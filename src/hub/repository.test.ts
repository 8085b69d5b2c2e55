import { expect, test } from "vitest";
import { parseRepository } from "./repository.ts";

test.each([
  { text: "owner/name", want: { id: "owner/name", revision: "main" } },
  { text: "owner/name@refs/pr/1", want: { id: "owner/name", revision: "refs/pr/1" } },
  { text: "Owner-1/na.me_2@v1.0", want: { id: "Owner-1/na.me_2", revision: "v1.0" } },
  { text: "name", want: undefined },
  { text: "a/b/c", want: undefined },
  { text: "../name", want: undefined },
  { text: "owner/name@../../x", want: undefined },
  { text: "owner/name?x=1", want: undefined },
  { text: "/owner/name", want: undefined },
])("$text names a repository: $want", ({ text, want }) => {
  expect(parseRepository(text)).toEqual(want);
});
