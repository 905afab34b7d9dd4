"""Which fields of a request make a difference: what a person need not be asked, and a table need not tell."""

from __future__ import annotations

from imagest_core.restoration.engines import engine
from imagest_core.restoration.request import RestorationRequest

PLACING = frozenset({"engine", "growth", "context", "scale"})
"""Where windows lie and what they show; every engine has windows."""


def used_fields(request: RestorationRequest) -> frozenset[str]:
    """Names of the fields of ``request`` that its fills depend on; raises ``InputError`` for no engine."""
    chosen = engine(request.engine)
    blended = frozenset() if chosen.meets_rim else frozenset({"blend"})
    return PLACING | blended | chosen.heeds(request)
