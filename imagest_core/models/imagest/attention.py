"""Decoupled style cross-attention: attention(text) + strength · attention(style).

Eq. 6 of the paper takes Q from the U-Net and K, V from the style sequence. Text keeps its own keys and
values (the idea of IP-Adapter, Ye et al. 2023), so one U-Net serves text, style, both or neither. Style
reaches only the layers it is installed in: every other layer is given a processor that ignores it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from diffusers.models.attention_processor import Attention
from torch import Tensor, nn
from torch.nn import functional


@dataclass
class StyleContext:
    """Style tokens (n, m, d), how strongly they count (n, 1, 1), and keys and values once computed.

    With n = 1 the one style serves a batch of any size. With ``cached`` set (sampling), the keys and
    values of a layer are computed at the first step only.
    """

    tokens: Tensor
    strength: Tensor
    cached: bool = False
    _pairs: dict[int, tuple[Tensor, Tensor]] = field(default_factory=dict)

    def pair(self, layer: StyleProcessor) -> tuple[Tensor, Tensor]:
        """Keys and values (n, m, inner) of ``layer``."""
        if not self.cached:
            return layer.to_k_style(self.tokens), layer.to_v_style(self.tokens)
        key = id(layer)
        if key not in self._pairs:
            self._pairs[key] = (layer.to_k_style(self.tokens), layer.to_v_style(self.tokens))
        return self._pairs[key]


def _attend(attn: Attention, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    n, _, width = query.shape
    q, k, v = (t.view(n, -1, attn.heads, width // attn.heads).transpose(1, 2) for t in (query, key, value))
    return functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, -1, width)


class PlainProcessor(nn.Module):
    """Self- or text cross-attention on token sequences; a style given to the U-Net passes by."""

    def __call__(  # spelt out, not `forward`: diffusers reads the names from its signature
        self,
        attn: Attention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        temb: Tensor | None = None,
        style: StyleContext | None = None,
    ) -> Tensor:
        """(n, tokens, channels) in and out."""
        query = attn.to_q(hidden_states)
        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        mixed = _attend(attn, query, attn.to_k(context), attn.to_v(context))
        mixed = mixed + self.style_part(attn, query, style)
        return attn.to_out[1](attn.to_out[0](mixed))

    def style_part(self, attn: Attention, query: Tensor, style: StyleContext | None) -> Tensor | float:
        """Nothing here; :class:`StyleProcessor` adds the style's attention."""
        return 0.0


class StyleProcessor(PlainProcessor):
    """Text cross-attention plus the style's own keys and values."""

    def __init__(self, style_channels: int, inner: int) -> None:
        super().__init__()
        self.to_k_style = nn.Linear(style_channels, inner, bias=False)
        self.to_v_style = nn.Linear(style_channels, inner, bias=False)
        nn.init.zeros_(self.to_v_style.weight)

    def style_part(self, attn: Attention, query: Tensor, style: StyleContext | None) -> Tensor | float:
        """strength · softmax(Q Kᵀ / √d) V over the style tokens."""
        if style is None:
            return 0.0
        key, value = (t.to(query.dtype).expand(len(query), -1, -1) for t in style.pair(self))
        return style.strength.to(query.dtype) * _attend(attn, query, key, value)


def install_style(unet: nn.Module, layers: tuple[str, ...], style_channels: int) -> None:
    """Give ``unet``'s cross-attentions under ``layers`` (name prefixes) a style; all others none.

    Raises ``ValueError`` when a prefix names no cross-attention.
    """
    unused = set(layers)
    for name, module in list(unet.named_modules()):
        if not isinstance(module, Attention):
            continue
        prefix = next((p for p in layers if f"{name}.".startswith(f"{p}.")), None)
        if prefix is not None and name.endswith("attn2"):
            unused.discard(prefix)
            _set(module, StyleProcessor(style_channels, module.inner_dim))
        else:
            _set(module, PlainProcessor())
    if unused:
        raise ValueError(f"No cross-attention under {', '.join(sorted(unused))}")


def _set(attn: Any, processor: nn.Module) -> None:
    attn.set_processor(processor)


def style_layers(unet: nn.Module) -> list[str]:
    """Names of the attention layers that style reaches."""
    return [
        n
        for n, m in unet.named_modules()
        if isinstance(m, Attention) and isinstance(m.processor, StyleProcessor)
    ]


def null_strength(count: int, device: torch.device) -> Tensor:
    """Strength of no style at all."""
    return torch.zeros(count, 1, 1, device=device)
