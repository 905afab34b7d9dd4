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
from torch.utils.hooks import RemovableHandle

from imagest_core.errors import ModelError
from imagest_core.messages import Message
from imagest_core.models.checkpoint import check_outline, load_exactly
from imagest_core.models.imagest.attention import StyleContext, StyleProjection
from imagest_core.models.imagest.style_swin import StyleConfig, StyleSwinEncoder, paper_style
from imagest_core.models.style_adapter import CONFIG, FILE_FORMAT, FORMAT, KIND, WEIGHTS, read_style_adapter

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
        """Read the output of :meth:`to_json`; raises ``KeyError``, ``TypeError`` or ``ValueError``."""
        return cls(
            encoder_from_json(stored["encoder"]),
            tuple(stored["layers"]),
            str(stored["family"]),
            int(stored["context"]),
            dict(stored.get("training", {})),
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {"kind": KIND, "format": FORMAT, **asdict(self)}


def encoder_from_json(stored: Mapping[str, Any]) -> StyleConfig:
    """Return the sizes of an encoder; raises ``TypeError`` if there are others than in the class."""
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in stored.items()}
    return StyleConfig(**values)


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
        self._context: StyleContext | None = None
        self._skip = 0

    @property
    def side(self) -> int:
        """Side in px of the style pictures."""
        return self.config.encoder.side

    def install(self, unet: nn.Module) -> list[RemovableHandle]:
        """Add style to the conditioned layers of ``unet``; removing the handles undoes it.

        The layers' results are added to by hooks. Their processors stay, so IP-Adapters keep working.
        """
        modules = dict(unet.named_modules())
        return [
            modules[name].register_forward_hook(self._hook(_key(name)), with_kwargs=True)
            for name in self._names
        ]

    def _hook(self, key: str) -> Any:
        def add(attention: Any, args: tuple[Any, ...], kwargs: dict[str, Any], plain: Tensor) -> Tensor:
            if self._context is None:
                return plain
            projection = self.projections[key]
            assert isinstance(projection, StyleProjection)
            hidden = args[0] if args else kwargs["hidden_states"]
            styled = styled_attention(attention, hidden[self._skip :], projection, self._context)
            if not self._skip:
                return plain + styled
            return torch.cat([plain[: self._skip], plain[self._skip :] + styled])

        return add

    def tokens(self, pictures: Tensor) -> Tensor:
        """Encode pictures (n, 3, h, w) in −1…1 as tokens (n, m, d)."""
        if pictures.shape[-2:] != (self.side, self.side):
            pictures = functional.interpolate(
                pictures, (self.side, self.side), mode="bicubic", antialias=True
            )
        encoded: Tensor = self.encoder(pictures.to(self.encoder.project.weight.dtype))
        return encoded

    def context(self, pictures: Tensor, strength: float) -> StyleContext:
        """Encode pictures (k, 3, h, w) in −1…1 as one style with cached keys and values."""
        tokens = self.tokens(pictures).flatten(0, 1)[None]
        return StyleContext(tokens, torch.full((1, 1, 1), strength, device=tokens.device), cached=True)

    def use(self, context: StyleContext | None, skip: int = 0) -> None:
        """Set the style of the next evaluations; the first ``skip`` of a batch stay unconditioned."""
        self._context, self._skip = context, skip


def styled_attention(
    attention: Any, hidden: Tensor, projection: StyleProjection, context: StyleContext
) -> Tensor:
    """Return what style adds to the result of ``attention`` for ``hidden`` (n, tokens, channels).

    The output projection is linear: it is evaluated with and without style, so that its bias cancels. It is
    called as a module because its weights may be on another device between calls.
    """
    query = attention.to_q(hidden)
    key, value = context.pair(projection)
    styled = _attend(query, key.to(query.dtype), value.to(query.dtype), attention.heads)
    project = attention.to_out[0]
    styled = context.strength.to(query.dtype) * styled
    bias = project(torch.zeros_like(styled[:1, :1]))
    result: Tensor = project(styled) - bias
    return result


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
    """Write a style adapter to the existing ``folder``: weights and configuration.

    The weights hold the configuration, too, so the file can be used alone.
    """
    stored = {name: tensor.to(dtype).contiguous().cpu() for name, tensor in branch.state_dict().items()}
    config = branch.config
    text = json.dumps(config.to_json(), indent=1, sort_keys=True)
    metadata = {
        "format": FILE_FORMAT,
        "family": config.family,
        "context": str(config.context),
        "config": text,
    }
    save_file(stored, folder / WEIGHTS, metadata=metadata)
    (folder / WEIGHTS).chmod(0o644)  # safetensors restricts access to the owner
    (folder / CONFIG).write_text(text + "\n", encoding="utf-8")


def load_style_branch(path: Path, unet: Any) -> StyleBranch:
    """Load a style adapter (folder or file) for ``unet`` and install it.

    Raises :class:`ModelError` if it can't be read or doesn't fit.
    """
    weights = path / WEIGHTS if path.is_dir() else path
    try:
        config = StyleBranchConfig.from_json(read_style_adapter(path))
        if config.context != unet.config.cross_attention_dim:
            raise ValueError(f"it was trained for text of width {config.context}")
        with torch.device("meta"):
            outline = StyleBranch(config, unet)
    except ModelError:
        raise
    except Exception as error:  # constructors raise arbitrary errors for inconsistent sizes
        raise _unfit(path, error) from error
    try:
        check_outline(outline, weights)
    except ModelError as error:
        raise _unfit(path, error) from error
    branch = StyleBranch(config, unet)
    load_exactly(branch, weights)
    branch.eval().requires_grad_(False)
    branch.install(unet)
    return branch


def _unfit(path: Path, error: Exception) -> ModelError:
    reason = getattr(error, "message", None) or (str(error).strip().splitlines() or [type(error).__name__])[0]
    return ModelError(
        Message(
            "The style adapter {name} doesn't fit this model ({reason}); "
            "choose the model it was trained for.",
            name=path.name,
            reason=reason,
        )
    )
