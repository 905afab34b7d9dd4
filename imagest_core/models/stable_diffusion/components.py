"""Load the parts of a Stable Diffusion model from a hub folder or a single file, offline."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from imagest_core.errors import ModelError, out_of_memory
from imagest_core.messages import Message
from imagest_core.models.identity import Family, Identity
from imagest_core.models.schedule import NoiseSchedule, Prediction

PIPELINES = {
    Family.SD1: "StableDiffusionInpaintPipeline",
    Family.SD2: "StableDiffusionInpaintPipeline",
    Family.SDXL: "StableDiffusionXLInpaintPipeline",
}
"""Classes of diffusers that hold the parts; their loops are not used. Four-channel U-Nets fit, too."""


@dataclass(eq=False)
class Components:
    """The loaded parts of a model.

    ``holder`` is diffusers' pipeline object: it loads adapters into the parts.
    """

    identity: Identity
    holder: Any
    schedule: NoiseSchedule

    @property
    def unet(self) -> Any:
        """The denoiser, an ``UNet2DConditionModel``."""
        return self.holder.unet

    @property
    def autoencoder(self) -> Any:
        """The autoencoder, an ``AutoencoderKL`` or ``AsymmetricAutoencoderKL``."""
        return self.holder.vae

    @property
    def modules(self) -> list[torch.nn.Module]:
        """Every network."""
        parts = self.holder.components.values()
        return [part for part in parts if isinstance(part, torch.nn.Module)]

    @property
    def size(self) -> int:
        """Size of all weights in bytes."""
        return sum(p.numel() * p.element_size() for part in self.modules for p in part.parameters())


def load_components(path: Path, identity: Identity, dtype: torch.dtype) -> Components:
    """Load a model of the families in :data:`PIPELINES` onto the CPU.

    Raises :class:`ModelError` for other families and for files that don't fit their description.
    """
    if identity.family not in PIPELINES:
        raise ModelError(
            Message(
                "{path} is a model of the family {family}, not Stable Diffusion 1, 2 or XL; use the engine "
                "pipeline.",
                path=path.name,
                family=identity.family,
            )
        )
    holder_class: Any = getattr(import_module("diffusers"), PIPELINES[identity.family])
    with quiet():
        try:
            holder = _read(holder_class, path, identity, dtype)
            schedule = schedule_of(holder.scheduler)
        except (MemoryError, RuntimeError) as error:
            if out_of_memory(error):
                raise
            raise _unreadable(path, error) from error
        except Exception as error:  # loading code raises many kinds for files that don't fit
            raise _unreadable(path, error) from error
    for part in (part for part in holder.components.values() if isinstance(part, torch.nn.Module)):
        part.eval().requires_grad_(False)
    return Components(identity, holder, schedule)


def _read(holder_class: Any, path: Path, identity: Identity, dtype: torch.dtype) -> Any:
    if identity.layout == "folder":
        options: dict[str, Any] = {}
        if identity.family is not Family.SDXL:
            options = {"safety_checker": None, "requires_safety_checker": False, "feature_extractor": None}
        if variant := weight_variant(path):
            options["variant"] = variant
        return holder_class.from_pretrained(
            path, local_files_only=True, use_safetensors=True, torch_dtype=dtype, **options
        )
    from imagest_core.models.model_configs import config_folder

    options = {} if identity.family is Family.SDXL else {"safety_checker": None}
    config = config_folder(identity)
    return holder_class.from_single_file(
        str(path), config=str(config), local_files_only=True, torch_dtype=dtype, **options
    )


def weight_variant(folder: Path) -> str:
    """Return "fp16" if a hub folder has only half-precision weights of its denoiser, else ""."""
    weights = [file.name for file in (folder / "unet").glob("*.safetensors")]
    return "fp16" if weights and all(".fp16." in name for name in weights) else ""


def schedule_of(scheduler: Any) -> NoiseSchedule:
    """Return the noise schedule of the training that a scheduler of diffusers describes."""
    kept = scheduler.alphas_cumprod.double().cpu()
    return NoiseSchedule(kept.sqrt(), (1 - kept).sqrt(), Prediction(scheduler.config.prediction_type))


def _unreadable(path: Path, error: BaseException) -> ModelError:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    return ModelError(
        Message(
            "The model {path} can't be loaded ({reason}); check it with: imagest models check.",
            path=path.name,
            reason=reason,
        )
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Keep progress bars, log lines and warnings of diffusers and transformers off the terminal."""
    loggers = [logging.getLogger(name) for name in ("diffusers", "transformers", "peft")]
    levels = [logger.level for logger in loggers]
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    diffusers_logging.disable_progress_bar()
    transformers_logging.disable_progress_bar()
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels):
            logger.setLevel(level)
