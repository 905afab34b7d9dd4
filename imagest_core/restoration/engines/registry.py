"""The engines by name. Listing them imports none of them."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from imagest_core.errors import InputError
from imagest_core.messages import Message
from imagest_core.restoration.engines.base import Engine
from imagest_core.restoration.request import RestorationRequest

_PACKAGE = "imagest_core.restoration.engines"
ENGINES = {
    "imagest": f"{_PACKAGE}.imagest:ImagestEngine",
    "stable-diffusion": f"{_PACKAGE}.stable_diffusion:StableDiffusionEngine",
    "spline": f"{_PACKAGE}.classical:SplineEngine",
    "harmonic": f"{_PACKAGE}.classical:HarmonicEngine",
    "telea": f"{_PACKAGE}.classical:TeleaEngine",
    "navier-stokes": f"{_PACKAGE}.classical:NavierStokesEngine",
    "biharmonic": f"{_PACKAGE}.classical:BiharmonicEngine",
}
"""Name → module:class, in the order in which they are offered."""

SHARED = frozenset({"engine", "dilation", "context", "scale"})
"""Parameters that decide where windows lie; every engine has windows."""


def engine_names() -> tuple[str, ...]:
    """Every name :func:`get_engine` knows."""
    return tuple(ENGINES)


def available_engines() -> tuple[str, ...]:
    """Return the engines that need no model, or whose model is installed."""
    engines = map(get_engine, ENGINES)
    return tuple(e.name for e in engines if "model" not in e.Parameters.specs() or e.models())


def get_engine(name: str) -> Engine:
    """Return the engine of this name; raises ``InputError`` where there is none."""
    if name not in ENGINES:
        raise InputError(
            Message(
                "There is no engine {name}; choose one of {engines}.",
                name=f"{name!r}",
                engines=", ".join(ENGINES),
            )
        )
    return _load(ENGINES[name])


@cache
def _load(place: str) -> Engine:
    module, kind = place.split(":")
    engine: Engine = getattr(import_module(module), kind)()
    return engine


def used_parameters(request: RestorationRequest, engine: Engine | None = None) -> frozenset[str]:
    """Names of the parameters that decide the fills of ``request``, shared ones and the engine's own.

    ``engine`` need not be registered. Raises ``InputError`` where there is no such engine.
    """
    engine = engine or get_engine(request.engine)
    blend = frozenset() if engine.matches_boundary else frozenset({"blend"})
    capabilities, specs = engine.capabilities(request.parameters), request.parameters.specs()
    own = {name for name in request.parameters.used() if specs[name].requires in {None, *capabilities}}
    return SHARED | blend | engine.shared_parameters(request) | own


def possible_parameters(request: RestorationRequest) -> frozenset[str]:
    """Names of the parameters that decide fills of the engine of ``request`` in one of its modes."""
    found = used_parameters(request)
    for name, spec in request.parameters.specs().items():
        for choice in spec.choices:
            found |= used_parameters(request.changed(**{name: choice.value}))
    return found


def parameter_texts() -> tuple[str, ...]:
    """Every label, help text, choice and automatic value of all parameters, each once."""
    tables = [RestorationRequest.specs(), *(get_engine(name).Parameters.specs() for name in ENGINES)]
    specs = [spec for table in tables for spec in table.values()]
    texts = [text for spec in specs for text in spec.texts()]
    return tuple(dict.fromkeys(text for text in texts if text))
