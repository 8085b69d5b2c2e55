import { z } from "zod";
import { HttpFault } from "./http-embedder-post.ts";

export interface EmbeddingsAnswer {
  /** What the server says that its model is; empty when it does not say. */
  readonly model: string;
  /** Of each text in the order asked: as wide as the server made it, or why there is none. */
  readonly vectors: readonly (Float64Array | string)[];
  /** Tokens of all texts, as the server counts them; 0 when it does not say. */
  readonly tokens: number;
}

const Count = z.int().min(0).optional().catch(undefined);

/** What of OpenAI's answer is read; other fields are ignored. */
const Answer = z.object({
  model: z.string().nullish(),
  data: z.array(z.object({ index: z.int().optional(), embedding: z.unknown() })),
  usage: z.object({ prompt_tokens: Count, total_tokens: Count }).nullish().catch(undefined),
});

/**
 * Reads the answer to a request for `texts` embeddings. `index` decides the order; without it the server's order does.
 * Throws an HttpFault without a word of the answer, which may repeat a text.
 */
export function readAnswer(body: Buffer, texts: number): EmbeddingsAnswer {
  const read = Answer.safeParse(json(body));
  if (!read.success) throw new HttpFault("an answer that is no list of embeddings");
  const { model, data, usage } = read.data;
  if (data.length !== texts) {
    throw new HttpFault(`${data.length} embeddings for ${texts} texts`);
  }
  const vectors: (Float64Array | string)[] = [];
  data.forEach(({ index, embedding }, at) => {
    vectors[index ?? at] = numbersOf(embedding);
  });
  // As many as texts, so that any index which is wrong leaves a gap.
  for (let at = 0; at < texts; at++) {
    if (vectors[at] === undefined) throw new HttpFault(`no embedding of index ${at}`);
  }
  return { model: model ?? "", vectors, tokens: usage?.prompt_tokens ?? usage?.total_tokens ?? 0 };
}

function json(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    // Without the parser's error as the cause: it shows the text around the fault.
    throw new HttpFault("an answer that is not JSON");
  }
}

function numbersOf(embedding: unknown): Float64Array | string {
  const numbers = typeof embedding === "string" ? fromBase64(embedding) : embedding;
  if (!Array.isArray(numbers) || numbers.length === 0) return "an embedding that is no list";
  const sound = numbers.every((value) => typeof value === "number" && Number.isFinite(value));
  return sound ? Float64Array.from(numbers) : "an embedding with what is not a number";
}

/** `encoding_format: base64`: float32 numbers, the low byte first. */
function fromBase64(text: string): number[] | undefined {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length % 4 !== 0) return undefined;
  return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
}
