import { dirname } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { loadConfig } from "../config/load.ts";
import { resolvePath } from "../config/paths.ts";
import { builtIn } from "../embed/built-in.ts";
import { configuredChoice, openConfiguredEmbedder } from "../embed/default-embedder.ts";
import type { Embedder } from "../embed/embedder.ts";
import { findModel } from "../embed/find-model.ts";
import { type Dtype, dtypes } from "../embed/model-file.ts";
import type { ModelFolder } from "../embed/model-folder.ts";
import { openEmbedder } from "../embed/worker-embedder.ts";
import { RouterError } from "../errors.ts";
import { hubSettings } from "../hub/settings.ts";
import { compareDtypes, comparedJson, comparedText } from "./compare-dtype.ts";
import { print, textOf, windows, windowTexts } from "./text-lines.ts";

interface Options {
  readonly config?: string;
  readonly embedder?: string;
  readonly dtype?: Dtype;
  readonly input: string;
  readonly compareDtype?: readonly Dtype[];
  readonly json?: boolean;
}

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
    .option("--json", "with --compare-dtype: one JSON object; vectors are JSON lines anyhow")
    .action(run);
}

function dtypeList(text: string): readonly Dtype[] {
  const names = text.split(",").map((one) => one.trim());
  const known = names.filter((one): one is Dtype => dtypes.some((dtype) => dtype === one));
  if (known.length === names.length && new Set(known).size === known.length && known.length > 1) {
    return known;
  }
  throw new InvalidArgumentError(`It must be two or more of ${dtypes.join(", ")}.`);
}

async function run(options: Options): Promise<void> {
  const { input, compareDtype, json } = options;
  if (options.config !== undefined && options.embedder !== undefined) {
    throw new RouterError(
      "config_invalid",
      "two embedders are named",
      "Give --config or --embedder",
    );
  }
  if (compareDtype) {
    const results = await compareDtypes(input, compareDtype, (dtype) => folderOf(options, dtype));
    for (const text of json ? [comparedJson(results)] : results.map(comparedText))
      await print(text);
    return;
  }
  const embedder = await opened(options);
  try {
    for await (const window of windows(input)) {
      const answers = await Promise.all(window.map((line) => answer(embedder, line)));
      for (const one of answers) await print(JSON.stringify(one));
    }
  } finally {
    await embedder.close();
  }
}

/** What stands on the line's place in the output. Never rejects: one line must not cost the others. */
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

async function opened(options: Options): Promise<Embedder> {
  const { config: path, dtype } = options;
  if (path === undefined) {
    const folder = folderOf(options, dtype);
    return openEmbedder({ folder, maxWaiting: windowTexts, cacheEntries: 0 });
  }
  const { config } = loadConfig(path, process.env);
  const models = { ...config.embedding_models, ...(dtype && { dtype }) };
  // Offline nobody is refused, and no text comes twice on purpose.
  const limits = { ...config.limits, max_waiting_texts: windowTexts, cache_entries: 0 };
  return openConfiguredEmbedder({ ...config, embedding_models: models, limits }, at(path));
}

function folderOf({ config: path, embedder = builtIn }: Options, dtype?: Dtype): ModelFolder {
  const hub = hubSettings(process.env);
  if (path === undefined) return findModel(embedder, { dtype }, hub);
  const { embedding_models: models } = loadConfig(path, process.env).config;
  const choice = { ...configuredChoice(models), dtype };
  return findModel(models.qwen3_model_path ?? builtIn, choice, hub, at(path));
}

const at = (config: string) => (file: string) => resolvePath(file, dirname(config), process.cwd());
