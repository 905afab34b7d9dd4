"""The files of the CLIP tokenizer in the layout of transformers, made from OpenAI's list of merges."""

from __future__ import annotations

import gzip
import json
from importlib.resources import files
from pathlib import Path

VOCABULARY = "bpe_simple_vocab_16e6.txt.gz"
START, END = "<|startoftext|>", "<|endoftext|>"
_TOKENS = 49152 - 256 - 2
"""Number of merges that CLIP uses; the list is longer."""


def write_tokenizer(folder: Path, padding: str = END) -> None:
    """Write ``vocab.json``, ``merges.txt`` and their configuration to ``folder``.

    ``padding`` fills prompts up to 77 tokens: ``<|endoftext|>`` for OpenAI's encoder, ``!`` for OpenCLIP's.
    """
    merges = _merges()
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "merges.txt", "\n".join(["#version: 0.2", *merges, ""]))
    _write(folder / "vocab.json", json.dumps(_vocabulary(merges), ensure_ascii=False))
    special = {"bos_token": START, "eos_token": END, "unk_token": END, "pad_token": padding}
    _write(folder / "special_tokens_map.json", json.dumps(special, indent=2))
    config = {
        **special,
        "add_prefix_space": False,
        "do_lower_case": True,
        "errors": "replace",
        "model_max_length": 77,
        "tokenizer_class": "CLIPTokenizer",
    }
    _write(folder / "tokenizer_config.json", json.dumps(config, indent=2))


def _merges() -> list[str]:
    packed = Path(str(files("resources"))) / "model_configs" / "tokenizer" / VOCABULARY
    lines = gzip.decompress(packed.read_bytes()).decode("utf-8").split("\n")
    return lines[1 : _TOKENS + 1]


def _vocabulary(merges: list[str]) -> dict[str, int]:
    letters = byte_letters().values()
    tokens = [*letters, *(f"{letter}</w>" for letter in letters)]
    tokens += ["".join(merge.split()) for merge in merges]
    return {token: index for index, token in enumerate([*tokens, START, END])}


def byte_letters() -> dict[int, str]:
    """Return the character that stands for each byte: printable Latin-1 first, substitutes for the rest."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = (byte for byte in range(256) if byte not in plain)
    return {byte: chr(byte) for byte in plain} | {byte: chr(256 + at) for at, byte in enumerate(others)}


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
