import type { Row } from "./comparisons.ts";
import type { OpenedFile } from "./opened.ts";

/** A promise, and what was measured of it. */
export interface Bar {
  readonly what: string;
  readonly measured: number;
  readonly bar: number;
  readonly met: boolean;
}

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
  const p50 = (section: string, name: string) =>
    rows.find((row) => row.section === section && row.name === name)?.p50Micros;
  const compared = ratios.flatMap(({ section, rivals, most }) => {
    const own = p50(section, "signalbox");
    const others = rivals.flatMap((name) => p50(section, name) ?? []);
    if (own === undefined || others.length === 0) return [];
    const name = `${section}: of ${rivals[0]}${rivals.length > 1 ? ", the faster" : ""}`;
    return [bar(name, own / Math.min(...others), most)];
  });
  const timed = limits.flatMap(({ section, most }) => {
    const own = p50(section, "signalbox");
    return own === undefined ? [] : [bar(`${section}: microseconds`, own, most)];
  });
  return [...compared, ...timed];
}

export function openingBars(opened: readonly OpenedFile[]): Bar[] {
  const [compact, json, parsed, large] = opened as [OpenedFile, OpenedFile, OpenedFile, OpenedFile];
  return [
    bar(`open ${compact.vectors} vectors, safetensors: ms`, compact.ms, 60),
    bar(`open ${json.vectors} vectors, JSON: of JSON.parse and a copy`, json.ms / parsed.ms, 1 / 2),
    bar("the same: peak memory", json.peakBytes / parsed.peakBytes, 1 / 3),
    bar(`resident of ${large.vectors} vectors: of their content`, large.timesContent, 1.3),
  ];
}

const bar = (what: string, measured: number, most: number): Bar => ({
  what,
  measured,
  bar: most,
  met: measured <= most,
});
