"""Continue prompts with a local language model of the GPT-2 kind; nothing is downloaded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from imagest_core.errors import InputError, ModelError, out_of_memory
from imagest_core.messages import Message
from imagest_core.models.cache import loaded_models
from imagest_core.models.identity import ModelKind
from imagest_core.models.installed import InstalledModel, find_installed, installed_models
from imagest_core.models.stable_diffusion.components import quiet
from imagest_core.models.stable_diffusion.prompts import MAX_PROMPT
from imagest_core.models.weights_hash import weights_hash
from imagest_core.printable import printable
from imagest_core.progress import Progress

NEW_TOKENS = 48
"""Default number of tokens that are added to a prompt at most."""
TEMPERATURE, NUCLEUS = 0.9, 0.95
"""Sharpness of the distribution of the next token, and the share of it that is drawn from (top-p)."""
SENTENCE_END = re.compile(r"[.!?](?=\s|$)")


@dataclass(eq=False)
class LanguageModel:
    """A causal language model and its tokenizer, on the CPU in float32."""

    model: Any
    tokenizer: Any

    @property
    def context(self) -> int:
        """Number of tokens that the model reads at most."""
        config = self.model.config
        return int(getattr(config, "max_position_embeddings", None) or 1024)

    @property
    def end(self) -> int | None:
        """The token that ends a text."""
        stated = self.tokenizer.eos_token_id
        return None if stated is None else int(stated)

    @property
    def size(self) -> int:
        """Size of the weights in bytes."""
        return sum(p.numel() * p.element_size() for p in self.model.parameters())

    def tokens(self, text: str) -> list[int]:
        """Return the tokens of ``text``, without special ones."""
        return [int(token) for token in self.tokenizer.encode(text, add_special_tokens=False)]

    def text(self, tokens: Sequence[int]) -> str:
        """Return the text of ``tokens``, without special ones."""
        return str(self.tokenizer.decode(list(tokens), skip_special_tokens=True))

    def save(self, folder: Path) -> None:
        """Write the model as a folder in the layout of the hub."""
        with quiet():
            self.model.save_pretrained(folder, safe_serialization=True)
            self.tokenizer.save_pretrained(folder)


def language_models() -> list[InstalledModel]:
    """Return the language models in the library whose files are present."""
    return [model for model in installed_models(kinds=(ModelKind.LANGUAGE_MODEL,)) if not model.missing]


def find_language_model(name: str = "") -> InstalledModel:
    """Return a language model by name or path; "" is the first in the library.

    Raises :class:`ModelError` if there is none, or if it is a model of another kind.
    """
    if not name:
        known = language_models()
        if not known:
            raise ModelError(
                Message(
                    "There is no language model in the library: add one under Models "
                    "(imagest models add PATH)."
                )
            )
        return known[0]
    model = find_installed(name, lambda identity: identity.kind is ModelKind.LANGUAGE_MODEL)
    if model.identity.kind is not ModelKind.LANGUAGE_MODEL:
        raise ModelError(
            Message("The model {name} isn't a language model: choose one that continues text.", name=name)
        )
    if model.missing:
        raise ModelError(
            Message(
                "The files of the model {name} are missing at {path}: connect the disk, or remove the model.",
                name=model.name,
                path=model.path,
            )
        )
    return model


def load_language_model(model: InstalledModel, progress: Progress | None = None) -> LanguageModel:
    """Load a language model, or take it from the cache; raises :class:`ModelError` and ``Cancelled``."""
    key = (str(model.path), "language", weights_hash(model, progress or Progress()))

    def load() -> tuple[LanguageModel, int]:
        loaded = read_language_model(model.path)
        return loaded, loaded.size

    return loaded_models.get(key, load)


def read_language_model(folder: Path) -> LanguageModel:
    """Load a language model from its folder, from safetensors only and without code of its own.

    Raises :class:`ModelError` for files that don't fit each other.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    with quiet():
        try:
            tokenizer: Any = AutoTokenizer.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False
            )
            model, report = AutoModelForCausalLM.from_pretrained(
                folder,
                local_files_only=True,
                use_safetensors=True,
                trust_remote_code=False,
                dtype=torch.float32,
                output_loading_info=True,
            )
        except (MemoryError, RuntimeError) as error:
            if out_of_memory(error):
                raise
            raise _unreadable(folder, error) from error
        except Exception as error:  # loading code raises many kinds for files that don't fit
            raise _unreadable(folder, error) from error
    if report["missing_keys"]:
        raise _unreadable(folder, KeyError(f"{sorted(report['missing_keys'])[0]} is missing"))
    if len(tokenizer) > model.get_input_embeddings().num_embeddings:
        raise _unreadable(folder, ValueError("its tokenizer has more tokens than the model"))
    model.eval().requires_grad_(False)
    return LanguageModel(model, tokenizer)


