"""Optional groups of packages, and the sentence for a group that is not installed."""

from __future__ import annotations

from importlib.util import find_spec

from imagest_core.errors import InputError

EXTRAS = {
    "train": ("accelerate", "tensorboard"),
    "evaluate": ("piq", "torchvision", "transformers"),
    "diffusion": ("accelerate", "diffusers", "peft", "transformers"),
    "onnx": ("onnxruntime",),
    "onnx-export": ("onnx", "onnxruntime", "onnxscript"),
}
"""Extra of the distribution → modules it brings. Import contracts state which packages may import them."""
WITHOUT_TORCH = ("onnx",)
"""Extras that are of use where torch isn't installed."""


class MissingExtraError(InputError):
    """Packages of an extra are not installed."""


def require_extra(extra: str, purpose: str) -> None:
    """Raise ``MissingExtraError`` unless every package of ``extra`` is installed; imports none of them.

    ``purpose`` is the subject of the sentence: "Training".
    """
    if missing := missing_modules(extra):
        raise MissingExtraError(
            f"{purpose} needs packages that are not installed ({', '.join(missing)}); install them with: "
            f"pip install 'imagest-workstation[{extra}]'"
        )


def missing_modules(extra: str) -> list[str]:
    """Return what isn't installed of the modules of ``extra`` and of torch; imports none of them."""
    needed = EXTRAS[extra] if extra in WITHOUT_TORCH else ("torch", *EXTRAS[extra])
    return [module for module in needed if find_spec(module) is None]
