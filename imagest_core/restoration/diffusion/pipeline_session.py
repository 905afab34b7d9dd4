"""Fill windows with a pipeline of diffusers, one at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import torch
from torch import Tensor
from torch.nn import functional

from imagest_core.arrays import Image
from imagest_core.errors import ImagestError, ModelError, out_of_memory
from imagest_core.messages import Message
from imagest_core.models.loaded_pipeline import LoadedPipeline
from imagest_core.models.stable_diffusion.backbone import dilated_latents
from imagest_core.models.stable_diffusion.components import quiet
from imagest_core.progress import Cancelled, Progress
from imagest_core.restoration.diffusion.generative import REFINING_STRENGTH, add_detail, start_batch
from imagest_core.restoration.diffusion.pipeline import WindowBatch
from imagest_core.restoration.diffusion.sampler import window_seed
from imagest_core.restoration.diffusion.session import pictures_of, show_previews
from imagest_core.restoration.engines.base import WindowFill
from imagest_core.restoration.modes import Quality
from imagest_core.restoration.planning.window import WindowView
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.style_pictures import StylePictures

NEGATIVE_GUIDANCE = 4.0
"""Guidance by a negative prompt of models whose own guidance is an input of the network."""


@dataclass(frozen=True)
class PipelineSettings:
    """What the engine's parameters ask of a session; None leaves a value to the pipeline."""

    prompt: str = ""
    negative_prompt: str = ""
    steps: int | None = None
    guidance: float | None = None
    strength: float = 1.0
    detail: float | None = None
    quality: Quality = Quality.STANDARD


