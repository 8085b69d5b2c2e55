import { isFollowUp } from "./follow-up.ts";
import { contentText, humanText } from "./text.ts";

/** Earlier turns that a follow-up may bring along, and how much of each: context must not drown the question. */
const maxContextTurns = 3;
const maxContextChars = 2_000;

/**
 * The text to route on: the last turn in which a person said something, and before it, while it is a bare follow-up,
 * the turns it follows. Without any user message, the system and developer messages; "" when there is no text at all.
 */
export function queryOf(messages: readonly unknown[]): string {
  const turns = textsOf(messages, ["user"]);
  const human = turns.map(humanText).filter((text) => text !== "");
  const last = human.at(-1);
  // Only harness text, or only instructions: better than nothing.
  if (last === undefined)
    return turns.at(-1)?.trim() || textsOf(messages, ["system", "developer"]).join(" ").trim();
  const parts = [last];
  for (let at = human.length - 2; at >= 0 && parts.length <= maxContextTurns; at--) {
    if (!isFollowUp(parts[0] ?? "")) break;
    parts.unshift((human[at] ?? "").slice(0, maxContextChars));
  }
  return parts.join("\n");
}

function textsOf(messages: readonly unknown[], roles: readonly string[]): string[] {
  const texts: string[] = [];
  for (const message of messages) {
    if (typeof message !== "object" || message === null) continue;
    const { role, content } = message as { role?: unknown; content?: unknown };
    if (typeof role === "string" && roles.includes(role)) texts.push(contentText(content));
  }
  return texts;
}