def _unreadable(folder: Path, error: BaseException) -> ModelError:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    return ModelError(
        Message(
            "The model {path} can't be loaded ({reason}); check it with: imagest models check.",
            path=folder.name,
            reason=reason,
        )
    )


def expand(
    model: LanguageModel,
    prompt: str,
    seed: int = 0,
    count: int = 1,
    new_tokens: int = NEW_TOKENS,
    progress: Progress | None = None,
) -> list[str]:
    """Return ``count`` continuations of ``prompt``, each starting with it; number i has the seed + i.

    Continuations that are equal are returned once. Raises ``InputError`` for a prompt that is empty or too
    long, and ``Cancelled``.
    """
    prompt, progress = " ".join(prompt.split()), progress or Progress()
    start = model.tokens(prompt)
    if not start:
        raise InputError(Message("The prompt is empty: type a few words first."))
    if len(start) >= model.context or len(prompt) >= MAX_PROMPT:
        raise InputError(Message("The prompt is too long for the language model: shorten it."))
    texts = []
    for number in range(count):
        part = progress.part(number / count, (number + 1) / count)
        draws = torch.Generator().manual_seed(seed + number)
        texts.append(_continued(model, prompt, start, draws, new_tokens, part))
    return list(dict.fromkeys(texts))


@torch.inference_mode()
def _continued(
    model: LanguageModel,
    prompt: str,
    start: Sequence[int],
    draws: torch.Generator,
    new_tokens: int,
    progress: Progress,
) -> str:
    added: list[int] = []
    limit = min(new_tokens, model.context - len(start))
    inputs, past, complete = torch.tensor([list(start)]), None, False
    while len(added) < limit and not complete:
        progress.set(len(added) / limit)
        output = model.model(input_ids=inputs, past_key_values=past, use_cache=True)
        past = output.past_key_values
        token = next_token(output.logits[0, -1], draws)
        if token == model.end:
            complete = True
            break
        added.append(token)
        inputs = torch.tensor([[token]])
        complete = sentence_ends(model.text(added))
    return clean(prompt, model.text(added), complete)


def next_token(logits: Tensor, draws: torch.Generator) -> int:
    """Draw a token from the most probable ones, which together have the probability ``NUCLEUS``."""
    if not torch.isfinite(logits).all():
        raise ModelError(Message("The language model computes invalid numbers: add it again."))
    probabilities, order = (logits.float() / TEMPERATURE).softmax(0).sort(descending=True, stable=True)
    probabilities[probabilities.cumsum(0) - probabilities >= NUCLEUS] = 0
    return int(order[torch.multinomial(probabilities, 1, generator=draws)])


def sentence_ends(text: str) -> bool:
    """Whether a continuation contains the end of a sentence or of a line."""
    return bool(SENTENCE_END.search(text)) or "\n" in text.lstrip()


def clean(prompt: str, added: str, complete: bool) -> str:
    """Return ``prompt`` with the first sentence of ``added``; an incomplete last word is left out."""
    first_line = (added.strip().splitlines() or [""])[0]
    match = SENTENCE_END.search(first_line)
    sentence = " ".join((first_line[: match.end()] if match else first_line).split())
    if match is None and not complete:
        sentence = sentence.rpartition(" ")[0] or sentence
    joint = " " if added[:1].isspace() else ""
    text = " ".join((prompt + joint + printable_part(sentence)).split())
    return text[:MAX_PROMPT].rstrip(" ,;:-")


def printable_part(text: str) -> str:
    """Return ``text`` without control characters and bytes that are no text."""
    return "".join(letter for letter in text if letter != "\ufffd" and printable(letter) == letter)
