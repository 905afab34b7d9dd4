"""Which parameters decide the fills of a request, and what all parameters are called."""

from __future__ import annotations

from imagest_core.restoration.engines.base import Engine
from imagest_core.restoration.engines.registry import ENGINES, get_engine
from imagest_core.restoration.request import RestorationRequest

SHARED = frozenset({"engine", "dilation", "context", "scale"})
"""Parameters that decide where windows lie; every engine has windows."""


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
