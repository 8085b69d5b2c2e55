import { createReadStream } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { type Command, InvalidArgumentError, Option } from "commander";
import { loadConfig } from "../config/load.ts";
import { resolvePath } from "../config/paths.ts";
import { type Agreement, agreement } from "../embed/agreement.ts";
import { builtIn } from "../embed/built-in.ts";
import { configuredChoice, openConfiguredEmbedder } from "../embed/default-embedder.ts";
import type { Embedder } from "../embed/embedder.ts";
import { findModel } from "../embed/find-model.ts";
import { type Dtype, dtypes } from "../embed/model-file.ts";
import { openEmbedder } from "../embed/worker-embedder.ts";
import { RouterError } from "../errors.ts";
import { hubSettings } from "../hub/settings.ts";

interface Options {
  readonly config?: string;
  readonly embedder?: string;
  readonly dtype?: Dtype;
  readonly input: string;
  readonly compareDtype?: readonly Dtype[];
  readonly json?: boolean;
}

/** Texts embedded at once: enough for whole batches, few enough to be shown soon. */
const windowTexts = 64;

/** Of --compare-dtype: their vectors are kept, 4 KiB each and dtype. */
const maxCompared = 50_000;

export function register(program: Command): void {
  program
    .command("embed")
    .description(
      'Turn texts into vectors: {"text": ...} a line in, {"embedding": [...]} a line out',
    )
    .option("--config <file>", "the embedder that this configuration names")
    .option("--embedder <name>", `${builtIn}, qwen3, gte, mpnet, e5, bge, owner/name, or a folder`)
    .addOption(new Option("--dtype <name>", "which of the model's files").choices(dtypes))
    .option(
      "--input <file>",
      'JSONL: strings, {"text": ...} or {"query": ...}; - for standard input',
      "-",
    )
    .option("--compare-dtype <names>", "such as fp32,int8: how alike their vectors are", dtypeList)
    .option("--json", "with --compare-dtype: one JSON object")
    .action(run);
}

function dtypeList(text: string): readonly Dtype[] {
  const names = text.split(",").map((one) => one.trim());
  const known = names.filter((one): one is Dtype => dtypes.some((dtype) => dtype === one));
  if (known.length === names.length && new Set(known).size > 1) return known;
  throw new InvalidArgumentError(`It must be two or more of ${dtypes.join(", ")}.`);
}

async function run(options: Options): Promise<void> {
  if (options.config !== undefined && options.embedder !== undefined) {
    throw new RouterError(
      "config_invalid",
      "two embedders are named",
      "Give --config or --embedder",
    );
  }
  if (options.compareDtype) await compare(options, options.compareDtype);
  else await embedLines(options);
}

async function embedLines(options: Options): Promise<void> {
  const embedder = await opened(options);
  try {
    for await (const window of windows(options.input)) {
      const answers = await Promise.all(window.map((line) => answer(embedder, line)));
      for (const one of answers) await print(JSON.stringify(one));
    }
  } finally {
    await embedder.close();
  }
}

/** What stands on the line's place in the output. Never rejects for what is the line's own fault. */
async function answer(embedder: Embedder, line: string): Promise<object> {
  try {
    const [embedding] = await embedder.embed([textOf(line)]);
    if (!embedding) throw new Error("unreachable: one text in, one embedding out");
    const { vector, tokens, truncated } = embedding;
    return { embedding: Array.from(vector), tokens, truncated };
  } catch (thrown) {
    const { code, detail, remedy } = RouterError.from(thrown);
    return { error: { code, message: detail, remedy } };
  }
}

function textOf(line: string): string {
  const wrong = (reason: string) =>
    new RouterError(
      "invalid_request",
      reason,
      'Write a JSON string, {"text": "..."} or {"query": "..."}',
    );
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw wrong("the line is not JSON");
  }
  if (typeof value === "string") return value;
  const { text, query } = (value ?? {}) as { text?: unknown; query?: unknown };
  const found = text ?? query;
  if (typeof found === "string") return found;
  throw wrong("neither text nor query is a string");
}

