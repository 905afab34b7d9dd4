"""The engines, one a file. Listing them imports none of them."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from imagest_core.errors import InputError
from imagest_core.restoration.engines.base import Engine

PACKAGE = "imagest_core.restoration.engines"
ENGINES = {
    "imagest": f"{PACKAGE}.imagest:ImagestEngine",
    "spline": f"{PACKAGE}.classical:SplineEngine",
    "harmonic": f"{PACKAGE}.classical:HarmonicEngine",
    "telea": f"{PACKAGE}.classical:TeleaEngine",
    "navier-stokes": f"{PACKAGE}.classical:NavierStokesEngine",
    "biharmonic": f"{PACKAGE}.classical:BiharmonicEngine",
}
"""Name → module:class, in the order in which they are offered."""


def engine_names() -> tuple[str, ...]:
    """Every name :func:`engine` knows."""
    return tuple(ENGINES)


@cache
def engine(name: str) -> Engine:
    """The engine of this name; raises ``InputError`` where there is none."""
    if name not in ENGINES:
        raise InputError(f"There is no engine '{name}'; choose one of {', '.join(ENGINES)}.")
    module, kind = ENGINES[name].split(":")
    made: Engine = getattr(import_module(module), kind)()
    return made
