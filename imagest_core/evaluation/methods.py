"""The methods to compare: engines with their requests, the unfilled damage, and white noise as a control.

Methods that use models of the library are named as in :mod:`imagest_core.evaluation.named_methods`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imagest_core.errors import InputError
from imagest_core.evaluation.named_methods import TWO_STAGE, VQGAN, parse_method
from imagest_core.restoration.engines.registry import get_engine
from imagest_core.restoration.modes import Mode
from imagest_core.restoration.request import RestorationRequest

NONE = "none"
"""The damaged picture, unfilled."""
HARMONIC = "harmonic"
GMIC = "gmic"
"""G'MIC's patch-based inpainting."""
NOISE = "harmonic+noise"
"""The harmonic fill with white noise of another method's fine energy, ``harmonic+noise:ENGINE``."""


@dataclass(frozen=True)
class Method:
    """A row of the tables: the fill of ``request``, plus grain with the fine energy of the row ``like``.

    ``peer``: another program fills; of the request only the dilation counts. ``vqgan``: name of the VQGAN
    that fills; of the request dilation, seed, prompt and device count. ``transferred``: the fill gets
    colours and texture of the intact paint in a second stage.
    """

    label: str
    request: RestorationRequest
    like: str = ""
    peer: str = ""
    vqgan: str = ""
    transferred: bool = False
    prompt: str = ""


def methods(
    names: Sequence[str], modes: Sequence[Mode] = (), values: Mapping[str, Any] | None = None
) -> tuple[Method, ...]:
    """Return the methods named by ``names``.

    A name is ``ENGINE``, ``ENGINE:MODE``, ``ENGINE:MODEL+ADAPTER@WORDS``, ``vqgan:MODEL``,
    ``two-stage:NAME`` or ``harmonic+noise[:ROW]``.

    An engine with modes that is named without one runs in each of ``modes`` (default: textured). ``values``
    are parameters by name; each engine gets those it has. Controls come last. Raises ``InputError``.
    """
    given = values or {}
    engines = [row for name in names if not _is_noise(name) for row in _rows(name, modes, given)]
    rows = _unique(engines)
    return _unique([*rows, *(_control(name, rows, given) for name in names if _is_noise(name))])


def request_for(engine: str, values: Mapping[str, Any]) -> RestorationRequest:
    """Return a request with those ``values`` that the engine has; raises ``InputError``."""
    known = RestorationRequest.specs().keys() | get_engine(engine).Parameters.specs().keys()
    return RestorationRequest.of(engine, **{name: value for name, value in values.items() if name in known})


def _rows(name: str, modes: Sequence[Mode], values: Mapping[str, Any]) -> list[Method]:
    if name == GMIC:
        return [Method(name, request_for(HARMONIC, values), peer=name)]
    engine, colon, mode = name.partition(":")
    if engine in (TWO_STAGE, VQGAN) or (mode and has_model(engine)):
        return [_with_model(name, values)]
    if "mode" not in get_engine(engine).Parameters.specs():
        if colon:
            raise InputError(f"The engine {engine} has no modes: leave out ':{mode}'.")
        return [Method(engine, request_for(engine, values))]
    chosen = [_mode(mode)] if colon else list(modes) or [Mode.TEXTURED]
    return [
        Method(f"{engine}:{each.value}", request_for(engine, {**values, "mode": each})) for each in chosen
    ]


def engine_of(name: str) -> str:
    """Return the engine whose parameters decide a method, as far as its name tells."""
    first = name.removeprefix(f"{TWO_STAGE}:").partition(":")[0]
    return HARMONIC if first in (VQGAN, GMIC) or _is_noise(name) else first


def has_model(engine: str) -> bool:
    """Whether ``ENGINE:MODEL`` chooses the model of this engine: it has models, and no modes."""
    specs = get_engine(engine).Parameters.specs()
    return "model" in specs and "mode" not in specs


def _with_model(name: str, values: Mapping[str, Any]) -> Method:
    named = parse_method(name)
    if named.engine == VQGAN:
        if not named.model or named.adapters or named.style_adapter or named.transferred:
            raise InputError(f"{name}: name a VQGAN alone, as in {VQGAN}:MODEL.")
        prompt = str(named.values(values).get("prompt", ""))
        return Method(name, request_for(HARMONIC, values), vqgan=named.model, prompt=prompt)
    specs = get_engine(named.engine).Parameters.specs()
    if not has_model(named.engine) or (named.style_adapter and "style_adapter" not in specs):
        raise InputError(
            f"{name}: the engine {named.engine} doesn't read these models; use stable-diffusion, imagest-sd "
            "or pipeline."
        )
    return Method(name, request_for(named.engine, named.values(values)), transferred=named.transferred)


def _mode(text: str) -> Mode:
    try:
        return Mode(text)
    except ValueError:
        raise InputError(f"The mode is {' or '.join(Mode)}, not '{text}'.") from None


def _is_noise(name: str) -> bool:
    return name == NOISE or name.startswith(NOISE + ":")


def _control(name: str, rows: Sequence[Method], values: Mapping[str, Any]) -> Method:
    like = name[len(NOISE) + 1 :]
    sources = [row.label for row in rows if row.peer or row.request.engine != HARMONIC]
    matching = [label for label in sources if label == like or label.partition(":")[0] == like or not like]
    if not matching:
        raise InputError(f"{name} needs the energy of another engine: name that with --engine, too.")
    return Method(f"{NOISE}:{matching[-1]}", request_for(HARMONIC, values), matching[-1])


def _unique(rows: Sequence[Method]) -> tuple[Method, ...]:
    return tuple({row.label: row for row in rows}.values())
