"""Adapters of Stable Diffusion: which kinds there are, and what refuses them."""

from __future__ import annotations

from collections.abc import Iterable

from imagest_core.errors import InputError, ModelError
from imagest_core.messages import Message
from imagest_core.models.adapter_choice import AdapterChoice, parse_adapters
from imagest_core.models.identity import Identity, ModelKind, fits
from imagest_core.models.installed import InstalledModel, find_installed
from imagest_core.restoration import parameters as base

ADAPTERS = (ModelKind.LORA, ModelKind.TEXTUAL_INVERSION, ModelKind.IP_ADAPTER, ModelKind.VAE)


WEIGHTED = (ModelKind.LORA, ModelKind.IP_ADAPTER)
"""Adapters that act as strongly as their weight says. Others are used, or left out with the weight 0."""


def is_adapter(identity: Identity) -> bool:
    """Whether a model is an adapter."""
    return identity.kind in ADAPTERS


def chosen_adapters(parameters: base.Parameters) -> list[tuple[AdapterChoice, InstalledModel]]:
    """Return the chosen adapters; raises ``ModelError`` and ``InputError``."""
    choices = parse_adapters(str(getattr(parameters, "adapters", "")))
    return [(choice, find_installed(choice.name, is_adapter)) for choice in choices]


def check_one_autoencoder(adapters: Iterable[tuple[AdapterChoice, InstalledModel]]) -> None:
    """Raise ``InputError`` if several autoencoders are chosen; one with the weight 0 is left out."""
    chosen = [(choice, each) for choice, each in adapters if choice.weight]
    names = [choice.name for choice, each in chosen if each.identity.kind is ModelKind.VAE]
    if len(names) > 1:
        raise InputError(
            Message("A model has one autoencoder: choose one of {names}.", names=", ".join(names))
        )


def check_adapter(adapter: InstalledModel, model: InstalledModel) -> None:
    """Raise :class:`ModelError` unless ``adapter`` is an adapter and fits ``model``."""
    if adapter.identity.kind not in ADAPTERS:
        raise ModelError(
            Message(
                "{name} is no adapter but a {kind}; adapters are {kinds}.",
                name=adapter.name,
                kind=adapter.identity.kind,
                kinds=", ".join(ADAPTERS),
            )
        )
    check_fits(adapter, model)


def check_fits(adapter: InstalledModel, model: InstalledModel) -> None:
    """Raise :class:`ModelError` unless ``adapter`` is one for the family of ``model``."""
    if not fits(adapter.identity, model.identity):
        raise ModelError(
            Message(
                "The adapter {name} doesn't fit the model {model}; choose one for {family}.",
                name=adapter.name,
                model=model.name,
                family=model.identity.family,
            )
        )


def check_unadapted(parameters: base.Parameters) -> None:
    """Raise ``InputError`` if adapters or a study are asked for, which ONNX graphs can't take."""
    if getattr(parameters, "adapters", ""):
        raise InputError(
            Message(
                "A model of ONNX graphs takes no adapters: leave them out, or choose the model that it was"
                " exported from."
            )
        )
    if getattr(parameters, "study", ""):
        raise InputError(
            Message(
                "A model of ONNX graphs takes no study: leave it out, or choose the model that it was"
                " exported from."
            )
        )
