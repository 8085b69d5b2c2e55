import { EVENT_ID, type Event, getScalarValue, parseEvents } from "js-yaml";
import type { Path } from "./problem.ts";

interface Frame {
  readonly path: Path;
  readonly kind: "document" | "mapping" | "sequence";
  /** The key whose value comes next; undefined when a key comes next. */
  key?: string | undefined;
  index: number;
}

/**
 * Where each path of a YAML text is written, counting lines from 1. A path that is not written, because the key is
 * missing or came through an alias, has the line of its nearest ancestor; of the file itself there is none.
 */
export function lineIndex(text: string): (path: Path) => number | undefined {
  const lineAt = lineCounter(text);
  const lines = new Map<string, number>();
  const frames: Frame[] = [];
  for (const event of parseEvents(text, {})) {
    const parent = frames.at(-1);
    if (event.type === EVENT_ID.POP) {
      frames.pop();
    } else if (event.type === EVENT_ID.DOCUMENT || !parent) {
      frames.push({ path: [], kind: "document", index: 0 });
    } else if (parent.kind === "mapping" && parent.key === undefined) {
      parent.key = event.type === EVENT_ID.SCALAR ? getScalarValue(text, event) : "";
      note([...parent.path, parent.key], event);
    } else {
      const path = pathOfNext(parent);
      note(path, event);
      if (event.type === EVENT_ID.MAPPING) frames.push({ path, kind: "mapping", index: 0 });
      if (event.type === EVENT_ID.SEQUENCE) frames.push({ path, kind: "sequence", index: 0 });
    }
  }

  /** The first place wins: a key's line, not that of its value below it. */
  function note(path: Path, event: Event): void {
    const key = JSON.stringify(path);
    const offset = offsetOf(event);
    if (offset >= 0 && !lines.has(key)) lines.set(key, lineAt(offset));
  }

  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const line = lines.get(JSON.stringify(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return undefined;
  };
}

function pathOfNext(parent: Frame): Path {
  if (parent.kind === "document") return [];
  if (parent.kind === "sequence") return [...parent.path, parent.index++];
  const path = [...parent.path, parent.key ?? ""];
  parent.key = undefined;
  return path;
}

function offsetOf(event: Event): number {
  if (event.type === EVENT_ID.SCALAR) return event.valueStart;
  if (event.type === EVENT_ID.ALIAS) return event.anchorStart;
  if (event.type === EVENT_ID.MAPPING || event.type === EVENT_ID.SEQUENCE) return event.start;
  return -1;
}

/** Asked in rising order of offsets, but for a few; so it goes on from where it stood. */
function lineCounter(text: string): (offset: number) => number {
  let line = 1;
  let at = 0;
  return (offset) => {
    if (offset < at) {
      line = 1;
      at = 0;
    }
    for (let end = text.indexOf("\n", at); end >= 0 && end < offset; end = text.indexOf("\n", at)) {
      line++;
      at = end + 1;
    }
    return line;
  };
}
