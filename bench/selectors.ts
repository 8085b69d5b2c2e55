import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startPeer } from "./measure/peer.ts";
import { showTable, writeResults } from "./measure/results.ts";
import { openingBars, selectBars } from "./selectors/bars.ts";
import { compareAll, type Row } from "./selectors/comparisons.ts";
import { compareOpening } from "./selectors/opened.ts";
import { compareReal } from "./selectors/real.ts";

/**
 * node bench/selectors.ts [--quick] [--no-peers]
 *
 * What selecting a model costs, one query at a time and in batches, beside the readable selectors, plain scans and
 * bench/peers/linfa (built here; --no-peers does without cargo). Contestants take turns. Every answer is compared with
 * the readable selector's: exit code 1 when one of signalbox's differs. --quick is for seeing that it works, and
 * writes no results.
 */
const { values } = parseArgs({
  options: { quick: { type: "boolean", default: false }, "no-peers": { type: "boolean" } },
});
const { quick } = values;
const setting = {
  sizes: quick ? [400, 4000] : [400, 4000, 20_000],
  models: [4, 12],
  series: quick
    ? { rounds: 3, callsPerTurn: 60, budgetMs: 150 }
    : { rounds: 6, callsPerTurn: 100, budgetMs: 1500 },
};
const opening = quick
  ? { each: 4000, large: 4000, rounds: 2 }
  : { each: 4000, large: 20_000, rounds: 5 };
const questions = quick ? 300 : 1000;

const show = (rows: readonly Row[]): void =>
  showTable(
    rows[0]?.section ?? "",
    rows.map(({ name, p50Micros, minMicros, cpuMicros, times, calls, different }) => ({
      "": name,
      "p50 us": p50Micros,
      "min us": minMicros,
      "CPU us": cpuMicros,
      "of ours": times,
      calls,
      different,
    })),
  );

const peer = values["no-peers"] ? undefined : startPeer("linfa");
const folder = mkdtempSync(join(tmpdir(), "signalbox-bench-"));
try {
  const rows = await compareAll({ ...setting, peer, folder }, show);

  const opened = compareOpening(folder, opening);
  showTable("Opening a knn file, in a process of its own", opened);

  const real = await compareReal(questions, setting.series);
  if (real) {
    const title = `${real.queries} questions to the built-in knn file of ${real.vectors} vectors`;
    showTable(`${title}: shares`, real.pruning);
    showTable(`${title}: k=5`, real.timed);
  } else console.info("\n../shared/data is not here: nothing is measured on real questions");

  const bars = [...selectBars(rows), ...openingBars(opened)];
  showTable("Bars", bars);
  if (!quick) {
    const results = { setting, bars, rows, opened, real };
    console.info(`Raw results: ${writeResults("selectors", results)}`);
  }
  const wrong = rows.filter(({ name, different }) => name.startsWith("signalbox") && different);
  for (const { section, name } of wrong) console.error(`${section}: ${name} answers differently`);
  if (wrong.length > 0) process.exitCode = 1;
} finally {
  await peer?.stop();
  rmSync(folder, { recursive: true });
}
