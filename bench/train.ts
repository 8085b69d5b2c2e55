import { join } from "node:path";
import { parseArgs } from "node:util";
import { atMost, type Bar } from "./measure/bars.ts";
import { showTable, writeResults } from "./measure/results.ts";
import { agreement, inTurns, median, type Row } from "./train/compare.ts";
import { ownKmeans, ownKmeansFrom, ownSvm, type SvmSetting } from "./train/own.ts";
import { realProblem, syntheticProblem } from "./train/problems.ts";
import { startSklearn } from "./train/sklearn.ts";

/**
 * node bench/train.ts [--quick] [--large]
 *
 * What training costs beside scikit-learn on one thread (installed under .cache; needs Python), on the same vectors and
 * labels, in turns, and whether both find the same. Also on MMLU-Pro's records where they are (a path after the
 * options, ../shared/data/mmlupro_records.jsonl.gz by default). --large adds one machine of 20,000 examples, whose
 * kernel does not fit its memory. --quick is for seeing that it works.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: "boolean", default: false }, large: { type: "boolean" } },
});
const { quick } = values;
const [records = join(import.meta.dirname, "../../shared/data/mmlupro_records.jsonl.gz")] =
  positionals;
const rounds = quick ? 1 : 3;
const [rbf, linear] = (["rbf", "linear"] as const).map(
  (kernel): SvmSetting => ({ kernel, C: 1, gamma: 1, tol: 1e-3 }),
) as [SvmSetting, SvmSetting];
const clustering = { clusters: 8, starts: 10, seed: 1 };

const rows: Row[] = [];
const bars: Bar[] = [];
const sklearn = startSklearn();
try {
  const synthetic = syntheticProblem(quick ? 500 : 4000, 4);
  await sklearn.load(synthetic);
  for (const setting of [rbf, linear]) {
    const what = `${synthetic.name}: 4 machines, ${setting.kernel}`;
    const [own, theirs] = await inTurns(rounds, [
      () => ownSvm(synthetic, setting),
      () => sklearn.svm(setting),
    ]);
    rows.push(
      { what, who: "signalbox", ...median(own), ...agreement(own[0], theirs[0]) },
      { what, who: "scikit-learn", ...median(theirs) },
    );
    bars.push(atMost(`${what}: of scikit-learn`, median(own).cpu / median(theirs).cpu, 1 / 5));
  }

  const what = `${synthetic.name}: k-means, 8 clusters, 10 starts`;
  const [own, singles, doubles] = await inTurns(quick ? 1 : 7, [
    () => ownKmeans(synthetic, clustering),
    () => sklearn.kmeans({ ...clustering, type: "float32" }),
    () => sklearn.kmeans({ ...clustering, type: "float64" }),
  ]);
  rows.push(
    { what, who: "signalbox", ...median(own), inertia: own[0].inertia },
    { what, who: "scikit-learn, singles", ...median(singles), inertia: singles[0].inertia },
    { what, who: "scikit-learn, doubles", ...median(doubles), inertia: doubles[0].inertia },
  );
  const fastest = Math.min(median(singles).cpu, median(doubles).cpu);
  bars.push(atMost(`${what}: of the faster scikit-learn`, median(own).cpu / fastest, 1.2));
  const off = [];
  for (let start = 0; start < 10; start++) {
    const from = Array.from({ length: 8 }, (_, at) => (start * 8 + at) * 5);
    const wanted = await sklearn.kmeans({ from, type: "float64" });
    off.push(Math.abs(ownKmeansFrom(synthetic, from).inertia / wanted.inertia - 1));
  }
  bars.push(atMost("k-means from 10 equal starts: inertia apart", Math.max(...off), 1e-9));

  const real = quick ? undefined : await realProblem(records);
  if (real) {
    await sklearn.load(real);
    for (const { kernel } of [rbf, linear]) {
      for (const tol of [1e-3, 1e-6]) {
        const setting = { kernel, C: 1, gamma: 1, tol };
        const mine = ownSvm(real, setting);
        const theirs = await sklearn.svm(setting);
        const what = `${real.name}: 6 machines, ${kernel}, tol ${tol}`;
        rows.push(
          { what, who: "signalbox", ...median([mine]), ...agreement(mine, theirs) },
          { what, who: "scikit-learn", ...median([theirs]) },
        );
      }
    }
  } else if (!quick) console.error(`\nNo records at ${records}: nothing is compared on real data`);
} finally {
  await sklearn.stop();
}

if (values.large) {
  const large = syntheticProblem(20_000, 1);
  const before = process.memoryUsage.rss();
  const setting = { ...rbf, tol: 1e-3 };
  const found = ownSvm(large, setting);
  const grownMb = (process.resourceUsage().maxRSS * 1024 - before) / 1e6;
  rows.push({
    what: `${large.name}: 1 machine, rbf`,
    who: "signalbox",
    ...median([found]),
    grownMb,
  });
}

showTable("Training, seconds", rows);
showTable("Bars", bars);
if (!quick) console.info(`Raw results: ${writeResults("train", { rounds, bars, rows })}`);
