"""Whether a request can be met on this machine, checked before anything is filled."""

from __future__ import annotations

from imagest_core.errors import InputError
from imagest_core.restoration.engines import engine
from imagest_core.restoration.engines.base import Engine
from imagest_core.restoration.request import RestorationRequest


def check_request(request: RestorationRequest, chosen: Engine | None = None) -> None:
    """Check engine, model, device and prompt of ``request``, whichever engine it names.

    ``chosen`` is an engine that need not be registered. Raises ``InputError`` where there is no such engine
    or device, or the engine reads no text; ``ModelError`` where there is no such model.
    """
    chosen = chosen or engine(request.engine)
    if request.weights:
        _check_model(request.weights)
    if request.device == "cuda":
        _check_cuda()
    if request.prompt and "prompt" not in chosen.heeds(request):
        raise InputError(f"The engine {chosen.name} reads no text: leave the prompt empty.")


def _check_model(name: str) -> None:
    from imagest_core.models.description import read_description
    from imagest_core.models.library import find_model

    read_description(find_model(name))


def _check_cuda() -> None:
    from imagest_core.models.hardware import choose_hardware

    choose_hardware("cuda")
