"""The Imagest paper's model: Stable Diffusion 1.x with a trained style branch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from imagest_core.errors import ModelError
from imagest_core.messages import Message
from imagest_core.models.backbone import Capability
from imagest_core.models.identity import Family, Identity, ModelKind, fits
from imagest_core.models.installed import InstalledModel, find_installed, installed_models
from imagest_core.models.style_adapter import style_side
from imagest_core.progress import Progress
from imagest_core.restoration import parameters as base
from imagest_core.restoration.engines.adapters import check_fits
from imagest_core.restoration.engines.stable_diffusion import (
    GENERATIVE,
    StableDiffusionEngine,
    StableDiffusionParameters,
)
from imagest_core.restoration.parameters import parameter
from imagest_core.restoration.request import RestorationRequest

if TYPE_CHECKING:
    from imagest_core.models.stable_diffusion.backbone import LoadOptions


@dataclass(frozen=True)
class ImagestSDParameters(StableDiffusionParameters):
    """Parameters of Stable Diffusion and of the style branch; style alone is the default, as in the paper."""

    style_adapter: str = parameter(
        "",
        label="Style adapter",
        help="Name or path of a trained style branch; none: the first that fits the model.",
        metavar="NAME|PATH",
        basic=True,
        editor="style-adapter",
    )
    style_strength: float = parameter(
        1.0,
        label="Style strength",
        help="Weight of the style reference, which an IP-Adapter or a style branch reads.",
        low=0.0,
        high=4.0,
        soft_high=2.0,
        step=0.05,
        requires=Capability.STYLE,
    )


class ImagestSDEngine(StableDiffusionEngine):
    """Stable Diffusion 1.x conditioned by the Style Swin encoder (Hu et al., npj Heritage Science 2025)."""

    name = "imagest-sd"
    title = "Imagest on Stable Diffusion"
    description = (
        "The paper's network: continues figures in the style of a reference, with or without text."
        " Needs a Stable Diffusion 1 model and a style adapter of yours."
    )
    Parameters = ImagestSDParameters

    def runs(self, identity: Identity) -> bool:
        """Whether this engine runs such a model: Stable Diffusion 1.x alone."""
        return identity.kind is ModelKind.PIPELINE and identity.family is Family.SD1

    def accepts(self, identity: Identity) -> bool:
        """Whether this engine tries to run such a model; raises :class:`ModelError` for ONNX graphs."""
        if identity.kind is ModelKind.ONNX_PIPELINE:
            raise ModelError(
                Message(
                    "The style branch of the engine imagest-sd runs in PyTorch only: choose the model that"
                    " the ONNX graphs were exported from, or the engine stable-diffusion."
                )
            )
        return self.runs(identity)

    def style_adapter_of(self, parameters: base.Parameters) -> InstalledModel:
        """Return the chosen style adapter, or the first that fits the model; raises :class:`ModelError`."""
        model, name = self.model_of(parameters), str(getattr(parameters, "style_adapter", ""))
        if name:
            adapter = find_installed(name, lambda identity: identity.kind is ModelKind.STYLE_ADAPTER)
            _check_style_adapter(adapter, model)
            return adapter
        for adapter in installed_models(kinds=(ModelKind.STYLE_ADAPTER,)):
            if fits(adapter.identity, model.identity) and not adapter.missing:
                return adapter
        raise ModelError(
            Message(
                "No installed style adapter fits the model {model}: train one with imagest train style, "
                "or add one under Models (imagest models add PATH).",
                model=model.name,
            )
        )

    def check_model(self, parameters: base.Parameters) -> None:
        """Raise ``ModelError`` unless the model, the style adapter and other adapters exist and fit."""
        super().check_model(parameters)
        style_side(self.style_adapter_of(parameters).path)

    def capabilities(self, parameters: base.Parameters) -> frozenset[Capability]:
        """Text, style and adapters."""
        return GENERATIVE | {Capability.STYLE, Capability.ADAPTERS}

    def style_side(self, request: RestorationRequest) -> int:
        """Side in px of the pictures that the style branch reads."""
        return style_side(self.style_adapter_of(request.parameters).path)

    def _load_options(self, parameters: StableDiffusionParameters, progress: Progress) -> LoadOptions:
        options = super()._load_options(parameters, progress)
        return replace(options, style_branch=self.style_adapter_of(parameters))


def _check_style_adapter(adapter: InstalledModel, model: InstalledModel) -> None:
    if adapter.identity.kind is not ModelKind.STYLE_ADAPTER:
        raise ModelError(
            Message(
                "{name} is no style adapter but a {kind}; train one with imagest train style.",
                name=adapter.name,
                kind=adapter.identity.kind,
            )
        )
    check_fits(adapter, model)
