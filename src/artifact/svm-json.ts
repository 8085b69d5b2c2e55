import { z } from "zod";
import { concatenated, type Matrix } from "../math/matrix.ts";
import {
  FeatureSpec,
  type LinearMachine,
  Provenance,
  type RbfMachine,
  type SvmArtifact,
} from "./artifact.ts";
import { distinctVectors } from "./distinct-vectors.ts";
import { checkFeatures } from "./feature-width.ts";
import { type FieldReader, type JsonObject, readFields } from "./fields.ts";
import { numbersToJSON, objectToJSON, rowsToJSON } from "./write-rows.ts";

const kernel = z
  .string()
  .toLowerCase()
  .pipe(z.enum(["linear", "rbf"]));

const SvmFields = z.object({
  algorithm: z.string(),
  trained: z.boolean(),
  kernel_type: kernel.optional(),
  kernel: kernel.optional(),
  gamma: z.number(),
  features: FeatureSpec.optional(),
  provenance: Provenance.optional(),
});
const LinearFields = z.object({ model_name: z.string(), rho: z.number() });
const RbfFields = LinearFields.extend({ gamma: z.number() });

type OwnVectors = Omit<RbfMachine, "vectorOf"> & { readonly rows: Matrix };

/** Reads svm_model.json. Throws RouterError `artifact_invalid`; `source` names the file in it. */
export function parseSvm(text: string, source = "svm_model.json"): SvmArtifact {
  const read = readFields(text, "svm", source);
  const { file } = read;
  const fields = read.fields(SvmFields, file);
  const kernelType = fields.kernel_type ?? fields.kernel;
  if (!kernelType) throw read.refusal("kernel_type is missing");
  const width = oneWidth(read);
  const linear = machines(read, "linear_classifiers").map(([machine, field]): LinearMachine => {
    const { model_name: model, rho } = read.fields(LinearFields, machine, `${field}.`);
    const weights = read.numbers(machine["weights"], `${field}.weights`);
    width.check(weights.length, `${field}.weights`);
    return { model, weights, rho };
  });
  const rbf = machines(read, "rbf_classifiers").map(([machine, field]): OwnVectors => {
    const { model_name: model, rho, gamma } = read.fields(RbfFields, machine, `${field}.`);
    const rows = read.rows(machine["support_vectors"], `${field}.support_vectors`);
    const alpha = read.numbers(machine["alpha"], `${field}.alpha`);
    if (alpha.length !== rows.count) {
      throw read.refusal(
        `${field}.alpha has length ${alpha.length}, ${field}.support_vectors has ${rows.count}`,
      );
    }
    if (rows.count > 0) width.check(rows.dimension, `${field}.support_vectors`);
    return { model, rho, gamma, alpha, rows: rows.numbers };
  });
  checkFeatures(read, fields.features, width.found());
  return {
    algorithm: "svm",
    trained: fields.trained,
    dimension: width.found(),
    modelNames: read.strings(file["model_names"], "model_names"),
    kernelType,
    gamma: fields.gamma,
    linear,
    ...shared(rbf, width.found()),
    ...(fields.features && { features: fields.features }),
    ...(fields.provenance && { provenance: fields.provenance }),
  };
}

function machines(read: FieldReader, name: string): readonly [JsonObject, string][] {
  const value = read.file[name];
  return read.list(value === undefined ? [] : value, name).map((machine, index) => {
    if (typeof machine === "object" && machine !== null) {
      return [machine as JsonObject, `${name}[${index}]`];
    }
    throw read.refusal(`${name}[${index}] is not an object`);
  });
}

/** Machines of different widths would read past each other's vectors. */
function oneWidth(read: FieldReader): {
  check(width: number, field: string): void;
  found(): number;
} {
  let first: { readonly width: number; readonly field: string } | undefined;
  function check(width: number, field: string): void {
    first ??= { width, field };
    if (width === 0) throw read.refusal(`${field} is empty`);
    if (width !== first.width) {
      throw read.refusal(`${field} is ${width} wide, ${first.field} is ${first.width}`);
    }
  }
  return { check, found: () => first?.width ?? 0 };
}

function shared(
  machines: readonly OwnVectors[],
  dimension: number,
): Pick<SvmArtifact, "rbf" | "vectors"> {
  const all = concatenated(machines.map((machine) => machine.rows));
  const { vectors, vectorOf } = distinctVectors(all, dimension);
  let from = 0;
  const rbf = machines.map(({ rows: _, ...machine }): RbfMachine => {
    from += machine.alpha.length;
    return { ...machine, vectorOf: vectorOf.slice(from - machine.alpha.length, from) };
  });
  return { rbf, vectors };
}

/** A file that upstream reads too; what is ours it ignores. */
export function svmToJSON(artifact: SvmArtifact): string {
  const { modelNames, kernelType, vectors, dimension, features, provenance } = artifact;
  const linear = artifact.linear.map(({ model, weights, rho }) =>
    objectToJSON({
      model_name: JSON.stringify(model),
      weights: numbersToJSON(weights),
      rho: String(rho),
    }),
  );
  const rbf = artifact.rbf.map(({ model, alpha, vectorOf, rho, gamma }) =>
    objectToJSON({
      model_name: JSON.stringify(model),
      alpha: numbersToJSON(alpha),
      support_vectors: rowsToJSON(vectors, dimension, vectorOf),
      rho: String(rho),
      gamma: String(gamma),
    }),
  );
  return objectToJSON({
    algorithm: '"svm"',
    trained: String(artifact.trained),
    model_names: JSON.stringify(modelNames),
    // Upstream refuses other spellings.
    kernel_type: kernelType === "rbf" ? '"Rbf"' : '"Linear"',
    gamma: String(artifact.gamma),
    linear_classifiers: `[${linear.join(",")}]`,
    rbf_classifiers: `[${rbf.join(",")}]`,
    kernel: JSON.stringify(kernelType),
    feature_dim: String(dimension),
    n_classes: String(modelNames.length),
    features: features && JSON.stringify(features),
    provenance: provenance && JSON.stringify(provenance),
  });
}
