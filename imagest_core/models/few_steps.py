"""Adapters that were distilled for few sampling steps: what kind they are. Needs no torch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from imagest_core.models.identity import Identity

DETAIL = "few_steps"
"""Name of the kind in the details of an identity."""


class FewSteps(StrEnum):
    """Methods of distillation; each needs its own solver."""

    LCM = "lcm"
    """Latent consistency (Luo et al., "LCM-LoRA", 2023)."""
    LIGHTNING = "lightning"
    """Progressive adversarial distillation (Lin et al., "SDXL-Lightning", 2024)."""
    HYPER = "hyper"
    """Trajectory segmented consistency (Ren et al., "Hyper-SD", 2024)."""
    HYPER_CFG = "hyper-cfg"
    """The same, distilled so that it keeps classifier-free guidance; "CFG" is in the names of its files."""


LABELS: Mapping[FewSteps, str] = {
    FewSteps.LCM: "LCM",
    FewSteps.LIGHTNING: "Lightning",
    FewSteps.HYPER: "Hyper-SD",
    FewSteps.HYPER_CFG: "Hyper-SD CFG",
}
"""Proper names, which are not translated."""

_FIELDS = (
    "modelspec.title",
    "modelspec.description",
    "modelspec.tags",
    "modelspec.usage_hint",
    "ss_output_name",
    "ss_training_comment",
    "name",
    "title",
    "description",
)
"""Metadata in which training programs and authors say what a file is."""
_WORDS = {
    FewSteps.LCM: r"\blcm\b|latent[ _-]?consistency",
    FewSteps.LIGHTNING: r"\b(sd|sdxl)(1|1\.5|15)?[ _-]?lightning|lightning[ _-]\d{1,2}[ _-]?steps?\b",
    FewSteps.HYPER: r"\bhyper[ _-]?sd",
    FewSteps.HYPER_CFG: r"\bhyper[ -]?sd(xl|15)?([ -]\d{1,2}[ -]?steps?[ -]cfg\b|.*\bcfg[ -]preserv)",
}
"""Words alone, such as a lightning in a picture, mean nothing: the name of the method must be there."""


def recognised(metadata: Mapping[str, str]) -> FewSteps | None:
    """Return the kind that the metadata of a safetensors file state; None if they state none, or several."""
    text = "\n".join(metadata.get(name, "")[:2000] for name in _FIELDS).lower().replace("_", " ")
    kinds = [kind for kind, words in _WORDS.items() if re.search(words, text)]
    if FewSteps.HYPER_CFG in kinds:  # whose words include those of the other kind
        kinds.remove(FewSteps.HYPER)
    return kinds[0] if len(kinds) == 1 else None


def few_steps_of(identity: Identity) -> FewSteps | None:
    """Return the kind of an adapter; None for one that changes nothing about the steps."""
    stated = identity.details.get(DETAIL)
    return FewSteps(stated) if stated in list(FewSteps) else None
