import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { atLeast, atMost } from "./measure/bars.ts";
import { startProcess } from "./measure/peer.ts";
import { showTable, writeResults } from "./measure/results.ts";
import { prepareRows } from "./modelpack/rows.ts";
import { sklearnPython } from "./train/sklearn.ts";

/**
 * node bench/modelpack.ts [--quick] [FOLDER]
 *
 * `modelpack train` and `predict` beside scikit-learn's TF-IDF and averaged SGD on one thread (installed under .cache;
 * needs Python), on the same rows with the same n-grams: MMLU-Pro's questions of FOLDER, ../shared/data by default. Then
 * with chat rows beside them. Ours fits twice, to stop early and to calibrate. --quick takes 600 rows, to see that it works.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: "boolean", default: false } },
});
const [data = join(import.meta.dirname, "../../shared/data")] = positionals;
if (!existsSync(data)) {
  console.error(`${data} does not exist; name the folder of MMLU-Pro's records`);
  process.exit(2);
}
const most = values.quick ? 600 : Number.POSITIVE_INFINITY;
const singles = values.quick ? 100 : 500;
const rounds = 3;
const settings = { maxIter: 25, alpha: 1e-5 };
const theirs = { max_iter: 25, alpha: 1e-5, min_df: 2, characters: [2, 6], word_weight: 0.7 };

interface Trained {
  readonly wall: number;
  readonly cpu: number;
  readonly memory: number;
  readonly accuracy: number;
  readonly calibrationError: number;
}
interface OwnTrained extends Trained {
  readonly macroF1: number;
  readonly sources: Readonly<
    Record<string, { readonly accuracy: number; readonly macroF1: number }>
  >;
  readonly bytes: { readonly int8: number; readonly float32: number };
  readonly int8: { readonly share: number };
}
interface Predicted {
  readonly p50: number;
  readonly least: number;
  readonly cpu: number;
  readonly batchCpu: number;
}

const folder = mkdtempSync(join(tmpdir(), "signalbox-bench-modelpack-"));
const startOwn = () =>
  startProcess(process.execPath, [join(import.meta.dirname, "modelpack/own.ts")]);
const one = { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" };
const peer = join(import.meta.dirname, "peers/sklearn/modelpack.py");
const own = startOwn();
const sklearn = startProcess(sklearnPython(), [peer], one);
try {
  const exam = join(folder, "exam");
  const rows = await prepareRows(data, exam, { chat: false, most });
  const ask = (who: typeof own, request: object) => who.ask(JSON.stringify(request));
  const ownTrained = (await ask(own, { train: exam, settings })) as OwnTrained;
  const peerTrained = (await ask(sklearn, { train: exam, settings: theirs })) as Trained;
  const turns: { own: Predicted; peer: Predicted }[] = [];
  for (let round = 0; round < rounds; round++) {
    turns.push({
      own: (await ask(own, { predict: singles })) as Predicted,
      peer: (await ask(sklearn, { predict: singles })) as Predicted,
    });
  }
  const best = (who: "own" | "peer"): Predicted =>
    turns.map((turn) => turn[who]).toSorted((a, b) => a.p50 - b.p50)[0] as Predicted;

  const both = join(folder, "both");
  const bothRows = await prepareRows(data, both, { chat: true, most });
  const second = startOwn();
  const withChat = (await ask(second, { train: both, settings })) as OwnTrained;
  await second.stop();

  showTable("training", [
    { who: "signalbox", rows: rows.train, ...shown(ownTrained) },
    { who: "scikit-learn", rows: rows.train, ...shown(peerTrained) },
    { who: "signalbox, with chat", rows: bothRows.train, ...shown(withChat) },
  ]);
  const micros = ({ p50, least, cpu, batchCpu }: Predicted) => ({
    p50: p50 * 1e6,
    least: least * 1e6,
    cpu: cpu * 1e6,
    "cpu, batch": batchCpu * 1e6,
    "texts/s, batch": 1 / batchCpu,
  });
  showTable("predicting, microseconds a text; the best of 3 turns by p50", [
    { who: "signalbox", ...micros(best("own")) },
    { who: "scikit-learn", ...micros(best("peer")) },
  ]);
  const ratios = {
    wall: ownTrained.wall / peerTrained.wall,
    cpu: ownTrained.cpu / peerTrained.cpu,
    memory: ownTrained.memory / peerTrained.memory,
  };
  showTable("training, of scikit-learn's", [ratios]);
  console.info("by source, with chat rows:", withChat.sources);
  const bars = [
    atLeast("accuracy on MMLU-Pro's test questions", ownTrained.accuracy, 0.81),
    atMost("calibration error", ownTrained.calibrationError, 0.05),
    atLeast("accuracy over scikit-learn's", ownTrained.accuracy - peerTrained.accuracy, -0.005),
    atMost("one text: p50, microseconds", best("own").p50 * 1e6, 100),
    atLeast("one text: p50, times faster", best("peer").p50 / best("own").p50, 5),
    atMost("share of answers that int8 changes", ownTrained.int8.share, 0.005),
  ];
  showTable("bars", bars);
  if (!values.quick) {
    const results = {
      settings,
      rows,
      ownTrained,
      peerTrained,
      ratios,
      turns,
      bothRows,
      withChat,
      bars,
    };
    console.info(writeResults("modelpack", results));
  }
} finally {
  await Promise.all([own.stop(), sklearn.stop()]);
  rmSync(folder, { recursive: true });
}

function shown(trained: Trained & Partial<OwnTrained>) {
  const { wall, cpu, memory, accuracy, macroF1, calibrationError, bytes } = trained;
  return {
    "wall, s": wall,
    "cpu, s": cpu,
    "memory, MB": memory / 1e6,
    accuracy,
    "macro-F1": macroF1,
    "calibration error": calibrationError,
    "int8, MB": bytes && bytes.int8 / 1e6,
    "float32, MB": bytes && bytes.float32 / 1e6,
  };
}
