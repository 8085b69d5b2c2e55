import type { HeaderMap } from "../protocol/messages.ts";

const utf8 = new TextDecoder();

/** Header names are lower case on the wire (HTTP/2); a repeated header keeps its first value. */
export function readHeaders(map: HeaderMap | null | undefined): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const { key, value, raw_value } of map?.headers ?? []) {
    const name = key.toLowerCase();
    if (headers.has(name)) continue;
    headers.set(name, raw_value && raw_value.length > 0 ? utf8.decode(raw_value) : (value ?? ""));
  }
  return headers;
}
