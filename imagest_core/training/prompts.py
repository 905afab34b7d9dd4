"""Fine-tune a language model on prompts, one a line."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from imagest_core.errors import InputError, ModelError
from imagest_core.models.installed import InstalledModel
from imagest_core.models.language import LanguageModel
from imagest_core.models.validation import read_json
from imagest_core.painting.outputs import check_regular_file
from imagest_core.training.loop import LoopOptions, Trainer
from imagest_core.training.pack import held_out_curve
from imagest_core.training.plan import plan_by_trial
from imagest_core.training.results import write_folder
from imagest_core.training.resume import with_rates
from imagest_core.training.state import SETTINGS, STATE, check_run_folder, write_descriptions

PROMPT_RUN, MODEL = "prompt-run.json", "model"
"""The description of a run, and the folder of the trained model in it."""
LONGEST = 128
"""Tokens of a prompt that are used."""
HELD_OUT = 10
"""One prompt of this many is held out."""
IGNORED = -100
"""Target of padding in the loss of transformers."""
SMALLEST, LARGEST = 4, 64 << 20
"""Number of prompts, and bytes of their file."""
CARD = """---
base_model: {base}
license: {licence}
---

# Prompt expansion

{base}, trained to continue short prompts with `imagest train prompts`.

    imagest models add {folder}
    imagest prompt expand "a red cloak" --model {folder}

{facts}

