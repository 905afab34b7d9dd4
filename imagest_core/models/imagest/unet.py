"""The conditional U-Net: noisy latents + mask + masked-picture latents, text and style.

Nine channels in, as for inpainting with latent diffusion (Rombach et al., CVPR 2022): the paper's "text
replaced by a masked image". Built from diffusers' blocks, so that Stable Diffusion weights fit the same code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn

from imagest_core.models.imagest.attention import StyleContext, install_style


@dataclass(frozen=True)
class UNetConfig:
    """Sizes of the U-Net and the layers style reaches (name prefixes of its cross-attentions).

    ``restoration_layers``: the first attention layer there is; ``synthesis_layers``: the decoder's. Text
    comes as (n, m, ``text_channels``), CLIP's width; 0 means that the net knows the null text only.
    """

    channels: tuple[int, ...] = (64, 96, 160)
    attention: tuple[bool, ...] = (False, True, True)
    layers: int = 1
    head_channels: int = 32
    context_channels: int = 256
    text_channels: int = 0
    style_channels: int = 256
    restoration_layers: tuple[str, ...] = ("down_blocks.1.attentions.0",)
    synthesis_layers: tuple[str, ...] = ()


class ImagestUNet(nn.Module):
    """Predicts the velocity of noisy latents."""

    def __init__(self, config: UNetConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or UNetConfig()
        with_text = config.text_channels > 0
        self.net = UNet2DConditionModel(
            in_channels=9,
            out_channels=4,
            block_out_channels=config.channels,
            down_block_types=[f"{'CrossAttn' if a else ''}DownBlock2D" for a in config.attention],
            up_block_types=[f"{'CrossAttn' if a else ''}UpBlock2D" for a in reversed(config.attention)],
            layers_per_block=config.layers,
            attention_head_dim=tuple(max(1, c // config.head_channels) for c in config.channels),
            cross_attention_dim=config.context_channels,
            encoder_hid_dim=config.text_channels if with_text else None,
            encoder_hid_dim_type="text_proj" if with_text else None,
            use_linear_projection=True,
        )
        layers = (*config.restoration_layers, *config.synthesis_layers)
        install_style(self.net, layers, config.style_channels)
        width = config.text_channels or config.context_channels
        self.null_text = nn.Parameter(torch.zeros(1, 1, width))

    def forward(
        self,
        noisy: Tensor,
        mask: Tensor,
        masked_latents: Tensor,
        timestep: Tensor,
        style: StyleContext | None = None,
        text: Tensor | None = None,
    ) -> Tensor:
        """Velocity (n, 4, h, w). ``mask`` (n, 1, h, w); ``timestep`` (n,); ``text`` (n, m, d) or null."""
        context = self.null_text.expand(len(noisy), -1, -1) if text is None else text
        kwargs = {"style": style} if style is not None else None
        answer = self.net(
            torch.cat([noisy, mask, masked_latents], 1),
            timestep,
            encoder_hidden_states=context,
            cross_attention_kwargs=kwargs,
            return_dict=False,
        )
        return cast(Tensor, answer[0])
