"""text -> unit vector, as the TypeScript embedder does it: tokens, model, mean, norm. One text a time."""

import numpy as np
import onnxruntime

MAX_TOKENS = 256


def session(model):
    """One thread, so that sums are added in one order. `model`: a path, or the bytes."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def embed(session, ids):
    """Mean over the tokens, then length 1; float32 [width]."""
    input_ids = np.array([ids], np.int64)
    feeds = {"input_ids": input_ids, "attention_mask": np.ones_like(input_ids)}
    mean = session.run(["last_hidden_state"], feeds)[0][0].mean(axis=0, dtype=np.float64)
    return (mean / np.linalg.norm(mean)).astype(np.float32)
