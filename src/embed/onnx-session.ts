import { InferenceSession, Tensor } from "onnxruntime-node";
import { RouterError } from "../errors.ts";
import { type Device, providerOf } from "./device.ts";
import { type NativeGate, nativeGate } from "./native-gate.ts";

/** Token ids of several texts in, one row of numbers a token out. */
export interface OnnxSession {
  run(texts: readonly (readonly number[])[]): Promise<HiddenStates>;
}

/** `sequence` rows of `width` numbers for each text, those after the text's last token being padding. */
export interface HiddenStates {
  readonly numbers: ArrayLike<number>;
  readonly sequence: number;
  readonly width: number;
}

/** What exporters call one row of numbers a token. */
const hiddenNames = ["last_hidden_state", "token_embeddings"];

const options: InferenceSession.SessionOptions = {
  // One thread: a second one, spinning, made texts take twice as long when the other core was busy.
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  extra: { session: { intra_op: { allow_spinning: "0" }, inter_op: { allow_spinning: "0" } } },
  logSeverityLevel: 3,
};

export async function openOnnxSession(
  modelFile: string,
  gate: NativeGate = nativeGate(),
  device: Device = "cpu",
): Promise<OnnxSession> {
  const session = await opened(modelFile, gate, device);
  const inputs = session.inputMetadata.map((input) => filler(input));
  const outputs = session.outputNames;
  const name = hiddenNames.find((one) => outputs.includes(one)) ?? outputs[0] ?? "";

  return {
    async run(texts) {
      const batch: Batch = { texts, sequence: Math.max(...texts.map((ids) => ids.length)) };
      const feeds = Object.fromEntries(inputs.map(([input, fill]) => [input, fill(batch)]));
      const hidden = (await gate(() => session.run(feeds, [name])))[name];
      const [rows, sequence, width, ...more] = hidden?.dims ?? [];
      const fits = rows === texts.length && sequence === batch.sequence && more.length === 0;
      if (!hidden || !fits || !width) {
        return unreadable(`output ${name} is not one row of numbers a token`);
      }
      return { numbers: numbersOf(hidden), sequence, width };
    },
  };
}

/** Without a fallback: whoever asks for a GPU is told when there is none. */
async function opened(
  modelFile: string,
  gate: NativeGate,
  device: Device,
): Promise<InferenceSession> {
  const executionProviders = [providerOf[device]];
  try {
    return await gate(() => InferenceSession.create(modelFile, { ...options, executionProviders }));
  } catch (thrown) {
    if (device === "cpu") throw thrown;
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new RouterError(
      "config_invalid",
      `onnxruntime cannot open the model on ${device}: ${reason.slice(0, 300)}`,
      "Install onnxruntime-node with its CUDA libraries and CUDA itself (docs/train-your-own.md), or leave out --device",
      { cause: thrown },
    );
  }
}

function numbersOf({ data, type }: Tensor): ArrayLike<number> {
  // float16 comes as a Float16Array, whose numbers are numbers; bit patterns would be read as large ones.
  if (data instanceof Float32Array || data instanceof Float16Array) return data;
  return unreadable(`its output has numbers of type ${type}`);
}

interface Batch {
  readonly texts: readonly (readonly number[])[];
  /** Tokens of the longest; the others are padded on the right. */
  readonly sequence: number;
}

/**
 * How to fill one input. Right padding, so that a text stands at the same positions whatever shares its batch:
 * left-padded batches through GroupQueryAttention were measured wrong.
 */
function filler(
  input: InferenceSession.ValueMetadata,
): readonly [string, (batch: Batch) => Tensor] {
  if (!input.isTensor) return unreadable(`input ${input.name} is no tensor`);
  const { name, type, shape } = input;
  const byToken = (number: (id: number, position: number) => number) => (batch: Batch) => {
    const { texts, sequence } = batch;
    const numbers = new Array<number>(texts.length * sequence).fill(0);
    texts.forEach((ids, text) => {
      ids.forEach((id, at) => {
        numbers[text * sequence + at] = number(id, at);
      });
    });
    const dims = [texts.length, sequence];
    return type === "int32"
      ? new Tensor("int32", Int32Array.from(numbers), dims)
      : new Tensor("int64", BigInt64Array.from(numbers, BigInt), dims);
  };
  switch (name) {
    case "input_ids":
      return [name, byToken((id) => id)];
    case "attention_mask":
      return [name, byToken(() => 1)];
    case "token_type_ids":
      return [name, byToken(() => 0)];
    case "position_ids":
      return [name, byToken((_, position) => position)];
  }
  if (name.startsWith("past_key_values.") && (type === "float32" || type === "float16")) {
    // Exports of decoders expect the keys and values of earlier tokens: there are none.
    const none = type === "float32" ? new Float32Array(0) : new Float16Array(0);
    const dims = (batch: Batch) =>
      shape.map((size, axis) =>
        typeof size === "number" ? size : axis === 0 ? batch.texts.length : 0,
      );
    return [name, (batch) => new Tensor(type, none as Float32Array, dims(batch))];
  }
  return unreadable(`it wants an input ${name} (${type})`);
}

function unreadable(reason: string): never {
  throw new Error(`the model is not a text encoder that signalbox can read: ${reason}`);
}
