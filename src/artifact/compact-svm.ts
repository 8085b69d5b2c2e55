import { z } from "zod";
import type { SvmArtifact } from "./artifact.ts";
import { type CompactReader, writeCompact } from "./compact-file.ts";
import { unlabelled } from "./compact-knn.ts";
import { decodeRows, encodeRows, type Precision } from "./compact-rows.ts";
import { narrowest } from "./safetensors-dtype.ts";
import { tensor } from "./safetensors-write.ts";

const SvmFields = z.object({
  trained: z.boolean(),
  model_names: z.array(z.string()),
  kernel_type: z.enum(["linear", "rbf"]),
  gamma: z.number(),
  linear: z.array(z.object({ model: z.string() })),
  rbf: z.array(z.object({ model: z.string(), gamma: z.number() })),
});

/** Support vectors once, with a table of alphas by machine and vector in which 0 means that it has no part. */
export function svmToCompact(artifact: SvmArtifact, precision: Precision): Uint8Array {
  const { dimension, linear, features, provenance } = artifact;
  if (!features) throw unlabelled("svm");
  const { rbf, vectors } = inOrderOfUse(artifact);
  const fields: z.infer<typeof SvmFields> = {
    trained: artifact.trained,
    model_names: [...artifact.modelNames],
    kernel_type: artifact.kernelType,
    gamma: artifact.gamma,
    linear: linear.map(({ model }) => ({ model })),
    rbf: rbf.map(({ model, gamma }) => ({ model, gamma })),
  };
  const count = dimension === 0 ? 0 : vectors.length / dimension;
  const alpha = new Float64Array(rbf.length * count);
  rbf.forEach((machine, at) => {
    machine.vectorOf.forEach((vector, i) => {
      alpha[at * count + vector]! += machine.alpha[i] as number;
    });
  });
  const weights = new Float64Array(linear.length * dimension);
  linear.forEach((machine, at) => {
    weights.set(machine.weights, at * dimension);
  });
  return writeCompact(
    "svm",
    {
      ...(linear.length > 0 && { weights: tensor(narrowest(weights), dimension) }),
      ...(rbf.length > 0 && {
        ...encodeRows(vectors, dimension, features.categories.length, precision),
        alpha: tensor(narrowest(alpha), count),
      }),
      rho: tensor(Float64Array.from([...linear, ...rbf], ({ rho }) => rho)),
    },
    { features, provenance, fields },
  );
}

/** Support vectors in the order in which machines name them first, as the JSON reader finds them: both read alike. */
function inOrderOfUse({
  rbf,
  vectors,
  dimension,
}: SvmArtifact): Pick<SvmArtifact, "rbf" | "vectors"> {
  const places = new Map<number, number>();
  for (const { vectorOf } of rbf) {
    for (const vector of vectorOf) if (!places.has(vector)) places.set(vector, places.size);
  }
  const ordered = vectors.slice(0, places.size * dimension);
  for (const [from, to] of places) {
    ordered.set(vectors.subarray(from * dimension, (from + 1) * dimension), to * dimension);
  }
  const machines = rbf.map((machine) => ({
    ...machine,
    vectorOf: machine.vectorOf.map((vector) => places.get(vector) as number),
  }));
  return { rbf: machines, vectors: ordered };
}

export function svmFromCompact(read: CompactReader): SvmArtifact {
  const { features, provenance } = read;
  if (!features) throw read.refusal("features is missing");
  const fields = read.fields(SvmFields);
  const { linear, rbf } = fields;
  const dimension = features.dimension + features.categories.length;
  const rho = read.doubles(read.tensor("rho", [linear.length + rbf.length]));
  const weights = read.doubles(
    linear.length > 0 ? read.tensor("weights", [linear.length, dimension]) : nothing,
  );
  const vectors =
    rbf.length > 0
      ? decodeRows(read, features.dimension, features.categories.length)
      : new Float32Array(0);
  const count = vectors.length / dimension;
  const alpha = read.doubles(rbf.length > 0 ? read.tensor("alpha", [rbf.length, count]) : nothing);
  return {
    algorithm: "svm",
    trained: fields.trained,
    dimension,
    modelNames: fields.model_names,
    kernelType: fields.kernel_type,
    gamma: fields.gamma,
    linear: linear.map(({ model }, at) => ({
      model,
      weights: weights.slice(at * dimension, (at + 1) * dimension),
      rho: rho[at] as number,
    })),
    rbf: rbf.map(({ model, gamma }, at) => {
      const own = alpha.subarray(at * count, (at + 1) * count);
      const vectorOf = Uint32Array.from(own.keys()).filter((vector) => own[vector] !== 0);
      return {
        model,
        gamma,
        vectorOf,
        alpha: Float64Array.from(vectorOf, (vector) => own[vector] as number),
        rho: rho[linear.length + at] as number,
      };
    }),
    vectors,
    features,
    ...(provenance && { provenance }),
  };
}

const nothing = { dtype: "F64", shape: [0], values: new Float64Array(0) } as const;
