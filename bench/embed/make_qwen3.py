"""Make models of Qwen3-Embedding-0.6B's shape with random weights, for bench/embed.ts.

    python3 -m venv .cache/bench && .cache/bench/bin/pip install -r bench/embed/requirements.txt
    .cache/bench/bin/python bench/embed/make_qwen3.py --out .tools/bench-models

qwen3-fp32/  model.safetensors (2.4 GB, what candle reads) and onnx/model.onnx with model.onnx_data (the same weights)
qwen3-int8/  onnx/model_int8.onnx: quantised dynamically, as the community's export (0.6 GB)

Inputs and outputs are those of the community's export: GroupQueryAttention, position_ids, a cache of keys and values.
Speed depends on shapes, not on weights; of quality these models have none. The tokenizer knows words "w1", "w2", ...
and gives word n the id n, so that a text has as many tokens as words. Needs 10 GB of memory for a minute.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import save_file

VOCABULARY, WIDTH, LAYERS, HEADS, KV_HEADS, HEAD, INNER, POSITIONS = 151669, 1024, 28, 16, 8, 128, 3072, 4096
EPSILON, THETA = 1e-6, 1e6
WORDS = 4000
MICROSOFT = "com.microsoft"

CONFIG = {
    "architectures": ["Qwen3ForCausalLM"],
    "model_type": "qwen3",
    "vocab_size": VOCABULARY,
    "hidden_size": WIDTH,
    "intermediate_size": INNER,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "num_key_value_heads": KV_HEADS,
    "head_dim": HEAD,
    "attention_bias": False,
    "max_position_embeddings": POSITIONS,
    "sliding_window": None,
    "max_window_layers": LAYERS,
    "use_sliding_window": False,
    "tie_word_embeddings": True,
    "rope_theta": THETA,
    "rms_norm_eps": EPSILON,
    "hidden_act": "silu",
    "torch_dtype": "float32",
}


def weights():
    """By name, as transformers names them, each matrix of [outputs, inputs]."""
    chance = np.random.default_rng(20261121)

    def normal(*shape):
        return chance.standard_normal(shape, dtype=np.float32) * np.float32(0.02)

    found = {"embed_tokens": normal(VOCABULARY, WIDTH), "norm": 1 + normal(WIDTH)}
    for layer in range(LAYERS):
        p = f"layers.{layer}."
        found[p + "input_layernorm"] = 1 + normal(WIDTH)
        found[p + "self_attn.q_proj"] = normal(HEADS * HEAD, WIDTH)
        found[p + "self_attn.k_proj"] = normal(KV_HEADS * HEAD, WIDTH)
        found[p + "self_attn.v_proj"] = normal(KV_HEADS * HEAD, WIDTH)
        found[p + "self_attn.o_proj"] = normal(WIDTH, HEADS * HEAD)
        found[p + "self_attn.q_norm"] = 1 + normal(HEAD)
        found[p + "self_attn.k_norm"] = 1 + normal(HEAD)
        found[p + "post_attention_layernorm"] = 1 + normal(WIDTH)
        found[p + "mlp.gate_proj"] = normal(INNER, WIDTH)
        found[p + "mlp.up_proj"] = normal(INNER, WIDTH)
        found[p + "mlp.down_proj"] = normal(WIDTH, INNER)
    return found


class Graph:
    """Nodes and constants, named as they are added."""

    def __init__(self):
        self.nodes, self.constants = [], []

    def constant(self, name, value):
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, op, inputs, outputs, domain="", **attributes):
        names = [outputs] if isinstance(outputs, str) else outputs
        self.nodes.append(helper.make_node(op, inputs, names, name=f"{names[0]}/{op}", domain=domain, **attributes))
        return names[0]

    def product(self, x, weight, name):
        return self.node("MatMul", [x, self.constant(name + ".weight", weight.T)], name)

    def norm(self, x, weight, name):
        scale = self.constant(name + ".weight", weight)
        return self.node("SimplifiedLayerNormalization", [x, scale], name, axis=-1, epsilon=EPSILON, stash_type=1)

    def add_and_norm(self, x, residual, weight, name):
        """The normalised sum, and the sum."""
        scale, total = self.constant(name + ".weight", weight), name + ".sum"
        self.node("SkipSimplifiedLayerNormalization", [residual, x, scale], [name, "", "", total], MICROSOFT, epsilon=EPSILON)
        return name, total


def attention(graph, x, weight, layer):
    name = f"layer{layer}.attention"

    def heads(part, count, scale):
        flat = graph.product(x, weight(f"self_attn.{part}_proj"), f"{name}.{part}")
        split = graph.node("Reshape", [flat, f"split{count}"], f"{flat}.split")
        return graph.node("Reshape", [graph.norm(split, scale, f"{flat}.norm"), f"joined{count}"], f"{flat}.joined")

    query = heads("q", HEADS, weight("self_attn.q_norm"))
    key = heads("k", KV_HEADS, weight("self_attn.k_norm"))
    value = graph.product(x, weight("self_attn.v_proj"), f"{name}.v")
    past = [f"past_key_values.{layer}.key", f"past_key_values.{layer}.value"]
    present = [f"present.{layer}.key", f"present.{layer}.value"]
    graph.node(
        "GroupQueryAttention",
        [query, key, value, *past, "last_position", "total_length", "cosines", "sines"],
        [name, *present],
        MICROSOFT,
        num_heads=HEADS,
        kv_num_heads=KV_HEADS,
        scale=HEAD**-0.5,
        do_rotary=1,
        rotary_interleaved=0,
    )
    return graph.product(name, weight("self_attn.o_proj"), f"{name}.out")


def mlp(graph, x, weight, layer):
    name = f"layer{layer}.mlp"
    gate = graph.product(x, weight("mlp.gate_proj"), f"{name}.gate")
    up = graph.product(x, weight("mlp.up_proj"), f"{name}.up")
    silu = graph.node("Mul", [gate, graph.node("Sigmoid", [gate], f"{name}.sigmoid")], f"{name}.silu")
    return graph.product(graph.node("Mul", [silu, up], f"{name}.inner"), weight("mlp.down_proj"), f"{name}.out")


def positions(graph):
    """What GroupQueryAttention wants to know: rotations, and how long each text is."""
    angles = np.arange(POSITIONS)[:, None] / THETA ** (np.arange(0, HEAD, 2) / HEAD)[None]
    graph.constant("cosines", np.cos(angles).astype(np.float32))
    graph.constant("sines", np.sin(angles).astype(np.float32))
    for count in (HEADS, KV_HEADS):
        graph.constant(f"split{count}", np.array([0, 0, count, HEAD], np.int64))
        graph.constant(f"joined{count}", np.array([0, 0, count * HEAD], np.int64))
    graph.constant("axis1", np.array([1], np.int64))
    graph.constant("one", np.array(1, np.int64))
    count = graph.node("ReduceSum", ["attention_mask", "axis1"], "token_count", keepdims=0)
    last = graph.node("Sub", [count, "one"], "last_position64")
    graph.node("Cast", [last], "last_position", to=TensorProto.INT32)
    shape = graph.node("Shape", ["attention_mask"], "mask_shape")
    total = graph.node("Gather", [shape, "one"], "total_length64", axis=0)
    graph.node("Cast", [total], "total_length", to=TensorProto.INT32)


def model(named):
    graph = Graph()
    positions(graph)
    table = graph.constant("embed_tokens", named["embed_tokens"])
    residual = graph.node("Gather", [table, "input_ids"], "embedded", axis=0)
    x = graph.norm(residual, named["layers.0.input_layernorm"], "layer0.norm1")
    for layer in range(LAYERS):

        def weight(part, layer=layer):
            return named[f"layers.{layer}.{part}"]

        attended = attention(graph, x, weight, layer)
        x, residual = graph.add_and_norm(attended, residual, weight("post_attention_layernorm"), f"layer{layer}.norm2")
        after = "norm" if layer == LAYERS - 1 else f"layers.{layer + 1}.input_layernorm"
        name = "last_hidden_state" if layer == LAYERS - 1 else f"layer{layer + 1}.norm1"
        x, residual = graph.add_and_norm(mlp(graph, x, weight, layer), residual, named[after], name)

    def info(name, kind, *shape):
        return helper.make_tensor_value_info(name, kind, shape)

    texts = ("batch_size", "sequence_length")
    inputs = [
        info("input_ids", TensorProto.INT64, *texts),
        info("attention_mask", TensorProto.INT64, "batch_size", "total_sequence_length"),
        info("position_ids", TensorProto.INT64, *texts),
    ]
    outputs = [info("last_hidden_state", TensorProto.FLOAT, *texts, WIDTH)]
    for layer in range(LAYERS):
        for part in ("key", "value"):
            cache = ("batch_size", KV_HEADS, "past_sequence_length", HEAD)
            inputs.append(info(f"past_key_values.{layer}.{part}", TensorProto.FLOAT, *cache))
            after = ("batch_size", KV_HEADS, "total_sequence_length", HEAD)
            outputs.append(info(f"present.{layer}.{part}", TensorProto.FLOAT, *after))
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1)]
    made = helper.make_graph(graph.nodes, "qwen3", inputs, outputs, graph.constants)
    return helper.make_model(made, opset_imports=opsets, ir_version=10)


def tokenizer():
    words = {"[UNK]": 0} | {f"w{n}": n for n in range(1, WORDS)}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": None,
        "decoder": None,
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": words,
        },
    }


def describe(folder):
    """A folder that signalbox can open, but for its model."""
    (folder / "onnx").mkdir(parents=True, exist_ok=True)
    for name, value in (("config", CONFIG), ("tokenizer", tokenizer()), ("tokenizer_config", {})):
        (folder / f"{name}.json").write_text(json.dumps(value, indent=1) + "\n")
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out

    fp32, int8 = describe(out / "qwen3-fp32"), describe(out / "qwen3-int8")
    named = weights()
    save_file({f"model.{name}.weight": value for name, value in named.items()}, fp32 / "model.safetensors")
    path = fp32 / "onnx/model.onnx"
    (fp32 / "onnx/model.onnx_data").unlink(missing_ok=True)
    onnx.save_model(
        model(named), path, save_as_external_data=True, all_tensors_to_one_file=True,
        location="model.onnx_data", size_threshold=1024,
    )
    del named
    # The type of what Microsoft's operators give is not inferred.
    options = {"DefaultTensorType": TensorProto.FLOAT}
    quantize_dynamic(path, int8 / "onnx/model_int8.onnx", weight_type=QuantType.QInt8, extra_options=options)
    print(f"{sum(tensor.stat().st_size for tensor in out.rglob('*') if tensor.is_file()):,} bytes in {out}")


if __name__ == "__main__":
    main()
