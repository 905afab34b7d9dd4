"""Names of methods that use models: ``[two-stage:]ENGINE:MODEL[+ADAPTER[:WEIGHT]]…[@WORDS]``.

``vqgan:MODEL`` is a VQGAN or Amused model. ``two-stage:`` transfers the style after the fill or the picture.
``WORDS`` are added to every prompt: those that DreamBooth, a LoRA or textual inversion were trained with. The
word of textual inversion is added by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from imagest_core.errors import InputError
from imagest_core.models.adapter_choice import parse_adapters
from imagest_core.models.identity import ModelKind
from imagest_core.models.installed import InstalledModel, find_installed

TWO_STAGE = "two-stage"
VQGAN = "vqgan"


@dataclass(frozen=True)
class NamedMethod:
    """A parsed name.

    ``adapters`` as the engines' parameter of this name takes them; ``style_adapter`` only for ``imagest-sd``.
    ``transferred``: the style is transferred in a second stage.
    """

    name: str
    engine: str
    model: str = ""
    adapters: str = ""
    style_adapter: str = ""
    words: str = ""
    transferred: bool = False

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters of the engine: ``given`` with the models and words of the name."""
        own = {"model": self.model, "adapters": self.adapters, "style_adapter": self.style_adapter}
        values = {**given, **{name: value for name, value in own.items() if value}}
        if self.words:
            values["prompt"] = with_words(str(given.get("prompt", "")), self.words)
        return values


def with_words(prompt: str, words: str) -> str:
    """Return ``prompt`` with ``words``, unless it contains them."""
    if words in prompt:
        return prompt
    return f"{prompt}, {words}" if prompt else words


def parse_method(name: str) -> NamedMethod:
    """Parse a name; raises ``InputError`` and ``ModelError`` for models that don't exist."""
    stage, colon, rest = name.partition(":")
    if stage == TWO_STAGE:
        if not colon or rest.startswith(TWO_STAGE):
            raise InputError(f"{name}: name the first stage, as in {TWO_STAGE}:stable-diffusion:MODEL.")
        return replace(parse_method(rest), name=name, transferred=True)
    if colon and not rest and stage != VQGAN:
        raise InputError(f"{name}: name a model after the colon, or leave the colon out.")
    if rest and Path(rest).exists():  # a path may have a plus
        return NamedMethod(name, stage, rest)
    named, _, words = rest.partition("@")
    model, *others = named.split("+")
    plain, style_adapter = _sorted_adapters(others)
    return NamedMethod(
        name,
        stage,
        model.strip(),
        ", ".join(plain),
        style_adapter,
        words.strip() or _own_words(plain),
    )


def adapter_models(adapters: str) -> list[InstalledModel]:
    """Return the models of adapters written as ``NAME[:WEIGHT], …``."""
    return [find_installed(choice.name) for choice in parse_adapters(adapters)]


def _sorted_adapters(names: list[str]) -> tuple[list[str], str]:
    """Return the adapters that engines load by themselves, and the style adapter."""
    plain, style = [], ""
    for name in map(str.strip, names):
        models = adapter_models(name)
        if len(models) != 1:
            raise InputError(f"'{name}' is no adapter in a method's name: write MODEL+ADAPTER.")
        if models[0].identity.kind is ModelKind.STYLE_ADAPTER:
            style = name
        else:
            plain.append(name)
    return plain, style


def _own_words(adapters: list[str]) -> str:
    """Return the words that textual inversion has defined."""
    models = adapter_models(", ".join(adapters))
    tokens = [model.identity.details.get("token", "") for model in models]
    return ", ".join(f"in the style of {token}" for token in tokens if token)
