"""The engines by name. Listing them imports none of them."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from imagest_core.errors import InputError
from imagest_core.messages import Message
from imagest_core.restoration.engines.base import Engine

_PACKAGE = "imagest_core.restoration.engines"
ENGINES = {
    "imagest": f"{_PACKAGE}.imagest:ImagestEngine",
    "imagest-sd": f"{_PACKAGE}.imagest_sd:ImagestSDEngine",
    "stable-diffusion": f"{_PACKAGE}.stable_diffusion:StableDiffusionEngine",
    "pipeline": f"{_PACKAGE}.pipeline:PipelineEngine",
    "spline": f"{_PACKAGE}.classical:SplineEngine",
    "harmonic": f"{_PACKAGE}.classical:HarmonicEngine",
    "telea": f"{_PACKAGE}.classical:TeleaEngine",
    "navier-stokes": f"{_PACKAGE}.classical:NavierStokesEngine",
    "biharmonic": f"{_PACKAGE}.classical:BiharmonicEngine",
}
"""Name → module:class, in the order in which they are offered."""


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
