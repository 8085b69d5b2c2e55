import type { Figures } from "./figures.ts";
import type { Report } from "./report.ts";

/** The report for people. report.json holds the same and the hashes of the inputs. */
export function reportMarkdown(report: Report): string {
  const { head, threshold } = report;
  return `# The domain head

Trained by \`signalbox train-domain\` for ${head.embedder}; sha-256 ${head.sha256}; temperature ${head.temperature}.
Every figure carries the number of texts behind it. Nothing was fitted or chosen on test or held-out texts.

## Learned from

| source | texts | licence | origin |
|---|---:|---|---|
${report.sources.map((s) => `| ${s.name} | ${s.texts} | ${s.licence} | ${s.origin} |`).join("\n")}

## Cross-validation on the training split

${table(report.cross_validation)}

Own chat by kind:

${table(report.own_chat_by_kind)}

Own chat by language:

${table(report.own_chat_by_language)}

Best threshold on own chat, where less confident texts become \`other\`: ${threshold.threshold} (accuracy ${percent(threshold.accuracy)}).

## Test split

${table(report.test)}

Public chat by collection (labels by collection, noisy):

${table(report.public_chat_test)}

## Held-out chat, written independently

${table(report.held_out)}

${table(report.held_out_by_domain)}

${table(report.held_out_by_kind)}

${table(report.held_out_by_language)}
`;
}

function table(rows: Readonly<Record<string, Figures>>): string {
  const lines = Object.entries(rows).map(
    ([name, f]) =>
      `| ${name} | ${f.n} | ${percent(f.accuracy)} | ${percent(f.macro_f1)} | ${percent(f.calibration_error)} |`,
  );
  return [
    "| | n | accuracy | macro-F1 | calibration error |",
    "|---|---:|---:|---:|---:|",
    ...lines,
  ].join("\n");
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
