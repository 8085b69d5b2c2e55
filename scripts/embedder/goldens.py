"""Write what the TypeScript embedder must reproduce: ids and vectors of the texts of texts.py.

    .cache/embedder/bin/python scripts/embedder/goldens.py --model models/default/embedder --out src/embed/fixtures

* ids     the Rust `tokenizers`, special tokens added, nothing cut. (@huggingface/tokenizers 0.2.0
          differs on a final capital sigma and on ideographs beyond U+FFFF; three texts show it.)
* vectors the int8 model in Python's onnxruntime: mean over tokens, length 1, float32 little-endian,
          one row after another. Only for texts of at most 256 tokens, so that they hold whatever
          policy cuts the longer ones; `row` says which, null for none.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from embed import MAX_TOKENS, embed, session
from texts import TEXTS


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help="folder that make.py wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    args = parser.parse_args()

    provenance = json.loads((args.model / "provenance.json").read_text())
    tokenizer = Tokenizer.from_file(str(args.model / "tokenizer.json"))
    model = session(str(args.model / "model.onnx"))

    cases, vectors = [], []
    for kind, text in TEXTS:
        ids = tokenizer.encode(text).ids
        row = len(vectors) if len(ids) <= MAX_TOKENS else None
        cases.append({"kind": kind, "text": text, "ids": ids, "row": row})
        if row is not None:
            vectors.append(embed(model, ids))

    name = f"{provenance['name']}-parity"
    head = {key: provenance[key] for key in ("name", "revision", "dimension", "max_tokens")}
    head["vectors"] = f"{name}.f32"
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / f"{name}.json").write_text(json.dumps(head)[:-1] + f', "cases": [\n{lines}\n]}}\n')
    (args.out / f"{name}.f32").write_bytes(np.array(vectors, "<f4").tobytes())
    print(f"{len(cases)} texts, {len(vectors)} vectors")


if __name__ == "__main__":
    main()
