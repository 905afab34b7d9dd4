"""Compare the models of all methods with their hashes, before an evaluation fills anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from imagest_core.errors import ModelError
from imagest_core.evaluation.methods import Method
from imagest_core.evaluation.named_methods import VQGAN, adapter_models
from imagest_core.evaluation.synthesis_methods import SynthesisMethod
from imagest_core.models.installed import InstalledModel, find_installed
from imagest_core.models.library import check_model
from imagest_core.progress import Progress
from imagest_core.restoration.engines.added_model import AddedModelEngine
from imagest_core.restoration.engines.imagest_sd import ImagestSDEngine
from imagest_core.restoration.engines.registry import get_engine
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.used_parameters import used_parameters

AnyMethod = TypeVar("AnyMethod")


def whole_methods(
    methods: Sequence[AnyMethod],
    models_of: Callable[[AnyMethod], Iterable[InstalledModel]],
    progress: Progress,
    *,
    named: bool,
) -> tuple[list[AnyMethod], list[tuple[AnyMethod, str]]]:
    """Return the methods whose models match their hashes, and the others with the reason.

    A loader finds damaged weights only when their method begins, or not at all. Models that are given by
    their path have no hashes to compare with. Raises ``ModelError`` instead if the user has ``named`` the
    methods.
    """
    reasons: dict[Path, str] = {}
    whole: list[AnyMethod] = []
    damaged: list[tuple[AnyMethod, str]] = []
    for number, method in enumerate(methods):
        part = progress.part(number / len(methods), (number + 1) / len(methods), "checking")
        models = list(models_of(method))
        for model in models:
            if model.path not in reasons:
                reasons[model.path] = _reason(model, part, named)
        if reason := next(filter(None, (reasons[model.path] for model in models)), ""):
            damaged.append((method, reason))
        else:
            whole.append(method)
    return whole, damaged


def _reason(model: InstalledModel, progress: Progress, named: bool) -> str:
    """Return why a model can't be used, as a clause; "" if it can. Raises ``ModelError`` if ``named``."""
    try:
        check_model(model, progress)
    except ModelError as error:
        if named:
            raise
        return str(error).rstrip(".")
    return ""


def models_of_fill(method: Method) -> Iterator[InstalledModel]:
    """Yield the models with which a method fills."""
    if method.vqgan:
        yield find_installed(method.vqgan)
    elif not method.peer:
        yield from _models_of_request(method.request)


def models_of_synthesis(method: SynthesisMethod) -> Iterator[InstalledModel]:
    """Yield the models with which a method makes pictures."""
    named = method.named
    if named.engine == VQGAN:
        yield find_installed(named.model)
    else:
        yield from _models_of_request(RestorationRequest.of(named.engine, **named.values({})))


def _models_of_request(request: RestorationRequest) -> Iterator[InstalledModel]:
    """Yield the model of a request and its adapters, if the request uses any."""
    used, engine = used_parameters(request), get_engine(request.engine)
    if isinstance(engine, AddedModelEngine):
        yield engine.model_of(request.parameters)
    elif "model" in used:
        yield find_installed(str(request.get("model")))
    if "adapters" in used:
        yield from adapter_models(str(request.get("adapters")))
    if isinstance(engine, ImagestSDEngine):
        yield engine.style_adapter_of(request.parameters)
