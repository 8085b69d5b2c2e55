/** What people say instead of naming: by the beginning of a placeholder's name. */
const surrogates: readonly (readonly [string, readonly string[]])[] = [
  ["FIRSTNAME", ["a colleague", "my neighbour", "someone", "the customer"]],
  ["LASTNAME", ["from the office", "in sales", "of the team"]],
  ["MIDDLENAME", [""]],
  ["PREFIX", [""]],
  ["USERNAME", ["the user", "that account"]],
  ["EMAIL", ["my address", "the usual mailbox"]],
  ["PHONE", ["the front desk", "my office line"]],
  ["URL", ["our site", "the page"]],
  ["COMPANY", ["the company", "our supplier", "the firm"]],
  ["JOB", ["manager", "engineer", "nurse", "teacher"]],
  ["CITY", ["the city", "our town"]],
  ["STATE", ["the state", "our region"]],
  ["COUNTY", ["the county"]],
  ["STREET", ["the main street", "our street"]],
  ["BUILDING", ["the building"]],
  ["ZIP", ["our area"]],
  ["DATE", ["next week", "last month", "yesterday"]],
  ["DOB", ["years ago"]],
  ["TIME", ["in the morning", "at noon"]],
  ["AGE", ["grown-up"]],
  ["AMOUNT", ["some money", "a small sum"]],
  ["CURRENCY", ["local currency"]],
  ["ACCOUNT", ["the account", "my account"]],
  ["CREDITCARD", ["my card"]],
  ["PASSWORD", ["my password"]],
  ["PIN", ["my code"]],
  ["SEX", ["person"]],
  ["GENDER", ["person"]],
];

const placeholder = /\[([A-Z][A-Z_]*?)_?\d*\]/g;

/**
 * A masked text as an ordinary one that names nobody: `[FIRSTNAME_1]` is "a colleague", what is not known is "it".
 * Undefined when it was little but placeholders.
 */
export function withoutPlaceholders(masked: string): string | undefined {
  let count = 0;
  const text = masked
    .replace(placeholder, (_, name: string) => {
      const [, words = ["it"]] = surrogates.find(([start]) => name.startsWith(start)) ?? [];
      return words[count++ % words.length] ?? "";
    })
    .replace(/\s+/g, " ")
    .trim();
  const rest = masked.replace(placeholder, " ").split(/\s+/).filter(Boolean).length;
  return rest >= Math.max(3, count) ? text : undefined;
}
