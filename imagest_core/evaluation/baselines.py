"""The paper's methods as far as this computer has their models, and why the others are missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from imagest_core.errors import InputError, ModelError
from imagest_core.evaluation.named_methods import TWO_STAGE, VQGAN, adapter_models, parse_method
from imagest_core.models.identity import ModelKind, fits
from imagest_core.models.installed import InstalledModel, find_installed, installed_models
from imagest_core.restoration.engines.registry import get_engine

CARD = "README.md"
DREAMBOOTH_CARD = "Stable Diffusion adapted with `imagest train` (dreambooth)"
"""How the card of a model begins that ``imagest train adapters --method dreambooth`` has made."""
CARD_LENGTH = 4096
AMUSED = "Amused"
PLAIN_TITLE, DREAMBOOTH_TITLE, IMAGEST_TITLE = "Stable Diffusion", "DreamBooth (SD)", "Imagest (SD)"
TWO_STAGE_TITLE, VQGAN_TITLE = "Stable Diffusion with style transfer", "VQGAN"
ADAPTED = {
    ModelKind.LORA: ("LoRA (SD)", "train one with imagest train adapters --method lora"),
    ModelKind.TEXTUAL_INVERSION: (
        "Textual Inversion (SD)",
        "train one with imagest train adapters --method textual-inversion",
    ),
    ModelKind.IP_ADAPTER: ("IP-Adapter (SD)", "add an IP-Adapter with imagest models add"),
}
"""What the paper calls Stable Diffusion with an adapter of each kind, and how to get one."""


@dataclass(frozen=True)
class Baseline:
    """A method of the paper: its ``title``, its ``name`` on the command line, or why there is none."""

    title: str
    name: str = ""
    reason: str = ""


def baselines(*, synthesis: bool = False) -> list[Baseline]:
    """Return a row for each method of the paper that the library's models make possible.

    A method without a model has a ``reason`` instead of a name. ``synthesis``: of the first of its tables,
    else of the second.
    """
    models = [model for model in installed_models() if not model.missing]
    rows = [*_stable_diffusion(models), *_adapted(models), *_imagest(models), *_two_stage(models)]
    rows += _vqgan(models, synthesis)
    rows.append(Baseline("InST", reason="this program doesn't run InST"))
    return rows


def title_of(name: str) -> str:
    """Return what the paper calls a method, "" for a method that it doesn't have."""
    if ":" not in name:
        return ""
    try:
        named = parse_method(name)
        adapters = adapter_models(named.adapters)
        model = find_installed(named.model)
    except (InputError, ModelError):
        return ""
    if named.engine == VQGAN:
        return VQGAN_TITLE
    if named.transferred:
        return TWO_STAGE_TITLE if named.engine == "stable-diffusion" and not adapters else ""
    if named.engine == "imagest-sd":
        return IMAGEST_TITLE
    if named.engine != "stable-diffusion" or len(adapters) > 1:
        return ""
    if adapters:
        return ADAPTED.get(adapters[0].identity.kind, ("", ""))[0]
    return DREAMBOOTH_TITLE if is_dreambooth(model) else PLAIN_TITLE


def is_dreambooth(model: InstalledModel) -> bool:
    """Whether the model's card says that it was made by DreamBooth."""
    card = model.root / CARD
    if not card.is_file():
        return False
    try:
        with card.open(encoding="utf-8", errors="replace") as file:
            return DREAMBOOTH_CARD in file.read(CARD_LENGTH)
    except OSError:
        return False


def _bases(models: list[InstalledModel], engine: str = "stable-diffusion") -> list[InstalledModel]:
    runs: Callable[..., bool] = getattr(get_engine(engine), "runs")  # noqa: B009
    return [model for model in models if runs(model.identity)]


def _stable_diffusion(models: list[InstalledModel]) -> Iterator[Baseline]:
    bases = _bases(models)
    plain = [model for model in bases if not is_dreambooth(model)]
    dreambooth = [model for model in bases if is_dreambooth(model)]
    yield from _rows(PLAIN_TITLE, [f"stable-diffusion:{model.name}" for model in plain],
                     "add a Stable Diffusion model with imagest models add")  # fmt: skip
    yield from _rows(DREAMBOOTH_TITLE, [f"stable-diffusion:{model.name}" for model in dreambooth],
                     "train a model with imagest train adapters --method dreambooth")  # fmt: skip


def _adapted(models: list[InstalledModel]) -> Iterator[Baseline]:
    """Yield adapters, each with the first model that it fits."""
    for kind, (title, reason) in ADAPTED.items():
        pairs = _pairs(models, kind, "stable-diffusion")
        names = [f"stable-diffusion:{base.name}+{adapter.name}" for base, adapter in pairs]
        yield from _rows(title, names, reason)


def _imagest(models: list[InstalledModel]) -> Iterator[Baseline]:
    pairs = _pairs(models, ModelKind.STYLE_ADAPTER, "imagest-sd")
    names = [f"imagest-sd:{base.name}+{adapter.name}" for base, adapter in pairs]
    yield from _rows(IMAGEST_TITLE, names, "train a style adapter with imagest train style")


def _two_stage(models: list[InstalledModel]) -> Iterator[Baseline]:
    plain = [model for model in _bases(models) if not is_dreambooth(model)]
    yield from _rows(
        TWO_STAGE_TITLE,
        [f"{TWO_STAGE}:stable-diffusion:{model.name}" for model in plain[:1]],
        "add a Stable Diffusion model with imagest models add",
    )


def _vqgan(models: list[InstalledModel], synthesis: bool) -> Iterator[Baseline]:
    chosen = [model for model in models if is_amused(model) or (is_vq(model) and not synthesis)]
    kind = "an Amused model" if synthesis else "a VQGAN or Amused model in diffusers' format"
    names = [f"{VQGAN}:{model.name}" for model in chosen]
    yield from _rows(VQGAN_TITLE, names, f"add {kind} with imagest models add")


def is_amused(model: InstalledModel) -> bool:
    """Whether the model is an Amused pipeline: a masked transformer over a VQGAN."""
    identity = model.identity
    return identity.kind is ModelKind.PIPELINE and identity.pipeline_class.startswith(AMUSED)


def is_vq(model: InstalledModel) -> bool:
    """Whether the model is a VQGAN alone."""
    return model.identity.kind is ModelKind.VQ


def _pairs(
    models: list[InstalledModel], kind: ModelKind, engine: str
) -> list[tuple[InstalledModel, InstalledModel]]:
    """Return each adapter of a kind with the first model it fits, no DreamBooth model if possible."""
    bases = sorted(_bases(models, engine), key=is_dreambooth)
    pairs = []
    for adapter in (model for model in models if model.identity.kind is kind):
        base = next((each for each in bases if fits(adapter.identity, each.identity)), None)
        if base is not None:
            pairs.append((base, adapter))
    return pairs


def _rows(title: str, names: list[str], reason: str) -> list[Baseline]:
    if not names:
        return [Baseline(title, reason=f"this computer has no model for it: {reason}")]
    return [Baseline(title, name) for name in names]
