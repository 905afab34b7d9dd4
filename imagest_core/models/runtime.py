"""Choose the library that runs a network: torch, or ONNX Runtime where torch isn't installed."""

from __future__ import annotations

from importlib.util import find_spec

from imagest_core.errors import InputError
from imagest_core.extras import MissingExtraError
from imagest_core.messages import Message

AUTO, TORCH, ONNX = "auto", "torch", "onnx"
MODULES = {TORCH: "torch", ONNX: "onnxruntime"}


def is_installed(runtime: str) -> bool:
    """Whether a runtime's library is installed; imports nothing."""
    return find_spec(MODULES[runtime]) is not None


def choose_runtime(runtime: str = AUTO) -> str:
    """Return ``torch`` or ``onnx``; ``auto`` prefers torch. Raises ``InputError`` unless it is installed."""
    if runtime == AUTO:
        runtime = TORCH if is_installed(TORCH) or not is_installed(ONNX) else ONNX
    if not is_installed(runtime):
        if runtime == ONNX:
            raise MissingExtraError(
                Message(
                    "ONNX Runtime is not installed: install it with pip install 'imagest-workstation[onnx]', or"
                    " choose --runtime torch."
                )
            )
        raise InputError(
            Message(
                "The network needs torch or ONNX Runtime, and this isn't installed: {module}; install it, or choose"
                " the engine spline.",
                module=MODULES[runtime],
            )
        )
    return runtime


def require_torch(purpose: str | Message) -> None:
    """Raise ``InputError`` unless torch is installed; ``purpose`` is the subject of the sentence."""
    if not is_installed(TORCH):
        raise InputError(
            Message("{purpose} needs torch, which this installation doesn't have.", purpose=purpose)
        )