class PipelineSession:
    """Fills windows with the pipeline's own loop.

    The pipeline gets the pre-filled picture within 0–1 and a mask on its latent grid. Its answer is used as
    the difference to that picture, so that colours beyond sRGB and the precision of 16 bits survive.
    """

    def __init__(
        self,
        loaded: LoadedPipeline,
        request: RestorationRequest,
        settings: PipelineSettings,
        style: StylePictures | None,
    ) -> None:
        self._loaded, self.request, self.settings = loaded, request, settings
        self._sources = style.sources if style is not None else ()
        defaults = _defaults(loaded.holder)
        self._steps = settings.steps or int(defaults["num_inference_steps"])
        self._guidance = self._guidance_of(defaults)

    def _guidance_of(self, defaults: Mapping[str, Any]) -> float:
        """Return the guidance: 1 without a prompt, unless it is an input of the network."""
        if not self.settings.prompt and not self._loaded.embeds_guidance:
            return 1.0
        names = ("guidance_scale", "true_cfg_scale")
        by_name = names if self._loaded.embeds_guidance else names[::-1]
        stated = (defaults[name] for name in by_name if isinstance(defaults.get(name), (int, float)))
        return self.settings.guidance or float(next(stated, 1.0))

    @property
    def facts(self) -> Mapping[str, str | int | float]:
        """What the record keeps of this session."""
        refining = {"refining_strength": REFINING_STRENGTH} if self._takes("strength") else {}
        detail = self.settings.detail
        return {
            **self._loaded.facts,
            "batch": 1,
            "filled_by": "a pipeline over an anisotropic spline; at finer scales over the coarser fill",
            "scheduler": type(self._loaded.holder.scheduler).__name__,
            "steps": self._steps,
            "guidance": self._guidance,
            **({"strength": self.settings.strength} if self._takes("strength") else {}),
            **refining,
            "detail": "0.9 in refined windows" if detail is None else detail,
        }

    def _takes(self, name: str) -> bool:
        return name in self._loaded.kind.takes

    def fill(self, views: Sequence[WindowView], progress: Progress) -> list[WindowFill]:
        """Fill each view; raises ``Cancelled`` between steps."""
        parts = [progress.part(i / len(views), (i + 1) / len(views)) for i in range(len(views))]
        return [self._fill_within_memory(view, part) for view, part in zip(views, parts)]

    def _fill_within_memory(self, view: WindowView, progress: Progress) -> WindowFill:
        while True:
            try:
                with torch.inference_mode(), quiet():
                    return self._fill(view, progress)
            except (MemoryError, RuntimeError) as error:
                if not out_of_memory(error):
                    raise
                if not self._loaded.reduce_memory():
                    raise ImagestError(
                        "Not even one window fits in the free memory: close other programs, or choose the "
                        "CPU."
                    ) from error

    def _fill(self, view: WindowView, progress: Progress) -> WindowFill:
        progress.set(0.0, 0, self._steps)
        batch = start_batch([view], torch.device("cpu"), self._loaded.multiple)
        show_previews(pictures_of(batch.prefilled, [view]), batch, progress)
        strength = self._strength(view)
        if strength == 0:
            image = pictures_of(batch.prefilled, [view])[0]
        else:
            image = pictures_of(self._sampled(batch, view, strength, progress), [view])[0]
        return WindowFill(self._finished(image, view, progress), notes=self._note(view, strength))

    def _strength(self, view: WindowView) -> float:
        """Return the strength of a window; 0 where a pipeline can't refine the coarser fill."""
        if not self._takes("strength"):
            return 0.0 if view.refines else 1.0
        return min(REFINING_STRENGTH, self.settings.strength) if view.refines else self.settings.strength

    def _sampled(self, batch: WindowBatch, view: WindowView, strength: float, progress: Progress) -> Tensor:
        """Return the sample (1, 3, h, w) in −1…1."""
        shown = batch.prefilled.clamp(-1, 1)
        with self._failures():
            answer = self._loaded.holder(
                prompt=self.settings.prompt,
                image=(shown + 1) / 2,
                mask_image=self._mask(batch.mask),
                height=shown.shape[2],
                width=shown.shape[3],
                generator=torch.Generator().manual_seed(window_seed(self.request, view.window)),
                output_type="pt",
                callback_on_step_end=_reporter(progress),
                **self._conditions(strength),
            ).images
        added = answer.float().cpu() * 2 - 1 - shown
        return batch.prefilled + added

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Turn what a pipeline raises into a sentence; cancelling and a lack of memory pass through."""
        try:
            yield
        except (Cancelled, ImagestError):
            self._loaded.holder.maybe_free_model_hooks()
            raise
        except Exception as error:  # a pipeline raises many kinds where model and code don't fit
            self._loaded.holder.maybe_free_model_hooks()
            if out_of_memory(error):
                raise
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
            raise ModelError(
                Message(
                    "The pipeline {pipeline} can't run the model {model} ({reason}); choose another model.",
                    pipeline=self._loaded.kind.name,
                    model=self._loaded.model.name,
                    reason=reason,
                )
            ) from error

    def _mask(self, mask: Tensor) -> Tensor:
        """Return the mask dilated on the latent grid: pipelines sample it, and would lose thin cracks."""
        factor = self._loaded.latent_factor
        return functional.interpolate(dilated_latents(mask, factor), scale_factor=factor, mode="nearest")

    def _conditions(self, strength: float) -> dict[str, Any]:
        """Return steps, strength and guidance by the names that the pipeline has for them."""
        steps = max(self._steps, math.ceil(1 / strength))
        conditions: dict[str, Any] = {"num_inference_steps": steps}
        if self._takes("strength"):
            conditions["strength"] = strength
        negative, embedded = self.settings.negative_prompt, self._loaded.embeds_guidance
        separate = self._takes("true_cfg_scale")
        if self._takes("guidance_scale"):
            conditions["guidance_scale"] = self._guidance
        if separate:
            conditions["true_cfg_scale"] = self._guidance if not embedded else NEGATIVE_GUIDANCE
        if self._takes("negative_prompt") and (negative or (self._guidance > 1 and not embedded)):
            conditions["negative_prompt"] = negative
        return conditions

    def _finished(self, sample: Image, view: WindowView, progress: Progress) -> Image:
        settings, device = self.settings, self._loaded.hardware.device
        return add_detail(
            sample, view, self.request, settings.detail, settings.quality, self._sources, device, progress
        )

    def _note(self, view: WindowView, strength: float) -> Mapping[str, str]:
        if strength == 0:
            return {"refined": "the fill at twice the scale, enlarged"}
        if view.restarts:
            return {"restarted": f"an earlier fill, at strength {strength:g}"}
        if view.refines:
            return {"refined": f"the fill at twice the scale, at strength {strength:g}"}
        return {"sampled": f"the whole damage, at strength {strength:g}"}

    def close(self) -> None:
        """Only the model is held, and that is kept for the next session."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _reporter(progress: Progress) -> Any:
    """Return the callback of a pipeline: reports each step, and raises ``Cancelled``."""

    def report(pipeline: Any, index: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        total = max(int(getattr(pipeline, "num_timesteps", 0)), index + 1)
        progress.set((index + 1) / total, index + 1, total)
        return {}

    return report


def _defaults(holder: Any) -> dict[str, Any]:
    """Return the default values of a pipeline's call."""
    import inspect

    parameters = inspect.signature(type(holder).__call__).parameters
    return {name: parameter.default for name, parameter in parameters.items()}
