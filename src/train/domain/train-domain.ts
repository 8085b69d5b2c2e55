import { createHash } from "node:crypto";
import { join } from "node:path";
import { openDomainClassifier } from "../../classify/head.ts";
import {
  type HeadDescription,
  headBytes,
  headFileNames,
  styles,
} from "../../classify/head-file.ts";
import { bucketsPerBlock } from "../../classify/text-features.ts";
import { domainNames } from "../../domains.ts";
import type { Embedder } from "../../embed/embedder.ts";
import { writeAtomic } from "../../files/write-atomic.ts";
import { embedQueries } from "../embed-queries.ts";
import { fitTemperature } from "./calibrate.ts";
import { crossValidate } from "./cross-validate.ts";
import { fitRows, packed, settings } from "./fit-head.ts";
import { prepare } from "./prepare.ts";
import { readData, readHeldOut, readTraining } from "./read-sources.ts";
import { type Report, reportOf, type Tested } from "./report.ts";
import { reportMarkdown } from "./report-markdown.ts";
import type { Sample } from "./sample.ts";
import { termLines } from "./term-lines.ts";

export interface TrainDomainOptions {
  /** Folder of the public sets. */
  readonly data: string;
  /** Folder of what was written for this repository. */
  readonly training: string;
  readonly out: string;
  readonly seed: number;
  readonly log: (line: string) => void;
}

/** Reads, embeds, cross-validates, calibrates, fits, writes the head, and reports on what that head then says. */
export async function trainDomain(
  embedder: Embedder,
  { data, training, out, seed, log }: TrainDomainOptions,
): Promise<Report> {
  const heldOut = await readHeldOut(training);
  const known = new Set(heldOut.map(({ text }) => text.trim().toLowerCase()));
  const all = [...(await readData(data)), ...(await readTraining(training))];
  const test = all.filter(({ split, source }) => split === "test" && source !== "mmlu");
  const seen = all.filter(
    ({ split, text }) => split === "train" && !known.has(text.trim().toLowerCase()),
  );
  const train = [...seen, ...termLines(seen, seed)];
  log(`${train.length} texts to learn from, ${test.length + heldOut.length} to report on`);

  const vectors = await embed(train, embedder);
  log("embedded");
  const prepared = prepare(train, vectors, embedder.dimension);
  const outOfFold = crossValidate(prepared, seed, (done, of) => log(`fold ${done} of ${of}`));
  const temperature = fitTemperature(outOfFold);

  const head = packed(fitRows(prepared, seed), prepared);
  const bytes = headBytes(head.weights);
  const { name, revision, dimension, pooling, normalized } = embedder;
  const description: HeadDescription = {
    kind: "domain-head",
    version: 1,
    embedder: { name, revision, dimension, pooling, normalized },
    domains: [...domainNames] as unknown as HeadDescription["domains"],
    styles: [...styles] as HeadDescription["styles"],
    buckets_per_block: bucketsPerBlock,
    temperature,
    text_scales: [...head.textScales],
    bias: [...head.bias],
    sha256: createHash("sha256").update(bytes).digest("hex"),
  };
  await writeAtomic(join(out, headFileNames.weights), bytes);
  await writeAtomic(join(out, headFileNames.description), json(description));

  const classifier = openDomainClassifier(out, embedder);
  const tested = async (samples: readonly Sample[]): Promise<Tested[]> => {
    const vectors = await embed(samples, embedder);
    return samples.map((sample, row) => {
      const vector = vectors.subarray(row * dimension, (row + 1) * dimension);
      const [top] = classifier.classify(sample.text, vector);
      if (!top) throw new Error("unreachable: a classifier names every domain");
      return { sample, actual: sample.domain, predicted: top.name, confidence: top.confidence };
    });
  };
  const report = reportOf({
    description,
    settings: { ...settings, seed },
    inputs: { data, training },
    train,
    outOfFold,
    test: await tested(test),
    heldOut: await tested(heldOut),
  });
  await writeAtomic(join(out, "report.json"), json(report));
  await writeAtomic(join(out, "report.md"), reportMarkdown(report));
  return report;
}

const embed = (samples: readonly Sample[], embedder: Embedder): Promise<Float32Array> =>
  embedQueries(
    samples.map(({ text }) => text),
    embedder,
    { batchSize: 64 },
  );

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
