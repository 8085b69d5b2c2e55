"""BERT encoder weights -> ONNX, in standard operators only (opset 23).

The int8 form differs from onnxruntime's own `quantize_dynamic` in two ways, both for the same
reason: a text must have one vector, whatever shares its batch and whatever processor runs it.

* Activations get one scale per token, not one per tensor: a neighbour in the batch, or padding,
  cannot move them. (It is also more exact: the largest token no longer sets everyone's step.)
* Both sides use 90 steps each way instead of 127. Processors without VNNI add pairs of products in
  16 bits with saturation (VPMADDUBSW); 2 * 180 * 90 = 32400 still fits, so every one is exact.
  Measured on an emulated Haswell against a processor with VNNI: cosine 1.0000 at the least, where
  127 steps gave 0.9981, and with one scale per tensor as well, 0.9919.
"""

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

STEPS = 90
HEADS = 12
LAYER_NORM_EPSILON = 1e-12


class Graph:
    """Nodes and constants in the order they are added; every method returns a tensor name."""

    def __init__(self, weights, int8):
        self.weights, self.int8 = weights, int8
        self.nodes, self.constants = [], {}

    def constant(self, name, value):
        if name not in self.constants:
            array = np.ascontiguousarray(value)
            self.constants[name] = numpy_helper.from_array(array, name)
        return name

    def node(self, op, inputs, output, **attributes):
        outputs = [output] if isinstance(output, str) else output
        self.nodes.append(helper.make_node(op, inputs, outputs, name=outputs[0], **attributes))
        return output

    def table(self, ids, rows, name):
        """Rows of an embedding table; as int8, each row has its own scale."""
        if not self.int8:
            return self.node("Gather", [self.constant(name + ".rows", rows), ids], name)
        scale = np.abs(rows).max(axis=1, keepdims=True) / np.float32(127)
        scale[scale == 0] = 1
        q = self.constant(name + ".rows", np.rint(rows / scale).astype(np.int8))
        s = self.constant(name + ".scale", scale)
        q = self.node("Gather", [q, ids], name + ".q")
        s = self.node("Gather", [s, ids], name + ".s")
        q = self.node("Cast", [q], name + ".f", to=TensorProto.FLOAT)
        return self.node("Mul", [q, s], name)

    def quantise(self, x):
        """[tokens, n] float -> uint8 around the zero point STEPS, and one scale per token."""
        last = self.constant("last_axis", np.array([-1]))
        peak = self.node("Abs", [x], x + ".abs")
        peak = self.node("ReduceMax", [peak, last], x + ".peak", keepdims=0)
        peak = self.node("Max", [peak, self.constant("tiny", np.float32(1e-12))], x + ".peak1")
        scale = self.node("Mul", [peak, self.constant("step", np.float32(1 / STEPS))], x + ".scale")
        zero = self.node("Shape", [scale], x + ".tokens")
        zero = self.node("Expand", [self.constant("zero1", np.array([STEPS], np.uint8)), zero], x + ".zero")
        return self.node("QuantizeLinear", [x, scale, zero], x + ".q", axis=0), scale

    def linear(self, x, names, out):
        """[tokens, in] -> [tokens, out]; several weights side by side make one product."""
        w = np.concatenate([self.weights[n + ".weight"] for n in names]).T
        bias = np.concatenate([self.weights[n + ".bias"] for n in names])
        if not self.int8:
            y = self.node("MatMul", [x, self.constant(out + ".w", w)], out + ".y")
        else:
            scale = np.abs(w).max(axis=0) / np.float32(STEPS)
            q = self.constant(out + ".w", np.rint(w / scale).astype(np.int8))
            xq, x_scale = self.quantise(x)
            y = self.node("MatMulInteger", [xq, q, self.constant("zero", np.uint8(STEPS))], out + ".i")
            y = self.node("DequantizeLinear", [y, x_scale], out + ".f", axis=0)
            y = self.node("Mul", [y, self.constant(out + ".scale", scale)], out + ".y")
        return self.node("Add", [y, self.constant(out + ".bias", bias)], out)

    def layer_norm(self, x, name, out):
        scale = self.constant(name + ".weight", self.weights[name + ".weight"])
        bias = self.constant(name + ".bias", self.weights[name + ".bias"])
        return self.node(
            "LayerNormalization", [x, scale, bias], out, axis=-1, epsilon=LAYER_NORM_EPSILON
        )


