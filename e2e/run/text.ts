import { relative } from "node:path";
import { chatBody } from "../ask.ts";
import type { Stack } from "../stack.ts";
import { sampleQueries, type Tried } from "./try-queries.ts";

/** Where everything listens, and a command to try. */
export function describeStart({ envoy, signalbox, llms }: Stack): string {
  return lines([
    "",
    ...columns([
      ["Envoy", envoy.url, `its admin page: ${envoy.adminUrl}`],
      ["signalbox", signalbox.apiUrl, "the HTTP API: /ready, /api/v1/explain, /v1/models"],
      ["", signalbox.metricsUrl, ""],
      ["backends", `${llms.size} mock LLMs`, "each answers with its own name"],
      ["Envoy's configuration", relative(process.cwd(), envoy.configPath), ""],
    ]),
    "",
    "Try it:",
    "",
    `  curl -si ${envoy.url}/v1/chat/completions -H 'content-type: application/json' \\`,
    `    -d '${chatBody(sampleQueries[0])}'`,
    "",
  ]);
}

/** What came back for the sample queries. */
export function describeTried(tried: readonly Tried[]): string {
  return lines([
    "What came back for three queries:",
    "",
    ...columns([
      ["query", "model", "decision", "domain", "answered by", "ms"],
      ...tried.map((one) => [
        one.query,
        one.model,
        one.decision,
        one.domain,
        one.answeredBy,
        one.ms.toFixed(1),
      ]),
    ]),
    "",
    `First routed answer ${((tried[0]?.atMs ?? 0) / 1000).toFixed(1)} s after the start. Ctrl-C stops everything.`,
  ]);
}

const lines = (all: readonly string[]): string => `${all.join("\n")}\n`;

/** Rows with their cells aligned, indented by two. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(...rows.map((row) => row[at]?.length ?? 0)),
  );
  return rows.map((row) =>
    `  ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ")}`.trimEnd(),
  );
}