async function opened({
  config: path,
  embedder: name = builtIn,
  dtype,
}: Options): Promise<Embedder> {
  if (path === undefined) {
    const folder = findModel(name, { dtype }, hubSettings(process.env));
    return openEmbedder({ folder, ...limits });
  }
  const { config } = loadConfig(path, process.env);
  const models = { ...config.embedding_models, ...(dtype && { dtype }) };
  return openConfiguredEmbedder(
    { ...config, embedding_models: models, limits: { ...config.limits, ...batchLimits } },
    (file) => resolvePath(file, dirname(path), process.cwd()),
  );
}

/** Offline nobody is refused, and no text comes twice on purpose. */
const batchLimits = { max_waiting_texts: windowTexts, cache_entries: 0 };
const limits = { maxWaiting: windowTexts, cacheEntries: 0 };

async function compare(options: Options, compared: readonly Dtype[]): Promise<void> {
  const texts: string[] = [];
  for await (const window of windows(options.input)) {
    texts.push(...window.map(textOf));
    if (texts.length > maxCompared) throw tooMany();
  }
  if (texts.length === 0) throw new RouterError("invalid_request", "no texts", "Give --input");
  const vectors: Float32Array[][] = [];
  const files: string[] = [];
  for (const dtype of compared) {
    // One after another: two models of 2.4 GB need not be in memory together.
    const folder = comparedFolder(options, dtype);
    files.push(folder.modelFile);
    const embedder = await openEmbedder({ folder, ...limits });
    try {
      const own: Float32Array[] = [];
      for (let at = 0; at < texts.length; at += windowTexts) {
        const embedded = await embedder.embed(texts.slice(at, at + windowTexts));
        own.push(...embedded.map(({ vector }) => vector));
      }
      vectors.push(own);
    } finally {
      await embedder.close();
    }
  }
  const [reference = []] = vectors;
  const results = compared.slice(1).map((dtype, i) => ({
    dtype,
    against: compared[0],
    files: [files[i + 1], files[0]],
    ...agreement(vectors[i + 1] ?? [], reference),
  }));
  if (options.json) await print(JSON.stringify({ results: results.map(asJson) }));
  else for (const result of results) await print(asText(result));
}

function comparedFolder({ config: path, embedder: name = builtIn }: Options, dtype: Dtype) {
  const hub = hubSettings(process.env);
  if (path === undefined) return findModel(name, { dtype }, hub);
  const { embedding_models: models } = loadConfig(path, process.env).config;
  const at = (file: string) => resolvePath(file, dirname(path), process.cwd());
  return findModel(
    models.qwen3_model_path ?? builtIn,
    { ...configuredChoice(models), dtype },
    hub,
    at,
  );
}

interface Result extends Agreement {
  readonly dtype: Dtype;
  readonly against: Dtype | undefined;
  readonly files: readonly (string | undefined)[];
}

const asJson = ({ sameNearest, ...rest }: Result) => ({
  ...rest,
  same_nearest: sameNearest ?? null,
});

function asText({ dtype, against, texts, cosine, sameNearest }: Result): string {
  const number = (value: number) => value.toFixed(6);
  const { mean, min, p1, p5, p50 } = cosine;
  const nearest =
    sameNearest === undefined ? "" : `\n  same nearest text ${(100 * sameNearest).toFixed(1)} %`;
  return (
    `${dtype} against ${against}, ${texts} texts\n` +
    `  cosine mean ${number(mean)}, min ${number(min)}, p1 ${number(p1)}, p5 ${number(p5)}, p50 ${number(p50)}${nearest}`
  );
}

async function* windows(path: string): AsyncGenerator<readonly string[]> {
  const input = path === "-" ? process.stdin : createReadStream(path);
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  input.on("error", (cause: Error) => {
    const detail = `${path} cannot be read`;
    lines.emit("error", new RouterError("invalid_request", detail, "Check the path", { cause }));
  });
  let window: string[] = [];
  for await (const line of lines) {
    if (line.trim() === "") continue;
    window.push(line);
    if (window.length < windowTexts) continue;
    yield window;
    window = [];
  }
  if (window.length > 0) yield window;
}

async function print(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) {
    await new Promise((done) => process.stdout.once("drain", done));
  }
}

const tooMany = () =>
  new RouterError(
    "invalid_request",
    `more than ${maxCompared} texts to compare`,
    "Give fewer; a few thousand say as much",
  );
