import { type Command, InvalidArgumentError, Option } from "commander";
import { builtIn } from "../embed/built-in.ts";
import type { Embedder } from "../embed/embedder.ts";
import { type Dtype, dtypes } from "../embed/model-file.ts";
import { RouterError } from "../errors.ts";
import { inShard, type Shard } from "../shard/shard.ts";
import { compareDtypes, comparedJson, comparedText } from "./compare-dtype.ts";
import { namedFolder, openNamedEmbedder } from "./open-embedder.ts";
import { shardOption } from "./shard-option.ts";
import { print, textOf, windows, windowTexts } from "./text-lines.ts";

interface Options {
  readonly config?: string;
  readonly embedder?: string;
  readonly dtype?: Dtype;
  readonly input: string;
  readonly compareDtype?: readonly Dtype[];
  readonly withQuery?: boolean;
  readonly shard?: Shard;
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
    .option("--with-query", "the text in each line out; lines in that hold none are left out")
    .option("--shard <i/n>", "only this part of the texts, --with-query; see merge", shardOption)
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
  const { config, embedder: name, dtype, input, compareDtype, json } = options;
  const named = { config, name, dtype };
  if (config !== undefined && name !== undefined) {
    throw new RouterError(
      "config_invalid",
      "two embedders are named",
      "Give --config or --embedder",
    );
  }
  if (compareDtype) {
    const results = await compareDtypes(input, compareDtype, (dtype) =>
      namedFolder({ ...named, dtype }),
    );
    for (const text of json ? [comparedJson(results)] : results.map(comparedText))
      await print(text);
    return;
  }
  const { shard, withQuery = shard !== undefined } = options;
  const embedder = await openNamedEmbedder(named, windowTexts);
  let left = 0;
  try {
    for await (const window of windows(input)) {
      const wanted = withQuery ? window.filter((line) => isWanted(line, shard)) : window;
      const answers = await Promise.all(wanted.map((line) => answer(embedder, line, withQuery)));
      for (const one of answers) await print(JSON.stringify(one));
    }
  } finally {
    await embedder.close();
  }
  if (left > 0) process.stderr.write(`${left} lines hold no text and are left out\n`);

  function isWanted(line: string, part: Shard | undefined): boolean {
    try {
      return inShard(textOf(line), part);
    } catch {
      // Of its part, like any other, so that all parts together count it once.
      if (inShard(line, part)) left++;
      return false;
    }
  }
}

/** What stands on the line's place in the output. Never rejects: one line must not cost the others. */
async function answer(embedder: Embedder, line: string, withQuery: boolean): Promise<object> {
  const query = withQuery ? { query: textOf(line) } : {};
  try {
    const [embedding] = await embedder.embed([textOf(line)]);
    if (!embedding) throw new Error("unreachable: one text in, one embedding out");
    const { vector, tokens, truncated } = embedding;
    return { ...query, embedding: Array.from(vector), tokens, truncated };
  } catch (thrown) {
    const { code, detail, remedy } = RouterError.from(thrown);
    return { ...query, error: { code, message: detail, remedy } };
  }
}
