"""Choose the library that runs a network: torch, or ONNX Runtime where torch isn't installed."""

from __future__ import annotations

from importlib.util import find_spec

from imagest_core.errors import InputError
from imagest_core.messages import Message

AUTO, TORCH, ONNX = "auto", "torch", "onnx"
MODULES = {TORCH: "torch", ONNX: "onnxruntime"}


def is_installed(runtime: str) -> bool:
    """Whether a runtime's library is installed; imports nothing."""
    return find_spec(MODULES[runtime]) is not None


def choose_runtime(runtime: str = AUTO) -> str:
    """Return ``torch`` or ``onnx``; ``auto`` prefers torch. Raises ``InputError`` unless it is installed."""
    if runtime == AUTO:
        found = next((each for each in (TORCH, ONNX) if is_installed(each)), None)
        if found is None:
            raise InputError(
                Message(
                    "The network needs PyTorch or ONNX Runtime, and neither is installed: install one of"
                    " them, or choose the engine spline."
                )
            )
        return found
    if not is_installed(runtime):
        name, other = ("PyTorch", ONNX) if runtime == TORCH else ("ONNX Runtime", TORCH)
        raise InputError(
            Message(
                "{name} is not installed: install it, or choose --runtime {other}.", name=name, other=other
            )
        )
    return runtime


def check_fixed_runtime(needed: str, asked: str, engine: str) -> None:
    """Raise ``InputError`` if another runtime is ``asked`` for than the one that ``engine`` ``needed``."""
    if needed == TORCH and asked == ONNX:
        raise InputError(
            Message("The engine {engine} runs in PyTorch only: leave out --runtime.", engine=engine)
        )
    if needed == ONNX and asked == TORCH:
        raise InputError(
            Message(
                "The chosen model consists of ONNX graphs: leave out --runtime, or choose the model that it"
                " was exported from."
            )
        )
    if needed == TORCH:
        require_torch(engine)


def require_torch(engine: str) -> None:
    """Raise ``InputError`` unless torch is installed, which ``engine`` needs."""
    if not is_installed(TORCH):
        raise InputError(
            Message(
                "The engine {engine} needs PyTorch, which is not installed: choose the engine imagest or"
                " spline.",
                engine=engine,
            )
        )
