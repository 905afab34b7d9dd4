"""Check a request before a restoration starts."""

from __future__ import annotations

from imagest_core.errors import InputError
from imagest_core.messages import Message
from imagest_core.models.backbone import Capability
from imagest_core.models.runtime import AUTO, ONNX, TORCH, check_fixed_runtime, choose_runtime, is_installed
from imagest_core.restoration.engines.added_model import AddedModelEngine
from imagest_core.restoration.engines.base import Engine
from imagest_core.restoration.engines.registry import get_engine
from imagest_core.restoration.parameters import Spec
from imagest_core.restoration.request import RestorationRequest


def check_request(request: RestorationRequest, engine: Engine | None = None) -> None:
    """Check the engine, model, device and capabilities of ``request``.

    ``engine`` need not be registered. Raises ``InputError`` if the engine or device doesn't exist, if the
    parameters are another engine's, or if the model lacks a capability that a parameter needs; ``ModelError``
    if the model doesn't exist.
    """
    engine = engine or _registered(request)
    _check_runtime(request, engine)
    engine.check_model(request.parameters)
    capabilities = engine.capabilities(request.parameters)
    for name, spec in request.parameters.specs().items():
        changed = getattr(request.parameters, name) != spec.default
        if changed and spec.requires is not None and spec.requires not in capabilities:
            raise InputError(_refusal(engine, spec))


def check_can_refine(request: RestorationRequest, engine: Engine | None = None) -> None:
    """Raise ``InputError`` unless the model of ``request`` can change an earlier fill by a strength."""
    engine = engine or _registered(request)
    has_strength = "strength" in request.parameters.specs()
    if not has_strength or Capability.STRENGTH not in engine.capabilities(request.parameters):
        raise InputError(
            "This model can't refine a fill: choose Stable Diffusion or another model with a strength."
        )


def _registered(request: RestorationRequest) -> Engine:
    """Return the engine of ``request``; raises ``InputError`` if the parameters are another engine's."""
    engine = get_engine(request.engine)
    if type(request.parameters) is not engine.Parameters:
        raise InputError(
            Message(
                "The engine {engine} takes {expected}, not {given}.",
                engine=engine.name,
                expected=engine.Parameters.__name__,
                given=type(request.parameters).__name__,
            )
        )
    return engine


def _refusal(engine: Engine, spec: Spec) -> str:
    reads = {
        "text": Message("reads no text"),
        "style": Message("takes no style"),
        "adapters": Message("takes no adapters"),
        "negative-text": Message("takes no negative prompt with this model"),
        "strength": Message("takes no strength with this model"),
        "guidance": Message("takes no guidance with this model"),
    }
    return Message(
        "The engine {engine} {reads}: leave out {flag}.",
        engine=engine.name,
        reads=reads[str(spec.requires)],
        flag=spec.flag,
    )


def _fixed_runtime(request: RestorationRequest, engine: Engine) -> str:
    """Return the runtime of an engine that offers no choice: that of its model.

    Without torch raises ``ModelError`` if the model that is named can't be read: it may be one without torch.
    """
    if not isinstance(engine, AddedModelEngine):
        return TORCH
    if getattr(request.parameters, "model", "") and not is_installed(TORCH):
        engine.model_of(request.parameters)
    return engine.runtime_of(request.parameters)


def _check_runtime(request: RestorationRequest, engine: Engine) -> None:
    """Check the runtime that is asked for, or that the engine needs, and a GPU that is asked for."""
    shared = engine.shared_parameters(request)
    fixed = "device" in shared and "runtime" not in shared
    needed = _fixed_runtime(request, engine) if fixed else ""
    check_fixed_runtime(needed, request.runtime, engine.name)
    runtime = needed or request.runtime
    if "device" in shared or request.device == "cuda" or runtime != AUTO:
        runtime = choose_runtime(runtime)
    if request.device != "cuda":
        return
    if runtime == ONNX:
        from imagest_core.models.onnx.providers import choose_provider

        choose_provider("cuda")
    else:
        from imagest_core.models.hardware import choose_hardware

        choose_hardware("cuda")
