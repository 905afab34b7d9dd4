"""The parameters that a newly opened painting starts with."""

from __future__ import annotations

from app.context import Context
from app.document import OpenDocument
from app.settings import Settings
from imagest_core.project.storage.unpack import INVALID_DATA
from imagest_core.restoration.engines.registry import ENGINES
from imagest_core.restoration.request import RestorationRequest


def default_engine() -> str:
    """The network if its weights are installed, otherwise an engine that needs none."""
    from imagest_core.models.identity import ModelKind
    from imagest_core.models.installed import installed_models

    return "imagest" if installed_models(kinds=(ModelKind.IMAGEST,)) else "harmonic"


def default_request(settings: Settings) -> RestorationRequest:
    """The defaults of the default engine, on the device of the preferences."""
    return RestorationRequest.of(default_engine(), device=settings.preferences.device)


def stored_request(settings: Settings, stored: object) -> RestorationRequest | None:
    """A request that was stored in the settings; None if this version can't use it."""
    if not isinstance(stored, dict) or not stored:
        return None
    try:
        request = RestorationRequest.from_plain(stored)
    except (TypeError, ValueError):
        return None
    if request.engine not in ENGINES:
        return None
    return request.changed(device=settings.preferences.device)


def start_request(context: Context, document: OpenDocument) -> RestorationRequest:
    """The request of this document, else the preset to start with, else the defaults.

    The request of the document is the one it was left with, or that of its latest result. Nothing is
    taken over from another painting.
    """
    settings = context.settings
    own = stored_request(settings, settings.last_state(document.remembered_path).request)
    return (
        own
        or stored_request(settings, _latest_request(document))
        or stored_request(settings, settings.presets.get(settings.start_preset))
        or default_request(settings)
    )


def _latest_request(document: OpenDocument) -> object:
    from imagest_core.restoration.record import RestorationRecord

    run = document.run(max(document.state.runs, default=None))
    if run is None:
        return None
    try:
        return RestorationRecord.from_json(run.content.record()).request.to_plain()
    except INVALID_DATA:
        return None
