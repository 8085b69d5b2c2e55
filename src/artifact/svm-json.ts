import { z } from "zod";
import {
  FeatureSpec,
  type LinearMachine,
  Provenance,
  type RbfMachine,
  type SvmArtifact,
} from "./artifact.ts";
import type { ByteSource } from "./byte-source.ts";
import { checkFeatures } from "./feature-width.ts";
import {
  checkFields,
  checkStrings,
  Refusal,
  readFile,
  readList,
  readModel,
  readObject,
} from "./fields.ts";
import { growingCounts, type Room } from "./growing.ts";
import type { JsonCursor } from "./json-cursor.ts";
import { readDoubles, readRows, rowReader } from "./json-rows.ts";
import { distinctRows, type RowSet } from "./row-set.ts";
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

const whole = [...Object.keys(SvmFields.shape), "model_names"];

/** Far more than anyone routes among. */
const maxMachines = 2 ** 16;

/**
 * Reads svm_model.json. Throws RouterError `artifact_invalid`; `source` names the file in it. What is read may occupy
 * `maxBytes`.
 */
export const parseSvm = (
  content: string | ByteSource,
  source = "svm_model.json",
  maxBytes = Number.POSITIVE_INFINITY,
): SvmArtifact => readModel(content, "svm", source, maxBytes, readSvm);

function readSvm(cursor: JsonCursor, room: Room): SvmArtifact {
  const width = oneWidth();
  const linear: LinearMachine[] = [];
  const rbf: RbfMachine[] = [];
  const vectors = distinctRows(room);
  const file = readFile(
    cursor,
    {
      linear_classifiers: (field) =>
        readMachines(cursor, field, (name) =>
          linear.push(linearMachine(cursor, room, width, name)),
        ),
      rbf_classifiers: (field) =>
        readMachines(cursor, field, (name) =>
          rbf.push(rbfMachine(cursor, room, width, vectors, name)),
        ),
    },
    whole,
  );
  const fields = checkFields(SvmFields, file);
  const kernelType = fields.kernel_type ?? fields.kernel;
  if (!kernelType) throw new Refusal("kernel_type is missing");
  checkFeatures(fields.features, width.found());
  return {
    algorithm: "svm",
    trained: fields.trained,
    dimension: width.found(),
    modelNames: checkStrings(file["model_names"], "model_names"),
    kernelType,
    gamma: fields.gamma,
    linear,
    rbf,
    vectors: vectors.done(),
    ...(fields.features && { features: fields.features }),
    ...(fields.provenance && { provenance: fields.provenance }),
  };
}

function readMachines(cursor: JsonCursor, name: string, read: (field: string) => void): void {
  readList(cursor, name, (index, field) => {
    if (index === maxMachines) throw new Refusal(`${name} has more than ${maxMachines} machines`);
    if (cursor.next() !== 0x7b) throw new Refusal(`${field} is not an object`);
    read(field);
  });
}

function linearMachine(cursor: JsonCursor, room: Room, width: Width, name: string): LinearMachine {
  let weights: Float64Array | undefined;
  const machine = readObject(
    cursor,
    {
      weights: (field) => {
        weights = readDoubles(cursor, field, room);
      },
    },
    Object.keys(LinearFields.shape),
    `${name}.`,
  );
  const { model_name: model, rho } = checkFields(LinearFields, machine, `${name}.`);
  if (!weights) throw new Refusal(`${name}.weights is missing`);
  width.check(weights.length, `${name}.weights`);
  return { model, weights, rho };
}

function rbfMachine(
  cursor: JsonCursor,
  room: Room,
  width: Width,
  vectors: RowSet,
  name: string,
): RbfMachine {
  let alpha: Float64Array | undefined;
  let vectorOf: Uint32Array | undefined;
  const machine = readObject(
    cursor,
    {
      alpha: (field) => {
        alpha = readDoubles(cursor, field, room);
      },
      support_vectors: (field) => {
        const indices = growingCounts(room);
        const reader = rowReader(cursor, width.checking(vectors, field), room);
        readRows(cursor, field, reader, indices);
        vectorOf = indices.done();
      },
    },
    Object.keys(RbfFields.shape),
    `${name}.`,
  );
  const { model_name: model, rho, gamma } = checkFields(RbfFields, machine, `${name}.`);
  if (!vectorOf) throw new Refusal(`${name}.support_vectors is missing`);
  if (!alpha) throw new Refusal(`${name}.alpha is missing`);
  if (alpha.length !== vectorOf.length) {
    throw new Refusal(
      `${name}.alpha has length ${alpha.length}, ${name}.support_vectors has ${vectorOf.length}`,
    );
  }
  return { model, vectorOf, alpha, rho, gamma };
}

/** Machines of different widths would read past each other's vectors. */
interface Width {
  check(width: number, field: string): void;
  /** The rows, each checked first. */
  checking(rows: RowSet, field: string): RowSet;
  found(): number;
}

function oneWidth(): Width {
  let first: { readonly width: number; readonly field: string } | undefined;
  function check(width: number, field: string): void {
    first ??= { width, field };
    if (width === 0) throw new Refusal(`${field} is empty`);
    if (width !== first.width) {
      throw new Refusal(`${field} is ${width} wide, ${first.field} is ${first.width}`);
    }
  }
  const checking = (rows: RowSet, field: string): RowSet => ({
    add(row) {
      check(row.length, field);
      return rows.add(row);
    },
    expect: rows.expect,
    done: rows.done,
  });
  return { check, checking, found: () => first?.width ?? 0 };
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