def encoder(weights, layers, int8):
    """The first `layers` layers, as the bytes of a model.

    input_ids, attention_mask int64 [batch, sequence] -> last_hidden_state [batch, sequence, width].
    All texts are single segments, so token type 0 is folded into the positions.
    """
    g = Graph(weights, int8)
    words = weights["embeddings.word_embeddings.weight"]
    positions = weights["embeddings.position_embeddings.weight"]
    positions = positions + weights["embeddings.token_type_embeddings.weight"][0]
    width = words.shape[1]
    flat = g.constant("flat", np.array([-1, width]))

    length = g.node("Shape", ["input_ids"], "length", start=1, end=2)
    zero, one = g.constant("zero_i", np.array([0])), g.constant("one_i", np.array([1]))
    order = g.constant("order", np.arange(len(positions)))
    order = g.node("Slice", [order, zero, length, zero], "positions")
    x = g.node("Add", [g.table("input_ids", words, "word"), g.table(order, positions, "position")], "sum")
    x = g.layer_norm(x, "embeddings.LayerNorm", "embedding")

    # [batch, 1, sequence, sequence]: which token may look at which.
    shape = g.node("Shape", ["input_ids"], "shape")
    mask = g.node("Unsqueeze", ["attention_mask", g.constant("mask_axes", np.array([1, 2]))], "mask4")
    mask = g.node("Cast", [mask], "seen", to=TensorProto.BOOL)
    batch = g.node("Shape", ["input_ids"], "batch", start=0, end=1)
    square = g.node("Concat", [batch, one, length, length], "square", axis=0)
    mask = g.node("Expand", [mask, square], "mask")
    three = g.node("Concat", [shape, g.constant("rest", np.array([-1]))], "three", axis=0)

    x = g.node("Reshape", [x, flat], "tokens")
    for i in range(layers):
        layer, at = f"encoder.layer.{i}.", f"layer{i}."
        qkv = [layer + "attention.self." + part for part in ("query", "key", "value")]
        y = g.node("Reshape", [g.linear(x, qkv, at + "qkv"), three], at + "qkv3")
        y = g.node("Split", [y], [at + part for part in "qkv"], axis=-1, num_outputs=3)
        y = g.node("Attention", [*y, mask], at + "heads", q_num_heads=HEADS, kv_num_heads=HEADS)
        y = g.node("Reshape", [y, flat], at + "context")
        y = g.linear(y, [layer + "attention.output.dense"], at + "attention")
        x = g.node("Add", [x, y], at + "sum1")
        x = g.layer_norm(x, layer + "attention.output.LayerNorm", at + "norm1")
        y = g.node("Gelu", [g.linear(x, [layer + "intermediate.dense"], at + "up")], at + "gelu")
        y = g.linear(y, [layer + "output.dense"], at + "down")
        x = g.node("Add", [x, y], at + "sum2")
        x = g.layer_norm(x, layer + "output.LayerNorm", at + "norm2")
    g.node("Reshape", [x, three], "last_hidden_state")

    tensor = helper.make_tensor_value_info
    graph = helper.make_graph(
        g.nodes,
        "encoder",
        [tensor(n, TensorProto.INT64, ["batch", "sequence"]) for n in ("input_ids", "attention_mask")],
        [tensor("last_hidden_state", TensorProto.FLOAT, ["batch", "sequence", width])],
        list(g.constants.values()),
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=11, producer_name="signalbox"
    )
    checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)
