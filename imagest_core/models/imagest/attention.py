"""Decoupled style cross-attention: attention(text) + strength · attention(style).

Eq. 6 of the paper takes Q from the U-Net and K, V from the style tokens. Text has its own keys and values
(as in IP-Adapter, Ye et al., 2023), so one U-Net works with text, style, both or neither. Only layers with
style keys and values are conditioned on style.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass
class StyleContext:
    """Style tokens (n, m, d) and their strength (n, 1, 1).

    With n = 1 the style applies to a batch of any size. With ``cached`` set (sampling), the keys and values
    of a layer are computed at the first step only.
    """

    tokens: Tensor
    strength: Tensor
    cached: bool = False
    _pairs: dict[int, tuple[Tensor, Tensor]] = field(default_factory=dict)

    def pair(self, layer: StyleProjection) -> tuple[Tensor, Tensor]:
        """Return the keys and values (n, m, inner) of ``layer``."""
        if not self.cached:
            return layer.to_k_style(self.tokens), layer.to_v_style(self.tokens)
        key = id(layer)
        if key not in self._pairs:
            self._pairs[key] = (layer.to_k_style(self.tokens), layer.to_v_style(self.tokens))
        return self._pairs[key]


class StyleProjection(nn.Module):
    """Keys and values of style tokens; the values start at zero, so a new layer has no effect."""

    def __init__(self, style_channels: int, inner: int) -> None:
        super().__init__()
        self.to_k_style = nn.Linear(style_channels, inner, bias=False)
        self.to_v_style = nn.Linear(style_channels, inner, bias=False)
        nn.init.zeros_(self.to_v_style.weight)


class Attention(nn.Module):
    """Multi-head self- or cross-attention on token sequences, with style if ``processor`` is set.

    The weights have the names of diffusers' ``Attention``.
    """

    def __init__(self, channels: int, heads: int, context_channels: int | None = None) -> None:
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(channels, channels, bias=False)
        self.to_k = nn.Linear(context_channels or channels, channels, bias=False)
        self.to_v = nn.Linear(context_channels or channels, channels, bias=False)
        self.to_out = nn.ModuleList([nn.Linear(channels, channels)])
        self.processor: StyleProjection | None = None

    def forward(
        self, hidden: Tensor, context: Tensor | None = None, style: StyleContext | None = None
    ) -> Tensor:
        """Map (n, tokens, channels) to the same shape; ``context`` (n, m, d) for cross-attention."""
        query = self.to_q(hidden)
        context = hidden if context is None else context
        mixed = self._attend(query, self.to_k(context), self.to_v(context))
        if self.processor is not None and style is not None:
            key, value = (t.to(query.dtype).expand(len(query), -1, -1) for t in style.pair(self.processor))
            mixed = mixed + style.strength.to(query.dtype) * self._attend(query, key, value)
        projected: Tensor = self.to_out[0](mixed)
        return projected

    def _attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        n, _, width = query.shape
        shape = n, -1, self.heads, width // self.heads
        q, k, v = (t.reshape(shape).transpose(1, 2) for t in (query, key, value))
        return functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, -1, width)


def install_style(unet: nn.Module, layers: tuple[str, ...], style_channels: int) -> None:
    """Add style keys and values to the cross-attentions of ``unet`` under ``layers`` (name prefixes).

    Raises ``ValueError`` if a prefix matches no cross-attention.
    """
    unused = set(layers)
    for name, module in list(unet.named_modules()):
        prefix = next((p for p in layers if f"{name}.".startswith(f"{p}.")), None)
        if isinstance(module, Attention) and prefix is not None and name.endswith("attn2"):
            unused.discard(prefix)
            module.processor = StyleProjection(style_channels, module.to_q.out_features)
    if unused:
        raise ValueError(f"No cross-attention under {', '.join(sorted(unused))}")


def style_layers(unet: nn.Module) -> list[str]:
    """Return the names of the attention layers conditioned on style."""
    return [n for n, m in unet.named_modules() if isinstance(m, Attention) and m.processor is not None]


def null_strength(count: int, device: torch.device) -> Tensor:
    """Return a strength (n, 1, 1) of zero."""
    return torch.zeros(count, 1, 1, device=device)
