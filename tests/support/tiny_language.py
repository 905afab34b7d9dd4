"""A language model of the GPT-2 class at toy size, with a tokenizer of bytes and a few words."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from imagest_core.models.stable_diffusion.components import quiet

END = "<|endoftext|>"
PROMPTS = [
    f"a {colour} {thing}, {manner}"
    for colour in ("red", "blue", "golden", "dark")
    for thing in ("cloak", "sky", "halo", "tree")
    for manner in ("oil on panel.", "tempera on wood.")
]
"""Prompts to train with."""


def tiny_gpt2(folder: Path, seed: int = 0) -> Path:
    """A GPT-2 of two layers with random weights, in the layout of the hub."""
    from transformers import GPT2Config, GPT2LMHeadModel

    letters = _letters()
    torch.manual_seed(seed)
    config = GPT2Config(
        vocab_size=len(letters) + 1,
        n_positions=96,
        n_embd=32,
        n_layer=2,
        n_head=2,
        bos_token_id=len(letters),
        eos_token_id=len(letters),
        initializer_range=0.2,
    )
    with quiet():
        GPT2LMHeadModel(config).save_pretrained(folder)
    vocabulary = {letter: number for number, letter in enumerate([*letters, END])}
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    special = {name: END for name in ("bos_token", "eos_token", "unk_token")}
    options = {**special, "tokenizer_class": "GPT2Tokenizer", "model_max_length": 96}
    (folder / "tokenizer_config.json").write_text(json.dumps(options), encoding="utf-8")
    return folder


def _letters() -> list[str]:
    """The 256 characters that stand for bytes in GPT-2's vocabulary."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return [*map(chr, plain), *(chr(256 + number) for number in range(256 - len(plain)))]
