import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { domainNames } from "../domains.ts";
import { RouterError } from "../errors.ts";
import { readBounded } from "../files/read-bounded.ts";
import { bucketsPerBlock } from "./text-features.ts";
import { textColumns } from "./weighted-text.ts";

export const headFileNames = { description: "head.json", weights: "head.bin" } as const;

/** An exam question and a chat line draw the borders of a domain differently, so each style has its own 14 classes. */
export const styles = ["exam", "chat"] as const;
export const classCount = styles.length * domainNames.length;

/** head.json: what head.bin is, and for which embedder it was trained. */
export const HeadDescription = z.object({
  kind: z.literal("domain-head"),
  version: z.literal(1),
  embedder: z.object({
    name: z.string(),
    revision: z.string(),
    dimension: z.int().positive().max(65_536),
    pooling: z.string(),
    normalized: z.boolean(),
  }),
  domains: z.tuple(domainNames.map((name) => z.literal(name)) as [z.ZodLiteral<string>]),
  styles: z.tuple([z.literal("exam"), z.literal("chat")]),
  buckets_per_block: z.literal(bucketsPerBlock),
  /** Logits are divided by it, which makes confidences honest. */
  temperature: z.number().positive(),
  /** A text weight is its byte times the scale of its class. */
  text_scales: z.array(z.number()).length(classCount),
  bias: z.array(z.number()).length(classCount),
  sha256: z.string(),
});
export type HeadDescription = z.infer<typeof HeadDescription>;

export interface HeadWeights {
  /** [textColumns][classCount] */
  readonly text: Int8Array;
  /** [textColumns], see weightedText */
  readonly rarity: Uint8Array;
  /** [dimension][classCount] */
  readonly vector: Float32Array;
}

/** Parts in this order, nothing between them; numbers little-endian. */
export function headBytes({ text, rarity, vector }: HeadWeights): Buffer {
  const bytes = Buffer.alloc(text.length + rarity.length + vector.length * 4);
  bytes.set(new Uint8Array(text.buffer, text.byteOffset, text.length), 0);
  bytes.set(rarity, text.length);
  vector.forEach((value, i) => {
    bytes.writeFloatLE(value, text.length + rarity.length + i * 4);
  });
  return bytes;
}

/** RouterError `model_not_found` or `artifact_invalid`. */
export function readHead(folder: string): { description: HeadDescription; weights: HeadWeights } {
  const description = readDescription(join(folder, headFileNames.description));
  const path = join(folder, headFileNames.weights);
  const bytes = readBounded(path, maxWeightsBytes, refusals);
  const actual = createHash("sha256").update(bytes).digest("hex");
  if (actual !== description.sha256) {
    throw invalid(
      `${path} has sha256 ${actual}, ${headFileNames.description} says ${description.sha256}`,
    );
  }
  const { dimension } = description.embedder;
  const expected = textColumns * (classCount + 1) + dimension * classCount * 4;
  if (bytes.length !== expected) {
    throw invalid(`${path} has ${bytes.length} bytes, not the ${expected} of its shape`);
  }
  const textBytes = textColumns * classCount;
  const text = new Int8Array(bytes.buffer, bytes.byteOffset, textBytes).slice();
  const rarity = new Uint8Array(bytes.subarray(textBytes, textBytes + textColumns));
  const vector = new Float32Array(dimension * classCount);
  for (let i = 0; i < vector.length; i++) {
    vector[i] = bytes.readFloatLE(textBytes + textColumns + i * 4);
  }
  return { description, weights: { text, rarity, vector } };
}

const maxDescriptionBytes = 64 * 1024;
const maxWeightsBytes = 16 * 1024 ** 2;
const remedy = "Train it with signalbox train-domain, or reinstall signalbox";
const refusals = {
  unreadable: { code: "model_not_found", remedy },
  tooLarge: { code: "artifact_invalid", remedy },
} as const;
const invalid = (detail: string): RouterError =>
  new RouterError("artifact_invalid", detail, remedy);

function readDescription(path: string): HeadDescription {
  const text = readNamed(path);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new RouterError("artifact_invalid", `${path} is not JSON`, remedy, { cause });
  }
  const parsed = HeadDescription.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(`${path}: ${issue?.path.join(".")}: ${issue?.message}`);
}

/** The words of upstream, which people search for, stand first when the file is missing. */
function readNamed(path: string): string {
  try {
    return readBounded(path, maxDescriptionBytes, refusals).toString("utf8");
  } catch (thrown) {
    if (!(thrown instanceof RouterError) || thrown.code !== "model_not_found") throw thrown;
    const detail = `pretrained model not found: ${thrown.detail}`;
    throw new RouterError(thrown.code, detail, thrown.remedy, { cause: thrown });
  }
}