The proposals resemble the prompts of the training. They say nothing about a painting: read them before use.
The licence of the base model applies.
"""


def read_prompts(path: Path) -> list[str]:
    """Return the prompts in a UTF-8 text file without empty lines and repetitions.

    Raises ``InputError`` if it can't be read or holds fewer than ``SMALLEST``.
    """
    check_regular_file(path)
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(f"{path} is larger than {LARGEST >> 20} MB: give a part of it.")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"The prompts {path} can't be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} isn't a text file in UTF-8: save the prompts as plain text.") from error
    prompts = list(dict.fromkeys(filter(None, (" ".join(line.split()) for line in text.splitlines()))))
    if len(prompts) < SMALLEST:
        raise InputError(f"{path} holds {len(prompts)} different prompts, but {SMALLEST} are needed.")
    return prompts


def split_prompts(prompts: Sequence[str], seed: int = 0) -> tuple[list[str], list[str]]:
    """Return prompts to train with, and at least one held out."""
    order = np.random.default_rng(seed).permutation(len(prompts)).tolist()
    count = max(1, len(prompts) // HELD_OUT)
    return [prompts[index] for index in order[count:]], [prompts[index] for index in order[:count]]


@dataclass(frozen=True)
class PromptBatch:
    """Tokens (n, m); ``lengths`` (n) counts those of each prompt, the others are padding."""

    tokens: Tensor
    lengths: Tensor

    def to(self, device: torch.device) -> PromptBatch:
        """Return the batch on another device."""
        return PromptBatch(self.tokens.to(device), self.lengths.to(device))


class PromptExamples(Dataset[Tensor]):
    """Infinitely many prompts as tokens; every epoch has its own order."""

    def __init__(self, model: LanguageModel, prompts: Sequence[str], seed: int = 0) -> None:
        self.seed = seed
        longest = min(LONGEST, model.context)
        end = [] if model.end is None else [model.end]
        encoded = ((model.tokens(prompt) + end)[:longest] for prompt in prompts)
        self.prompts = [torch.tensor(tokens) for tokens in encoded if len(tokens) > 1]
        if not self.prompts:
            raise InputError("The prompts are too short: each needs at least two tokens of the model.")

    def __len__(self) -> int:
        return len(self.prompts)

    def __getitem__(self, index: int) -> Tensor:
        epoch, place = divmod(index, len(self.prompts))
        order = np.random.default_rng([self.seed, epoch]).permutation(len(self.prompts))
        return self.prompts[int(order[place])]

    def collate(self, items: Sequence[Tensor]) -> PromptBatch:
        """Stack prompts into a batch, padded to the longest."""
        lengths = torch.tensor([len(item) for item in items])
        return PromptBatch(nn.utils.rnn.pad_sequence(list(items), batch_first=True), lengths)


class PromptTask:
    """Trains all weights of a language model on the next token of prompts."""

    def __init__(self, model: LanguageModel, held_out: PromptExamples) -> None:
        self.language, self.held_out = model, held_out
        self.module: nn.Module = model.model.requires_grad_(True).train()

    def loss(self, module: nn.Module, batch: PromptBatch, step: int) -> tuple[Tensor, Mapping[str, float]]:
        """Return the mean cross entropy of the next token."""
        places = torch.arange(batch.tokens.shape[1], device=batch.tokens.device)
        used = places[None] < batch.lengths[:, None]
        targets = batch.tokens.masked_fill(~used, IGNORED)
        loss: Tensor = module(input_ids=batch.tokens, attention_mask=used.long(), labels=targets).loss
        return loss, {}

    @torch.no_grad()
    def evaluate(self, device: torch.device) -> tuple[Mapping[str, float], None]:
        """Return the mean loss of a token of the held-out prompts, and their perplexity."""
        total, tokens = 0.0, 0
        for prompt in self.held_out.prompts:
            batch = self.held_out.collate([prompt]).to(device)
            loss, _ = self.loss(self.language.model, batch, 0)
            total, tokens = total + float(loss) * (len(prompt) - 1), tokens + len(prompt) - 1
        mean = total / tokens
        return {"loss": mean, "perplexity": math.exp(min(mean, 50.0))}, None


def steps_of(prompts: int, epochs: float, batch: int) -> int:
    """Return the steps of a training of so many epochs."""
    return max(1, math.ceil(epochs * prompts / batch))


def plan_lines(task: PromptTask, data: PromptExamples, options: LoopOptions) -> list[str]:
    """Return what the training does and needs, as text."""
    trained = sum(p.numel() for p in task.module.parameters())
    epochs = options.steps * options.batch / len(data)
    return [
        f"prompts: {len(data)} to train with, {len(task.held_out)} held out",
        f"trained: {trained / 1e6:.1f} M parameters",
        f"steps: {options.steps:,} of {options.batch} prompts, {epochs:.1f} epochs",
        *plan_by_trial(task, data, options).lines()[1:],
    ]


def describe_run(base_hash: str, seed: int, prompts: Sequence[str]) -> dict[str, Any]:
    """Return what must be the same when a run is resumed."""
    import hashlib

    digest = hashlib.sha256("\n".join(prompts).encode()).hexdigest()
    return {"base_sha256": base_hash, "seed": seed, "prompts": len(prompts), "prompts_sha256": digest}


def check_prompt_run(folder: Path, description: Mapping[str, Any], inputs: list[Path]) -> None:
    """Check that ``folder`` is new, empty, or a training of this ``description`` that can be resumed.

    Raises ``OutputError`` if it holds something else, and ``ModelError`` for another training.
    """
    check_run_folder(folder, (PROMPT_RUN,), inputs)
    if not (folder / STATE).is_file():
        return
    try:
        stored = read_json(folder / PROMPT_RUN)
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder / PROMPT_RUN} is damaged: start in a new folder.") from error
    if stored != description:
        raise ModelError(
            f"{folder} belongs to a training with another base model, seed or prompts: start in a new folder."
        )


def write_prompt_run(folder: Path, description: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    """Write the description and the settings of a run; raises ``OutputError``."""
    write_descriptions(folder, {PROMPT_RUN: description, SETTINGS: with_rates(folder, settings)})


def save_prompt_model(
    trainer: Trainer[PromptBatch],
    task: PromptTask,
    folder: Path,
    base: InstalledModel,
    facts: Mapping[str, Any],
) -> Path:
    """Write the averaged weights as a hub folder with a card, and return it."""
    trainer.average.swap(trainer.bare)
    curve = held_out_curve(folder)
    last = {
        f"held-out {name}": value for name, value in (curve[-1] if curve else {}).items() if name != "step"
    }
    stated = {**facts, "steps": trainer.clock.step, **last}
    card = CARD.format(
        base=base.name,
        licence=base.licence or "other",
        folder=MODEL,
        facts="\n".join(f"- {name.replace('_', ' ')}: {value}" for name, value in stated.items()),
    )

    def write(inside: Path) -> None:
        task.module.to("cpu")
        task.language.save(inside)
        (inside / "README.md").write_text(card, encoding="utf-8")
        config = inside / "config.json"
        stored = json.loads(config.read_text(encoding="utf-8"))
        stored.pop("_name_or_path", None)  # a path of this machine
        config.write_text(json.dumps(stored, indent=2) + "\n", encoding="utf-8")
        for path in inside.glob("*.safetensors"):
            path.chmod(0o644)  # safetensors restricts access to the owner

    try:
        return write_folder(folder / MODEL, write)
    finally:
        trainer.average.swap(trainer.bare)
