import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface ProfileSummary {
  /** CPU of the thread while it did anything but start, milliseconds. */
  readonly busyMs: number;
  /** Share of that by where the code is, largest first. */
  readonly places: Readonly<Record<string, number>>;
  /** Functions by their own time, largest first. */
  readonly functions: readonly {
    readonly share: number;
    readonly name: string;
    readonly place: string;
  }[];
}

const root = join(import.meta.dirname, "../..");
const idle = new Set(["(idle)", "(root)"]);
/** Reading and compiling files, which is over before the first request. */
const startUp = /^(node:internal\/(modules|bootstrap|deps|per_context)|wasm:.*|compile\w*)$/;

/** Of the busiest thread whose profile lies in `folder`. */
export function profileSummary(folder: string, mostFunctions = 40): ProfileSummary {
  const summaries = readdirSync(folder)
    .filter((name) => name.endsWith(".cpuprofile"))
    .map((name) => summary(JSON.parse(readFileSync(join(folder, name), "utf8")), mostFunctions));
  const [busiest] = summaries.sort((a, b) => b.busyMs - a.busyMs);
  if (!busiest) throw new Error(`no profile in ${folder}`);
  return busiest;
}

function summary({ nodes, samples, timeDeltas }: CpuProfile, most: number): ProfileSummary {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const own = new Map<string, number>();
  const places = new Map<string, number>();
  let busy = 0;
  for (const [at, id] of samples.entries()) {
    const frame = frames.get(id);
    const micros = timeDeltas[at] ?? 0;
    if (!frame || idle.has(frame.functionName)) continue;
    const place = placeOf(frame.url) || frame.functionName;
    if (startUp.test(groupOf(place))) continue;
    busy += micros;
    const name = frame.functionName || `(line ${frame.lineNumber + 1})`;
    const key = `${name}\n${place}`;
    own.set(key, (own.get(key) ?? 0) + micros);
    const group = groupOf(place);
    places.set(group, (places.get(group) ?? 0) + micros);
  }
  const share = (micros: number): number => micros / busy;
  const sorted = (map: ReadonlyMap<string, number>) => [...map].sort((a, b) => b[1] - a[1]);
  return {
    busyMs: busy / 1000,
    places: Object.fromEntries(sorted(places).map(([place, micros]) => [place, share(micros)])),
    functions: sorted(own)
      .slice(0, most)
      .map(([key, micros]) => {
        const [name = "", place = ""] = key.split("\n");
        return { share: share(micros), name, place };
      }),
  };
}

const placeOf = (url: string): string =>
  url.startsWith("file:")
    ? relative(root, fileURLToPath(url)).replace(/^.*(?=node_modules\/)/, "")
    : url;

/** A package, a folder of src, a module of Node, or what V8 calls (program) and (garbage collector). */
function groupOf(place: string): string {
  const dependency = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(place);
  if (dependency) return dependency[1] as string;
  if (place.startsWith("node:")) return place.split("/").slice(0, 2).join("/");
  return place.startsWith("src/") ? place.split("/").slice(0, 2).join("/") : place;
}
