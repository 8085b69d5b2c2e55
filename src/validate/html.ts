import { chartsOf } from "./charts.ts";
import { escapeHtml, figures, pageOf } from "./page.ts";
import { gainShort, percent, type Report } from "./report.ts";

/** report.html. */
export function htmlOf(report: Report): string {
  const { data, embedder, warnings, gate } = report;
  return pageOf(
    `Validation of routing: ${data.file}`,
    `<h1>Validation of routing</h1>
<p class="facts">${escapeHtml(data.file)} (sha256 ${data.sha256.slice(0, 12)}): ${data.queries} queries, ${data.models.length} models.
Embedder ${escapeHtml(embedder.name)}. Best single model ${escapeHtml(report.bestSingle)}, chosen on the ${report.bestSingleBy}.
Leakage: ${report.leakage.verdict}.</p>
${gate ? `<p class="warning">Release gate: <strong>${gate.passed ? "passed" : "failed"}</strong></p>` : ""}
${warnings.length > 0 ? `<ul class="warning">${warnings.map((warning) => `<li>${escapeHtml(warning)}</li>`).join("\n")}</ul>` : ""}
<h2>Strategies</h2>
${strategyTable(report)}
${figures(chartsOf(report))}`,
  );
}

function strategyTable({ strategies }: Report): string {
  const timed = strategies.some(({ latencySeconds }) => latencySeconds !== undefined);
  const priced = strategies.some(({ cost }) => cost !== undefined);
  const head = [
    ...["Strategy", "Quality"],
    ...(timed ? ["Latency, s"] : []),
    ...(priced ? ["Cost"] : []),
    ...["Best model", "Gain, points [95 %]", "Gap closed", "Over category table"],
  ];
  const rows = strategies.map((one) => {
    const cells = [
      one.kind === "best single" || one.kind === "cheapest"
        ? `${one.name} (${one.model})`
        : one.name,
      one.quality.toFixed(3),
      ...(timed ? [one.latencySeconds?.toFixed(2) ?? ""] : []),
      ...(priced ? [one.cost?.toPrecision(3) ?? ""] : []),
      percent(one.bestShare),
      one.kind === "best single" ? "" : gainShort(one.gain),
      percent(one.gapClosed),
      one.overTable ? gainShort(one.overTable) : "",
    ];
    const tagged = cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join("");
    return `<tr${one.kind === "selector" ? ' class="selector"' : ""}>${tagged}</tr>`;
  });
  return `<div class="wide"><table><thead><tr>${head.map((name) => `<th>${name}</th>`).join("")}</tr></thead>
<tbody>${rows.join("\n")}</tbody></table></div>`;
}
