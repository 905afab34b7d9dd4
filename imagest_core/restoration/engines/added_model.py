"""What engines share that run a diffusion model of the user's: its choice, its prompt, its preloading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from threading import Lock

from imagest_core.errors import ModelError
from imagest_core.extras import require_extra
from imagest_core.messages import Message
from imagest_core.models.backbone import Capability
from imagest_core.models.identity import Identity, ModelKind
from imagest_core.models.installed import InstalledModel, find_installed, installed_models
from imagest_core.models.runtime import TORCH
from imagest_core.models.stable_diffusion.prompts import MAX_PROMPT
from imagest_core.progress import Progress
from imagest_core.restoration import parameters as base
from imagest_core.restoration.parameters import parameter
from imagest_core.restoration.request import RestorationRequest

KINDS = (ModelKind.PIPELINE, ModelKind.ONNX_PIPELINE)
_preloading = Lock()


def prompted(parameters: GenerativeParameters) -> bool:
    """Whether there is a prompt."""
    return bool(parameters.prompt)


@dataclass(frozen=True)
class GenerativeParameters(base.Parameters):
    """What every model that fills from text can be asked for."""

    model: str = parameter(
        "", label="Model", help="Name or path of the model.", metavar="NAME|PATH", portable=False, basic=True
    )
    prompt: str = parameter(
        "",
        label="Prompt",
        help="What is lost, in English words.",
        requires=Capability.TEXT,
        longest=MAX_PROMPT,
        editor="prompt",
        basic=True,
    )
    negative_prompt: str = parameter(
        "",
        label="Negative prompt",
        help="What the fill must not show.",
        requires=Capability.NEGATIVE_TEXT,
        applies=prompted,
        longest=MAX_PROMPT,
        editor="prompt",
        basic=True,
    )
    strength: float = parameter(
        1.0,
        label="Strength",
        help="How far the fill may leave the smooth pre-fill; lower keeps its colours and shapes.",
        low=0.05,
        high=1.0,
        step=0.05,
        requires=Capability.STRENGTH,
    )
    detail: float | None = parameter(
        None,
        label="Detail",
        help="Share of the finest bands that comes from intact paint.",
        low=0.0,
        high=1.0,
        step=0.05,
        automatic="where the scan is finer than what the model sees",
    )


class AddedModelEngine:
    """An engine for models of the library."""

    name: str
    modules: tuple[str, ...]
    """What preloading imports, torch first. It can be cancelled between them."""
    matches_boundary = False

    def runs(self, identity: Identity) -> bool:
        """Whether this engine offers such a model."""
        raise NotImplementedError

    def accepts(self, identity: Identity) -> bool:
        """Whether this engine tries to run such a model if it is named."""
        return self.runs(identity)

    def models(self) -> list[InstalledModel]:
        """Return the installed models that this engine runs."""
        return [model for model in installed_models(kinds=KINDS) if self.runs(model.identity)]

    def runtime_of(self, parameters: base.Parameters) -> str:
        """Return the runtime that runs the model of ``parameters``: ``torch`` or ``onnx``."""
        return TORCH

    def model_of(self, parameters: base.Parameters) -> InstalledModel:
        """Return the chosen model, or the first that fits; raises :class:`ModelError`."""
        name = getattr(parameters, "model", "")
        if not name:
            installed = self.models()
            if not installed:
                raise ModelError(
                    Message(
                        "The engine {engine} needs a model of yours: add one under Models "
                        "(imagest models add PATH).",
                        engine=self.name,
                    )
                )
            return installed[0]
        model = find_installed(name, self.runs)
        if not self.accepts(model.identity):
            raise ModelError(
                Message(
                    "The engine {engine} can't run {model} ({kind}, {family}); choose another model.",
                    engine=self.name,
                    model=model.name,
                    kind=model.identity.kind,
                    family=model.identity.family,
                )
            )
        return model

    def uses_paint(self, request: RestorationRequest) -> bool:
        """Unless the user wants the model's own finest bands."""
        return bool(request.get("detail") != 0)

    def preload(self, request: RestorationRequest, progress: Progress) -> None:
        """Import torch, diffusers and transformers; one thread at a time, the others wait."""
        require_extra("diffusion", f"The engine {self.name}")
        self._import(self.modules, progress)

    def _import(self, modules: Sequence[str], progress: Progress) -> None:
        with _preloading:
            for module in progress.steps(modules):
                import_module(module)
