"""Make the tiny encoders under src/embed/fixtures, and what PyTorch makes of texts with them.

    python3 -m venv .cache/fixtures && .cache/fixtures/bin/pip install -r scripts/embedder/requirements-fixtures.txt
    .cache/fixtures/bin/python scripts/embedder/fixtures.py src/embed/fixtures

* tiny-bert    2 layers of width 32, random weights, cls pooling; weights beside the graph (model.onnx_data)
* tiny-mpnet   the same of MPNet, mean pooling, 48 tokens at most by sentence_bert_config.json
* tiny-qwen3   its graph is there already, with the operators of the hub's export; it gives the weights for PyTorch's
               own Qwen3, whose vectors are the goldens, and is written again in float16

golden.json: for each text, read alone, the ids of the Rust `tokenizers` and PyTorch's unit vector.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertModel, MPNetConfig, MPNetModel, Qwen3Config, Qwen3Model

TEXTS = [
    "What is 2+2?",
    "Héllo wörld — 你好 🙂\n\nnew  line",
    "a",
    "Explain supply and demand.",
    "",
    "The quick brown fox jumps over the lazy dog, then explains the history of biology and chemistry.",
]
CORPUS = [
    "The quick brown fox jumps over the lazy dog. What is the derivative of x squared? Explain the law of "
    "supply and demand in economics, biology, chemistry, physics, history and computer science."
]
SHAPE = dict(
    hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, initializer_range=0.2
)


def tokenizer(begin, end, unknown):
    result = Tokenizer(models.WordPiece(unk_token=unknown))
    result.normalizer = normalizers.BertNormalizer(lowercase=True)
    result.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = [unknown, begin, end, "[PAD]"]
    trainer = trainers.WordPieceTrainer(vocab_size=300, special_tokens=special, show_progress=False)
    result.train_from_iterator(CORPUS * 3, trainer)
    pairs = [(name, result.token_to_id(name)) for name in (begin, end)]
    result.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}", pair=f"{begin} $A {end} $B {end}", special_tokens=pairs
    )
    return result


def unit(vector):
    vector = vector.double()
    return [round(float(x), 7) for x in vector / vector.norm()]


def write_goldens(folder, tokens, model, pool):
    cases = []
    for text in TEXTS:
        ids = tokens.encode(text).ids
        with torch.no_grad():
            hidden = model(torch.tensor([ids])).last_hidden_state[0]
        cases.append({"text": text, "ids": ids, "vector": unit(pool(hidden))})
    lines = ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases)
    (folder / "golden.json").write_text(f"[\n{lines}\n]\n")


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1) + "\n")


def encoder(folder, model, tokens, inputs, pooling, external):
    model.eval()
    (folder / "onnx").mkdir(parents=True, exist_ok=True)
    path = folder / "onnx/model.onnx"
    example = tuple(torch.ones((2, 5), dtype=torch.int64) for _ in inputs)
    axes = {name: {0: "batch_size", 1: "sequence_length"} for name in (*inputs, "last_hidden_state")}

    class OnlyHidden(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, *values):
            return self.model(**dict(zip(inputs, values))).last_hidden_state

    torch.onnx.export(
        OnlyHidden().eval(), example, path, dynamo=False, opset_version=17,
        input_names=list(inputs), output_names=["last_hidden_state"], dynamic_axes=axes,
    )
    if external:
        graph = onnx.load(path)
        path.unlink()
        (folder / "onnx/model.onnx_data").unlink(missing_ok=True)
        onnx.save_model(
            graph, path, save_as_external_data=True, location="model.onnx_data", size_threshold=1024
        )
    write_json(folder / "config.json", {
        "model_type": model.config.model_type,
        "hidden_size": model.config.hidden_size,
        "max_position_embeddings": model.config.max_position_embeddings,
    })
    write_json(folder / "1_Pooling/config.json", {
        "word_embedding_dimension": 32,
        "pooling_mode_cls_token": pooling == "cls",
        "pooling_mode_mean_tokens": pooling == "mean",
    })
    tokens.save(str(folder / "tokenizer.json"), pretty=False)
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast"})
    pool = (lambda hidden: hidden[0]) if pooling == "cls" else (lambda hidden: hidden.mean(0))
    write_goldens(folder, tokens, model, pool)


def qwen3(folder):
    """PyTorch's Qwen3 with the weights of the graph that is there."""
    graph = onnx.load(folder / "onnx/model.onnx")
    constants = {one.name: torch.from_numpy(numpy_helper.to_array(one).copy()) for one in graph.graph.initializer}
    config = Qwen3Config(**json.loads((folder / "config.json").read_text()))
    names = {
        "self_attn.q_proj": ".wq", "self_attn.k_proj": ".wk", "self_attn.v_proj": ".wv",
        "self_attn.o_proj": ".wo", "mlp.gate_proj": ".wg", "mlp.up_proj": ".wu", "mlp.down_proj": ".wd",
    }
    norms = {
        "input_layernorm": ".ln1.w", "post_attention_layernorm": ".ln2.w",
        "self_attn.q_norm": ".qn.w", "self_attn.k_norm": ".kn.w",
    }
    state = {"embed_tokens.weight": constants["embed_tokens"], "norm.weight": constants["norm.w"]}
    for layer in range(config.num_hidden_layers):
        at = f"layers.{layer}."
        for name, short in names.items():
            state[f"{at}{name}.weight"] = constants[f"l{layer}{short}"].T
        for name, short in norms.items():
            state[f"{at}{name}.weight"] = constants[f"l{layer}{short}"]
    model = Qwen3Model(config)
    model.load_state_dict(state, strict=True)
    model.eval()
    tokens = Tokenizer.from_file(str(folder / "tokenizer.json"))
    write_goldens(folder, tokens, model, lambda hidden: hidden[-1])
    onnx.save(half(graph), folder / "onnx/model_fp16.onnx")


def half(model):
    """Every float in float16, inputs and outputs too, as the hub's model_fp16.onnx."""
    for constant in model.graph.initializer:
        if constant.data_type == TensorProto.FLOAT:
            array = numpy_helper.to_array(constant).astype(np.float16)
            constant.CopyFrom(numpy_helper.from_array(array, constant.name))
    for value in (*model.graph.input, *model.graph.output):
        if value.type.tensor_type.elem_type == TensorProto.FLOAT:
            value.type.tensor_type.elem_type = TensorProto.FLOAT16
    return model


def main(out):
    torch.manual_seed(20261121)
    torch.set_num_threads(1)
    words = tokenizer("[CLS]", "[SEP]", "[UNK]")
    config = BertConfig(vocab_size=words.get_vocab_size(), max_position_embeddings=64, **SHAPE)
    config._attn_implementation = "eager"
    bert = BertModel(config, add_pooling_layer=False)
    encoder(out / "tiny-bert", bert, words, ("input_ids", "attention_mask", "token_type_ids"), "cls", True)

    words = tokenizer("<s>", "</s>", "[UNK]")
    config = MPNetConfig(
        vocab_size=words.get_vocab_size(), max_position_embeddings=66,
        pad_token_id=words.token_to_id("[PAD]"), **SHAPE,
    )
    mpnet = MPNetModel(config, add_pooling_layer=False)
    encoder(out / "tiny-mpnet", mpnet, words, ("input_ids", "attention_mask"), "mean", False)
    write_json(out / "tiny-mpnet/sentence_bert_config.json", {"max_seq_length": 48, "do_lower_case": False})

    qwen3(out / "tiny-qwen3")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
