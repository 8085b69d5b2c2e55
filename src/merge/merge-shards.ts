import { createHash } from "node:crypto";
import { RouterError } from "../errors.ts";
import { writeAtomic } from "../files/write-atomic.ts";
import { type LabelTable, labelTable } from "../label/label-table.ts";
import { type Row, readRows } from "../label/rows.ts";
import { maxShards, type Shard, shardIndexOf, shardText } from "../shard/shard.ts";

export interface MergeJob {
  /** One file a shard, in any order: all shards, each once. */
  readonly paths: readonly string[];
  readonly output: string;
  /** What the shards were made from: then the output is, byte for byte, what one run over it writes. */
  readonly input?: string | undefined;
  /** Distinct queries of the input that the job took, as benchmark's --limit. */
  readonly limit?: number | undefined;
}

export interface MergeReport {
  readonly rows: number;
  /** Rows that an earlier row equals to the letter. They are kept. */
  readonly duplicates: number;
  /** In the order of their numbers. */
  readonly shards: readonly {
    readonly path: string;
    readonly shard: string;
    readonly rows: number;
  }[];
}

/**
 * Joins what the shards of a label or benchmark job wrote, in the order of `input`, or without it one shard after the
 * other. A query's hash says which shard has its rows, so a shard that is missing, given twice or incomplete is found:
 * rejects with RouterError `training_data_invalid`; also `output_unwritable`.
 */
export async function mergeShards({
  paths,
  output,
  input,
  limit = Number.POSITIVE_INFINITY,
}: MergeJob): Promise<MergeReport> {
  if (paths.length > maxShards) throw refused(`${paths.length} shards are too many`);
  const seen = labelTable();
  const parts: Part[] = [];
  for (const path of paths) parts.push(await readPart(path, paths.length, seen));
  const shards = inOrder(parts, paths.length);
  const rows = shards.reduce((sum, part) => sum + part.rows, 0);
  const lines =
    input === undefined ? oneByOne(shards) : asInput({ path: input, limit }, shards, rows);
  await writeAtomic(output, lines).catch((thrown: unknown) => {
    // The fault of what is read, not of what is written.
    const cause = thrown instanceof Error ? thrown.cause : undefined;
    throw cause instanceof RouterError ? cause : thrown;
  });
  return {
    rows,
    duplicates: rows - seen.size,
    shards: shards.map(({ path, rows }, at) => ({
      path,
      shard: shardText({ index: at + 1, count: paths.length }),
      rows,
    })),
  };
}

interface Part {
  readonly path: string;
  /** Of its queries; undefined when it has none. */
  readonly index: number | undefined;
  readonly rows: number;
}

/** Reads it once, to see that it is one of `count` shards. */
async function readPart(path: string, count: number, seen: LabelTable): Promise<Part> {
  let index: number | undefined;
  let rows = 0;
  for await (const row of readRows(path)) {
    if ("problem" in row) throw refused(`${path}: line ${row.number} ${row.problem}`);
    rows++;
    const own = shardIndexOf(row.hash, count);
    index ??= own;
    if (own !== index) throw notOneShard(path, index, own, count);
    seen.set(createHash("sha256").update(row.line).digest(), "row");
  }
  return { path, index, rows };
}

/** By their numbers; those without rows stand where a number is missing. */
function inOrder(parts: readonly Part[], count: number): readonly Part[] {
  const byIndex = new Map<number, Part>();
  for (const part of parts) {
    if (part.index === undefined) continue;
    const other = byIndex.get(part.index);
    if (other) throw twice(other.path, part.path, { index: part.index, count });
    byIndex.set(part.index, part);
  }
  const empty = parts.filter(({ index }) => index === undefined);
  return Array.from({ length: count }, (_, at) => {
    const part = byIndex.get(at + 1) ?? empty.shift();
    if (!part) throw new Error("unreachable: as many parts as numbers, none twice");
    return part;
  });
}

async function* oneByOne(shards: readonly Part[]): AsyncGenerator<string> {
  for (const { path } of shards) for await (const { line } of rowsOf(path)) yield `${line}\n`;
}

/** The row that each query of the input is due, from the shard that has it. */
async function* asInput(
  input: Input,
  shards: readonly Part[],
  rows: number,
): AsyncGenerator<string> {
  const orders = await possibleOrders(input, rows);
  let [order] = orders;
  // Their numbers fit more than one of them; the rows fit one.
  for (const one of orders.length > 1 ? orders : []) {
    if (!(await fits(one, shards, input))) continue;
    order = one;
    break;
  }
  if (!order) throw new Error("unreachable: there is an order, or it is refused");
  yield* rowsDue(order, shards, input);
}

