/** How the numbers of a model are stored. int8 is the smallest of the exact-enough, fp32 what it was trained in. */
export const dtypes = ["int8", "fp32", "fp16", "q4"] as const;
export type Dtype = (typeof dtypes)[number];

/** As the hub's ONNX exports are laid out, and as they lie where somebody copied the onnx/ folder alone. */
const filesOf: Record<Dtype, readonly string[]> = {
  int8: [
    "onnx/model_int8.onnx",
    "onnx/model_quantized.onnx",
    "model_int8.onnx",
    "model_quantized.onnx",
  ],
  fp32: ["onnx/model.onnx", "model.onnx"],
  fp16: ["onnx/model_fp16.onnx", "model_fp16.onnx"],
  q4: ["onnx/model_q4.onnx", "model_q4.onnx"],
};

export interface ModelFile {
  /** Relative to the folder or repository. */
  readonly file: string;
  readonly dtype: Dtype;
}

/** The model files that are there, in the order of `dtypes`: the first is the one to use when none is asked for. */
export const modelFilesIn = (has: (file: string) => boolean): readonly ModelFile[] =>
  dtypes.flatMap((dtype) => filesOf[dtype].filter(has).map((file) => ({ file, dtype })));

/** Weights that are kept beside a graph: `model.onnx_data`, `model.onnx_data_1`, `model.onnx.data`. */
export const isWeightsOf = (modelFile: string, file: string): boolean =>
  file.startsWith(modelFile) && /^[._]data(?:_\d+)?$/.test(file.slice(modelFile.length));
