/** Text of a message's content: a string, or the text parts of an array joined with a space. Images are ignored. */
export function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  const texts: string[] = [];
  for (const part of content) {
    if (typeof part === "string") texts.push(part);
    else if (isTextPart(part)) texts.push(part.text);
  }
  return texts.join(" ");
}

/** Characters of text in all `messages`, whoever wrote them. A look at lengths: nothing is joined or copied. */
export function textChars(messages: readonly unknown[]): number {
  let chars = 0;
  for (const message of messages) {
    const content = (message as { content?: unknown } | null)?.content;
    if (typeof content === "string") chars += content.length;
    else if (Array.isArray(content)) {
      for (const part of content) {
        if (typeof part === "string") chars += part.length;
        else if (isTextPart(part)) chars += part.text.length;
      }
    }
  }
  return chars;
}

function isTextPart(part: unknown): part is { text: string } {
  if (typeof part !== "object" || part === null) return false;
  const { type, text } = part as { type?: unknown; text?: unknown };
  return (
    typeof text === "string" && (type === undefined || type === "text" || type === "input_text")
  );
}

/**
 * Elements that coding assistants and agents wrap around what a person wrote: reminders, state of the editor, output
 * of tools. They say nothing about what the person asks, and often drown it.
 */
const harnessElements = [
  "system-reminder",
  "system_reminder",
  "environment_details",
  "environment_context",
  "user_environment",
  "user_info",
  "project_layout",
  "open_and_recently_viewed_files",
  "attached_files",
  "additional_data",
  "ide_selection",
  "ide_opened_file",
  "ide_diagnostics",
  "git_status",
  "tool_result",
  "tool_results",
  "tool_output",
  "tool_response",
  "tool_use_error",
  "function_results",
  "function_result",
  "observation",
  "command-name",
  "command-message",
  "command-args",
  "command-contents",
  "local-command-stdout",
  "local-command-stderr",
  "bash-stdout",
  "bash-stderr",
  "new-diagnostics",
];

const opening = new RegExp(`<(${harnessElements.join("|")})(?:\\s[^<>]{0,500})?>`, "g");

/**
 * `text` without harness elements, trimmed; "" when nothing else is in it. Linear in the length of the text whatever
 * it holds: a closing tag that was once looked for in vain is not looked for again.
 */
export function humanText(text: string): string {
  if (!text.includes("<")) return text.trim();
  const kept: string[] = [];
  const neverClosed = new Set<string>();
  let at = 0;
  for (const match of text.matchAll(opening)) {
    const [whole, name = ""] = match;
    if (match.index < at || neverClosed.has(name)) continue;
    const closing = `</${name}>`;
    const end = text.indexOf(closing, match.index + whole.length);
    if (end < 0) {
      neverClosed.add(name);
      continue;
    }
    kept.push(text.slice(at, match.index));
    at = end + closing.length;
  }
  kept.push(text.slice(at));
  return kept.join(" ").trim();
}
