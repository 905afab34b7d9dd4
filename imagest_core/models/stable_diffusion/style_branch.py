"""The Imagest style branch over Stable Diffusion: a Swin style encoder and decoupled cross-attention.

The tokens of the style pictures get their own keys and values in the chosen cross-attention layers, beside
those of the text (eq. 6 of the paper; the decoupling is that of IP-Adapter). For restoration the paper
conditions the first attention layer alone, for synthesis the decoder (``up_blocks``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from imagest_core.errors import ModelError
from imagest_core.messages import Message
from imagest_core.models.checkpoint import load_exactly
from imagest_core.models.imagest.attention import StyleContext, StyleProjection
from imagest_core.models.imagest.style_swin import StyleConfig, StyleSwinEncoder, paper_style

CONFIG, WEIGHTS = "config.json", "style_adapter.safetensors"
RESTORATION_LAYERS = ("down_blocks.0.attentions.0",)
SYNTHESIS_LAYERS = ("up_blocks",)


@dataclass(frozen=True)
class StyleBranchConfig:
    """Sizes of the encoder, the U-Net's layers it conditions, and facts of the training."""

    encoder: StyleConfig = field(default_factory=paper_style)
    layers: tuple[str, ...] = RESTORATION_LAYERS
    family: str = "sd1"
    context: int = 768
    """Width of the base model's text, by which a model is checked to fit."""
    training: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> StyleBranchConfig:
        """Read the output of :meth:`to_json`; raises ``TypeError`` or ``ValueError``."""
        encoder: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in stored["encoder"].items()
        }
        return cls(
            StyleConfig(**encoder),
            tuple(stored["layers"]),
            str(stored["family"]),
            int(stored["context"]),
            dict(stored.get("training", {})),
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {"kind": "style-adapter", "format": 1, **asdict(self)}


class StyleBranch(nn.Module):
    """A style encoder and, for each conditioned layer, the projections to keys and values."""

    def __init__(self, config: StyleBranchConfig, unet: nn.Module) -> None:
        super().__init__()
        self.config = config
        self.encoder = StyleSwinEncoder(config.encoder)
        self._names = conditioned_layers(unet, config.layers)
        modules = dict(unet.named_modules())
        self.projections = nn.ModuleDict(
            {
                _key(name): StyleProjection(config.encoder.token_channels, modules[name].to_q.out_features)
                for name in self._names
            }
        )

    @property
    def side(self) -> int:
        """Side in px of the style pictures."""
        return self.config.encoder.side

    def install(self, unet: Any) -> None:
        """Add style to the conditioned layers of ``unet``; the processors they have keep working."""
        modules = dict(unet.named_modules())
        for name in self._names:
            attention, projection = modules[name], self.projections[_key(name)]
            assert isinstance(projection, StyleProjection)
            attention.set_processor(StyleProcessor(attention.processor, projection))
        self._processors = [modules[name].processor for name in self._names]

    def context(self, pictures: Tensor, strength: float) -> StyleContext:
        """Encode pictures (k, 3, h, w) in −1…1 as one style with cached keys and values."""
        weight = self.encoder.project.weight
        if pictures.shape[-1] != self.side:
            pictures = functional.interpolate(
                pictures, (self.side, self.side), mode="bicubic", antialias=True
            )
        tokens = self.encoder(pictures.to(weight.dtype)).flatten(0, 1)[None]
        return StyleContext(tokens, torch.full((1, 1, 1), strength, device=tokens.device), cached=True)

    def use(self, context: StyleContext | None, skip: int = 0) -> None:
        """Set the style of the next evaluations; the first ``skip`` of a batch stay unconditioned."""
        for processor in self._processors:
            processor.context, processor.skip = context, skip


class StyleProcessor:
    """Adds style attention to the result of another attention processor.

    The output projection is linear, so it is applied to the style's part without its bias.
    """

    def __init__(self, inner: Any, projection: StyleProjection) -> None:
        self.inner, self.projection = inner, projection
        self.context: StyleContext | None = None
        self.skip = 0

    def __call__(self, attention: Any, hidden_states: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """Return the attention's output (n, tokens, channels); called by diffusers' ``Attention``."""
        plain: Tensor = self.inner(attention, hidden_states, *args, **kwargs)
        if self.context is None:
            return plain
        key, value = self.context.pair(self.projection)
        query = attention.to_q(hidden_states[self.skip :])
        styled = _attend(query, key.to(query.dtype), value.to(query.dtype), attention.heads)
        output = attention.to_out[0]
        weight = getattr(output, "base_layer", output).weight
        styled = self.context.strength.to(query.dtype) * functional.linear(styled, weight)
        return torch.cat([plain[: self.skip], plain[self.skip :] + styled]) if self.skip else plain + styled


def _attend(query: Tensor, key: Tensor, value: Tensor, heads: int) -> Tensor:
    n, _, width = query.shape
    q, k, v = (
        t.expand(n, -1, -1).reshape(n, -1, heads, width // heads).transpose(1, 2) for t in (query, key, value)
    )
    return functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, -1, width)


def conditioned_layers(unet: nn.Module, prefixes: tuple[str, ...]) -> list[str]:
    """Return the names of the cross-attentions below ``prefixes``; raises ``ValueError`` if there is none."""
    names = [
        name
        for name, module in unet.named_modules()
        if name.endswith("attn2") and hasattr(module, "to_q") and _is_below(name, prefixes)
    ]
    missing = [p for p in prefixes if not any(_is_below(name, (p,)) for name in names)]
    if missing:
        raise ValueError(f"No cross-attention under {', '.join(missing)}")
    return names


def _is_below(name: str, prefixes: tuple[str, ...]) -> bool:
    return any(f"{name}.".startswith(f"{prefix}.") for prefix in prefixes)


def _key(name: str) -> str:
    return name.replace(".", "_")


def save_style_branch(folder: Path, branch: StyleBranch, dtype: torch.dtype = torch.float16) -> None:
    """Write a style adapter to the existing ``folder``: weights and configuration."""
    stored = {name: tensor.to(dtype).contiguous().cpu() for name, tensor in branch.state_dict().items()}
    save_file(stored, folder / WEIGHTS)
    (folder / WEIGHTS).chmod(0o644)
    text = json.dumps(branch.config.to_json(), indent=1, sort_keys=True)
    (folder / CONFIG).write_text(text + "\n", encoding="utf-8")


def load_style_branch(folder: Path, unet: nn.Module) -> StyleBranch:
    """Load a style adapter for ``unet`` and install it; raises :class:`ModelError` if it doesn't fit."""
    try:
        config = StyleBranchConfig.from_json(json.loads((folder / CONFIG).read_text(encoding="utf-8")))
        branch = StyleBranch(config, unet)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelError(
            Message("The style adapter {folder} can't be used ({reason}).", folder=folder.name, reason=error)
        ) from error
    load_exactly(branch, folder / WEIGHTS)
    branch.eval().requires_grad_(False)
    branch.install(unet)
    return branch
