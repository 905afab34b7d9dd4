"""The parts of Stable Diffusion as modules with plain inputs and outputs, for the exporter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from imagest_core.models.identity import Family
from imagest_core.models.onnx.diffusion_manifest import DECODER, ENCODER, TEXT, TEXT_2, UNET
from imagest_core.models.stable_diffusion.components import Components
from imagest_core.models.stable_diffusion.prompts import CHUNK

TIME_IDS = 6
"""Sizes and corners of a picture that Stable Diffusion XL reads."""


class _Text(nn.Module):
    """Tokens (n, 77) → hidden states (n, 77, d), and the pooled text of encoders with a projection."""

    def __init__(self, encoder: Any, *, second_to_last: bool, pooled: bool) -> None:
        super().__init__()
        self.encoder, self.second_to_last, self.pooled = encoder, second_to_last, pooled

    def forward(self, ids: Tensor) -> Any:
        output = self.encoder(ids, output_hidden_states=self.second_to_last)
        hidden = output.hidden_states[-2] if self.second_to_last else output[0]
        return (hidden.float(), output[0].float()) if self.pooled else hidden.float()


class _UNet(nn.Module):
    def __init__(self, unet: Any) -> None:
        super().__init__()
        self.unet = unet

    def forward(
        self,
        sample: Tensor,
        timesteps: Tensor,
        tokens: Tensor,
        pooled: Tensor | None = None,
        sizes: Tensor | None = None,
    ) -> Tensor:
        dtype = self.unet.dtype
        added = None
        if pooled is not None and sizes is not None:
            added = {"text_embeds": pooled.to(dtype), "time_ids": sizes.to(dtype)}
        predicted: Tensor = self.unet(
            sample.to(dtype),
            timesteps,
            encoder_hidden_states=tokens.to(dtype),
            added_cond_kwargs=added,
            return_dict=False,
        )[0]
        return predicted.float()


class _Autoencoder(nn.Module):
    def __init__(self, autoencoder: Any) -> None:
        super().__init__()
        self.autoencoder, config = autoencoder, autoencoder.config
        self.scale = float(config.scaling_factor)
        self.shift = float(getattr(config, "shift_factor", None) or 0.0)
        self.dtype = autoencoder.encoder.conv_in.weight.dtype


class _Encoder(_Autoencoder):
    def forward(self, images: Tensor) -> Tensor:
        mean = self.autoencoder.encode(images.to(self.dtype)).latent_dist.mode()
        scaled: Tensor = (mean.float() - self.shift) * self.scale
        return scaled


class _Decoder(_Autoencoder):
    def forward(self, latents: Tensor, images: Tensor | None = None, masks: Tensor | None = None) -> Tensor:
        plain = (latents / self.scale + self.shift).to(self.dtype)
        known: dict[str, Tensor] = {}
        if images is not None and masks is not None:
            known = {"image": images.to(self.dtype), "mask": masks.to(self.dtype)}
        decoded: Tensor = self.autoencoder.decode(plain, **known).sample
        return decoded.float()


@dataclass(frozen=True)
class Sizes:
    """What the shapes of example inputs depend on."""

    latent_factor: int
    latent_channels: int
    input_channels: int
    multiple: int
    context: int
    pooled: int
    words: int


@dataclass(frozen=True)
class Part:
    """A module, its inputs by name with the axes that vary, and the names of its outputs."""

    module: nn.Module
    inputs: Mapping[str, tuple[int, ...]]
    outputs: tuple[str, ...]

    def examples(self, sizes: Sizes, batch: int, sides: tuple[int, int], seed: int) -> list[Tensor]:
        """Return random inputs for images of ``sides`` (height, width)."""
        random = torch.Generator().manual_seed(seed)
        return [_example(name, sizes, batch, sides, random) for name in self.inputs]


PICTURE = (0, 2, 3)


def parts_of(components: Components) -> dict[str, Part]:
    """Return the parts of a model by the names of their graphs."""
    holder, xl = components.holder, components.identity.family is Family.SDXL
    text = _Text(holder.text_encoder, second_to_last=xl, pooled=False)
    parts = {TEXT: Part(text, {"ids": (0,)}, ("tokens",))}
    if xl:
        second = _Text(holder.text_encoder_2, second_to_last=True, pooled=True)
        parts[TEXT_2] = Part(second, {"ids": (0,)}, ("tokens", "pooled"))
    added = {"pooled": (0,), "sizes": (0,)} if xl else {}
    inputs: dict[str, tuple[int, ...]] = {"sample": PICTURE, "timesteps": (0,), "tokens": (0, 1), **added}
    parts[UNET] = Part(_UNet(components.unet), inputs, ("predicted",))
    parts[ENCODER] = Part(_Encoder(components.autoencoder), {"images": PICTURE}, ("latents",))
    known = {"images": PICTURE, "masks": PICTURE} if has_masked_decoder(components) else {}
    parts[DECODER] = Part(_Decoder(components.autoencoder), {"latents": PICTURE, **known}, ("filled",))
    return parts


def has_masked_decoder(components: Components) -> bool:
    """Whether the decoder sees the known samples and the mask."""
    return type(components.autoencoder).__name__ == "AsymmetricAutoencoderKL"


def sizes_of(components: Components) -> Sizes:
    """Return the sizes of a model."""
    unet, autoencoder, holder = components.unet.config, components.autoencoder.config, components.holder
    channels = autoencoder.get("block_out_channels") or autoencoder["down_block_out_channels"]
    factor = 2 ** (len(channels) - 1)
    second = getattr(holder, "text_encoder_2", None)
    return Sizes(
        latent_factor=factor,
        latent_channels=int(autoencoder.latent_channels),
        input_channels=int(unet.in_channels),
        multiple=factor * 2 ** (len(unet.block_out_channels) - 1),
        context=int(unet.cross_attention_dim),
        pooled=int(second.config.projection_dim) if second is not None else 0,
        words=int(holder.text_encoder.config.vocab_size),
    )


def _example(name: str, sizes: Sizes, batch: int, sides: tuple[int, int], random: torch.Generator) -> Tensor:
    height, width = sides
    latent, length = (height // sizes.latent_factor, width // sizes.latent_factor), CHUNK + 2
    if name == "ids":
        return torch.randint(0, sizes.words, (batch, length), generator=random)
    if name == "timesteps":
        return torch.randint(0, 1000, (batch,), generator=random).float()
    shapes = {
        "images": (batch, 3, height, width),
        "masks": (batch, 1, height, width),
        "latents": (batch, sizes.latent_channels, *latent),
        "sample": (batch, sizes.input_channels, *latent),
        "tokens": (batch, length * batch, sizes.context),
        "pooled": (batch, sizes.pooled),
        "sizes": (batch, TIME_IDS),
    }
    noise = torch.randn(shapes[name], generator=random)
    if name == "masks":
        return (noise > 0).float()
    if name == "sizes":
        return (noise.abs() * 500).round()
    return noise.clamp(-1, 1) if name == "images" else noise