/** The hashes of the queries of the rows of one run over the input. */
type Order = () => AsyncGenerator<Buffer>;

/**
 * `label` writes a row for each row. `benchmark` writes as many for each distinct query as there are models: model after
 * model; others may write query after query.
 */
async function possibleOrders(input: Input, rows: number): Promise<readonly Order[]> {
  const distinct = labelTable();
  let inputRows = 0;
  for await (const { hash } of inputRowsOf(input)) {
    inputRows++;
    distinct.set(hash, "query");
  }
  const models = rows / distinct.size;
  const even = Number.isInteger(models) && models > 0;
  async function* byRow() {
    for await (const { hash } of inputRowsOf(input)) yield hash;
  }
  async function* byModel() {
    for (let model = 0; model < models; model++) yield* distinctOf(input);
  }
  async function* byQuery() {
    for await (const hash of distinctOf(input))
      for (let model = 0; model < models; model++) yield hash;
  }
  const orders = [
    ...(inputRows === rows ? [byRow] : []),
    ...(even && inputRows > distinct.size ? [byModel, byQuery] : []),
    ...(even && inputRows === distinct.size && models > 1 ? [byModel, byQuery] : []),
  ];
  if (orders.length === 0) throw uneven(input.path, rows, distinct.size);
  return orders;
}

async function* distinctOf(input: Input): AsyncGenerator<Buffer> {
  const passed = labelTable();
  for await (const { hash } of inputRowsOf(input)) {
    if (passed.get(hash) !== undefined) continue;
    passed.set(hash, "query");
    yield hash;
  }
}

async function fits(order: Order, shards: readonly Part[], input: Input): Promise<boolean> {
  try {
    for await (const _ of rowsDue(order, shards, input));
    return true;
  } catch (thrown) {
    if (thrown instanceof RouterError && thrown.code === "training_data_invalid") return false;
    throw thrown;
  }
}

async function* rowsDue(
  order: Order,
  shards: readonly Part[],
  input: Input,
): AsyncGenerator<string> {
  const next = shards.map(({ path }) => rowsOf(path)[Symbol.asyncIterator]());
  try {
    for await (const hash of order()) {
      const at = shardIndexOf(hash, shards.length) - 1;
      const { value, done } = (await next[at]?.next()) ?? { done: true };
      if (done || !value.hash.equals(hash)) throw incomplete(shards[at]?.path ?? "", input.path);
      yield `${value.line}\n`;
    }
    for (const [at, rest] of next.entries()) {
      if (!(await rest.next()).done) throw incomplete(shards[at]?.path ?? "", input.path);
    }
  } finally {
    for (const rest of next) await rest.return?.(undefined);
  }
}

interface Input {
  readonly path: string;
  readonly limit: number;
}

async function* inputRowsOf({ path, limit }: Input): AsyncGenerator<Row> {
  if (limit === Number.POSITIVE_INFINITY) {
    yield* rowsOf(path);
    return;
  }
  const seen = labelTable();
  for await (const row of rowsOf(path)) {
    if (seen.size >= limit) return;
    seen.set(row.hash, "query");
    yield row;
  }
}

async function* rowsOf(path: string): AsyncGenerator<Row> {
  for await (const row of readRows(path)) if (!("problem" in row)) yield row;
}

const refused = (reason: string, remedy = "Give the files that the shards of one job wrote") =>
  new RouterError("training_data_invalid", reason, remedy);

const notOneShard = (path: string, index: number, other: number, count: number) =>
  refused(
    `${path} has queries of ${shardText({ index, count })} and of ${shardText({ index: other, count })}`,
    "Give every shard's file once: as many files as the job had shards",
  );

const twice = (first: string, second: string, shard: Shard) =>
  refused(
    `${first} and ${second} are both shard ${shardText(shard)}`,
    "Give every shard's file once: as many files as the job had shards",
  );

const incomplete = (path: string, input: string) =>
  refused(
    `${path} has not the rows of ${input}, in its order`,
    "Run that shard again to its end, with the same input, or merge without --input",
  );

const uneven = (input: string, rows: number, queries: number) =>
  refused(
    `the shards have ${rows} rows, which is not a number for each of the ${queries} queries of ${input}`,
    "Run the shards again to their end, with the same input, or merge without --input",
  );
