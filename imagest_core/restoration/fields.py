"""Which fields of a request make a difference: what a person need not be asked, and a table need not tell."""

from __future__ import annotations

from imagest_core.restoration.engines import engine
from imagest_core.restoration.engines.base import Engine
from imagest_core.restoration.request import Mode, RestorationRequest

PLACING = frozenset({"engine", "growth", "context", "scale"})
"""Where windows lie and what they show; every engine has windows."""


def used_fields(request: RestorationRequest) -> frozenset[str]:
    """Names of the fields of ``request`` that its fills depend on; raises ``InputError`` for no engine."""
    return fields_used_by(engine(request.engine), request)


def uses_style(chosen: Engine, request: RestorationRequest) -> bool:
    """Whether a style reference makes a difference to fills of ``request``: faithful ones take none."""
    return chosen.uses_style and request.mode is Mode.TEXTURED


def fields_used_by(chosen: Engine, request: RestorationRequest) -> frozenset[str]:
    """:func:`used_fields` of an engine that need not be registered."""
    blended = frozenset() if chosen.matches_boundary else frozenset({"blend"})
    return PLACING | blended | chosen.heeds(request)
