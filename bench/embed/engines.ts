import { existsSync } from "node:fs";
import { join } from "node:path";
import { median } from "../measure/median.ts";
import { type Peer, startPeer, startProcess } from "../measure/peer.ts";
import { asWords, textRow } from "./rows.ts";

/** Of one engine, for texts of one length in batches of one size. */
export interface EngineRow {
  readonly engine: string;
  readonly tokens: number;
  readonly batch: number;
  /** Of the process, a text; median over the calls. */
  readonly cpuMs: number;
  readonly minCpuMs: number;
  readonly wallMs: number;
  readonly calls: number;
  /** Lowest cosine of its vectors with those of fp32. */
  readonly cosine?: number;
}

export interface Floors {
  /** Of one core, multiplying and adding in registers. */
  readonly gigaflops: number;
  /** Of one core, reading memory. */
  readonly gigabytes: number;
}

export interface Engines {
  readonly rows: readonly EngineRow[];
  readonly floors?: Floors;
  /** Whether int8 gives a text the same vector in a batch; when not, the embedder reads texts one by one. */
  readonly int8Batches: boolean;
  readonly residentBytes: number;
}

/** So many calls of texts of that length in batches of that size. */
export interface Case {
  readonly tokens: number;
  readonly batch: number;
  readonly calls: number;
}

/** What one call answers. */
interface Call {
  readonly wall: number;
  readonly cpu: number;
  readonly vectors?: readonly (readonly number[])[];
}

interface Engine {
  readonly name: string;
  readonly command: string;
  readonly peer: Peer;
  /** Only in batches. */
  readonly batches?: boolean;
}

const script = join(import.meta.dirname, "model-process.ts");
// As bin/signalbox starts Node, which bears on memory.
const flags = ["--expose-gc", "--max-semi-space-size=4"];
const environment = { MALLOC_MMAP_THRESHOLD_: "1048576" };
const startOwn = (folder: string): Peer =>
  startProcess(process.execPath, [...flags, script, folder], environment);

export const modelsAreThere = (models: string): boolean =>
  existsSync(join(models, "qwen3-fp32/onnx/model.onnx")) &&
  existsSync(join(models, "qwen3-int8/onnx/model_int8.onnx"));

/** signalbox's int8 and fp32 beside candle's fp32, in turns, each in a process of its own on one thread. */
export async function compareEngines(
  models: string,
  cases: readonly Case[],
  withPeer: boolean,
): Promise<Engines> {
  const residentBytes = await resident(join(models, "qwen3-int8"));
  const [fp32, int8] = ["qwen3-fp32", "qwen3-int8"].map((name) => join(models, name)) as [
    string,
    string,
  ];
  const own = { fp32: startOwn(fp32), int8: startOwn(int8) };
  const candle = withPeer ? startPeer("candle", { RAYON_NUM_THREADS: "1" }) : undefined;
  const peers = [own.fp32, own.int8, ...(candle ? [candle] : [])];
  try {
    await own.fp32.ask("load -");
    const { exactBatches } = (await own.int8.ask("load -")) as { exactBatches: boolean };
    await candle?.ask(`load ${fp32}`);
    const engines: Engine[] = [
      { name: "signalbox fp32", command: "embed", peer: own.fp32 },
      { name: "signalbox int8", command: "embed", peer: own.int8 },
      ...(exactBatches
        ? []
        : [{ name: "int8, rows together", command: "together", peer: own.int8, batches: true }]),
      ...(candle ? [{ name: "candle fp32", command: "embed", peer: candle }] : []),
    ];
    const rows: EngineRow[] = [];
    for (const one of cases) rows.push(...(await compareCase(engines, one)));
    const floors = candle && (await floorsOf(candle));
    return { rows, int8Batches: exactBatches, residentBytes, ...(floors && { floors }) };
  } finally {
    for (const peer of peers) await peer.stop();
  }
}

async function compareCase(
  engines: readonly Engine[],
  { tokens, batch, calls }: Case,
): Promise<EngineRow[]> {
  const entered = engines.filter(({ batches }) => !batches || batch > 1);
  const made = entered.map(() => [] as Call[]);
  // The first call of a shape allocates.
  for (const { peer } of entered) await peer.ask(`embed ${asWords([textRow(tokens, 0)])}`);
  for (let call = 0; call < calls; call++) {
    const texts = Array.from({ length: batch }, (_, at) => textRow(tokens, 1 + call * batch + at));
    for (const [at, { peer, command }] of entered.entries()) {
      made[at]?.push((await peer.ask(`${command} ${asWords(texts)}`)) as Call);
    }
  }
  const [reference = []] = made;
  return entered.map(({ name }, at) => {
    const own = made[at] ?? [];
    const cpu = own.map((call) => call.cpu / batch / 1e6);
    const cosine = lowestCosine(own, reference);
    return {
      engine: name,
      tokens,
      batch,
      cpuMs: median(cpu),
      minCpuMs: Math.min(...cpu),
      wallMs: median(own.map((call) => call.wall / batch / 1e6)),
      calls,
      ...(cosine !== undefined && { cosine }),
    };
  });
}

function lowestCosine(own: readonly Call[], reference: readonly Call[]): number | undefined {
  const cosines = own.flatMap(({ vectors = [] }, call) =>
    vectors.map((vector, row) => {
      const other = reference[call]?.vectors?.[row] ?? [];
      return vector.reduce((sum, value, i) => sum + value * (other[i] ?? Number.NaN), 0);
    }),
  );
  return cosines.length > 0 ? Math.min(...cosines) : undefined;
}

/** Best of several: what else the machine does only makes them worse. */
async function floorsOf(peer: Peer): Promise<Floors> {
  let [gigaflops, gigabytes] = [0, 0];
  for (let round = 0; round < 8; round++) {
    const multiplied = (await peer.ask("flops 400")) as Call & { flops: number };
    const read = (await peer.ask("read 512")) as Call & { bytes: number };
    gigaflops = Math.max(gigaflops, multiplied.flops / multiplied.cpu);
    gigabytes = Math.max(gigabytes, read.bytes / read.cpu);
  }
  return { gigaflops, gigabytes };
}

async function resident(folder: string): Promise<number> {
  const peer = startOwn(folder);
  const texts = [16, 64, 256].map((tokens) => textRow(tokens, tokens));
  try {
    const { bytes } = (await peer.ask(`resident ${asWords(texts)}`)) as { bytes: number };
    return bytes;
  } finally {
    await peer.stop();
  }
}
