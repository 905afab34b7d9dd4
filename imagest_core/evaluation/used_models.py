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
from imagest_core.restoration.engines.registry import get_engine
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.used_parameters import used_parameters

Row = TypeVar("Row")


def check_models(models: Iterable[InstalledModel], progress: Progress) -> None:
    """Compare the files of each model with their hashes, each once; raises ``ModelError``.

    A loader finds damaged weights only when their method begins, or not at all. Models that are given by
    their path have no hashes to compare with.
    """
    different = list({model.path: model for model in models}.values())
    for number, model in enumerate(different):
        check_model(model, progress.part(number / len(different), (number + 1) / len(different), "checking"))


def with_whole_models(
    rows: Sequence[Row], models_of: Callable[[Sequence[Row]], Iterable[InstalledModel]], progress: Progress
) -> tuple[list[Row], list[tuple[Row, str]]]:
    """Return the methods whose models are whole, and the others with the reason."""
    known: dict[Path, str] = {}
    whole, damaged = list[Row](), list[tuple[Row, str]]()
    for number, row in enumerate(rows):
        part = progress.part(number / len(rows), (number + 1) / len(rows), "checking")
        for model in models_of([row]):
            if model.path not in known:
                known[model.path] = _reason(model, part)
        reason = next(filter(None, (known[model.path] for model in models_of([row]))), "")
        damaged.append((row, reason)) if reason else whole.append(row)
    return whole, damaged


def _reason(model: InstalledModel, progress: Progress) -> str:
    """Return why a model can't be used, as a clause; "" if it can."""
    try:
        check_model(model, progress)
    except ModelError as error:
        return str(error).rstrip(".")
    return ""


def models_of_methods(methods: Iterable[Method]) -> Iterator[InstalledModel]:
    """Yield the models that fill."""
    for method in methods:
        if method.vqgan:
            yield find_installed(method.vqgan)
        elif not method.peer:
            yield from _models_of_request(method.request)


def models_of_synthesis(methods: Iterable[SynthesisMethod]) -> Iterator[InstalledModel]:
    """Yield the models that make pictures."""
    for method in methods:
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
    if hasattr(engine, "style_adapter_of"):
        yield engine.style_adapter_of(request.parameters)
