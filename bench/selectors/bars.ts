import { atMost, type Bar } from "../measure/bars.ts";
import type { Row } from "./comparisons.ts";
import type { OpenedFile } from "./opened.ts";

/** Medians of wall time, signalbox's over the rival's of the same section. */
interface Ratio {
  readonly section: string;
  readonly rivals: readonly string[];
  /** signalbox may take at most this share of the fastest of them. */
  readonly most: number;
}

const kdtrees = ["linfa KdTree kept", "linfa KdTree kept, f32"];
const floor = ["floor: reading the vectors once"];

const ratios: readonly Ratio[] = [
  { section: "knn k=5, 12 models, n=4,000", rivals: kdtrees, most: 1 / 8 },
  { section: "knn k=5, 12 models, n=4,000", rivals: ["naive Rust scan"], most: 1 / 60 },
  { section: "knn k=5, 12 models, n=20,000", rivals: kdtrees, most: 1 / 20 },
  { section: "svm rbf, 12 machines, n=4,000", rivals: ["Rust, vectors shared"], most: 1 / 10 },
  {
    section: "svm rbf, 12 machines, n=4,000",
    rivals: ["Rust, a pass a machine, as upstream"],
    most: 1 / 10,
  },
  { section: "svm rbf, 12 machines, n=4,000", rivals: floor, most: 1.3 },
];

const limits = [
  { section: "kmeans, 8 clusters", most: 2 },
  { section: "svm linear, 12 machines", most: 2 },
];

/** Leaves out what was not measured, as n=20,000 with --quick. */
export function selectBars(rows: readonly Row[]): Bar[] {
  const rowOf = (section: string, name: string) =>
    rows.find((row) => row.section === section && row.name === name);
  const compared = ratios.flatMap(({ section, rivals, most }) => {
    const own = rowOf(section, "signalbox");
    const others = rivals.flatMap((name) => rowOf(section, name) ?? []);
    if (own === undefined || others.length === 0) return [];
    const wall = own.p50Micros / Math.min(...others.map(({ p50Micros }) => p50Micros));
    const byCpu = own.cpuMicros / Math.min(...others.map(({ cpuMicros }) => cpuMicros));
    const what = `${section}: of ${rivals[0]}${rivals.length > 1 ? ", the faster" : ""}`;
    return [{ ...atMost(what, wall, most), byCpu, met: wall <= most && byCpu <= most }];
  });
  const timed = limits.flatMap(({ section, most }) => {
    const own = rowOf(section, "signalbox");
    return own === undefined ? [] : [atMost(`${section}: microseconds`, own.p50Micros, most)];
  });
  return [...compared, ...timed];
}

/** Opening is reading the file and laying it out for the kernels; bench/load-artifacts.ts has the bars of reading alone. */
export function openingBars(opened: readonly OpenedFile[]): Bar[] {
  const [, json, parsed, large] = opened as [OpenedFile, OpenedFile, OpenedFile, OpenedFile];
  return [
    atMost(
      `open ${json.vectors} vectors, JSON: peak memory of JSON.parse and a copy`,
      json.peakBytes / parsed.peakBytes,
      1 / 3,
    ),
    atMost(`resident of ${large.vectors} vectors: of their content`, large.timesContent, 1.3),
  ];
}
