"""Optional groups of packages, and the sentence for a group that is not installed."""

from __future__ import annotations

from importlib.util import find_spec

from imagest_core.errors import InputError

EXTRAS = {
    "torch": ("torch",),
    "train": ("accelerate", "tensorboard", "torch"),
    "evaluate": ("piq", "torch", "torchvision", "transformers"),
    "diffusion": ("accelerate", "diffusers", "peft", "torch", "transformers"),
    "cluster": ("ray",),
    "onnx-export": ("onnx", "onnx_ir", "onnxscript", "torch"),
}
"""Extra of the distribution → modules it brings. Import contracts state which packages may import them."""


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
    """Return what isn't installed of the modules of ``extra``; imports none of them."""
    return [module for module in EXTRAS[extra] if find_spec(module) is None]
