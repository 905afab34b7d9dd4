"""A library with a tiny model of each kind that the paper's tables have a row for."""

from __future__ import annotations

from pathlib import Path

from tiny_models import tiny_ip_adapter, tiny_lora, tiny_sd, tiny_textual_inversion
from tiny_style import tiny_style_adapter
from tiny_vqgan import tiny_amused, tiny_vq

from imagest_core.evaluation.baselines import DREAMBOOTH_CARD
from imagest_core.models.library import add_model
from imagest_core.models.stable_diffusion.style_branch import SYNTHESIS_LAYERS

SYNTHESIS = [
    "stable-diffusion:sd14",
    "stable-diffusion:dreambooth",
    "stable-diffusion:sd14+monet",
    "stable-diffusion:sd14+word",
    "stable-diffusion:sd14+ip",
    "imagest-sd:sd14+style",
    "two-stage:stable-diffusion:sd14",
    "vqgan:amused",
]
"""The methods of synthesis that the library makes possible."""
RESTORATION = [*SYNTHESIS[:-1], "vqgan:amused", "vqgan:vq"]


def make_models(folder: Path) -> Path:
    """Write the models."""
    tiny_sd(folder / "sd14")
    tiny_sd(folder / "dreambooth", seed=1)
    (folder / "dreambooth" / "README.md").write_text(f"# sks\n\n{DREAMBOOTH_CARD} on the base model sd14.\n")
    tiny_lora(folder / "monet.safetensors")
    tiny_textual_inversion(folder / "word.safetensors")
    tiny_ip_adapter(folder / "ip")
    tiny_style_adapter(folder / "style", SYNTHESIS_LAYERS)
    tiny_amused(folder / "amused")
    tiny_vq(folder / "vq")
    return folder


def add_models(folder: Path) -> None:
    """Add the models to the library, in place."""
    for path in sorted(folder.iterdir()):
        add_model(path, path.stem, in_place=True)
