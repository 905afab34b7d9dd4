"""Stable Diffusion as a backbone: text, style pictures, four- and nine-channel U-Nets."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from imagest_core.models.backbone import Capability, ConditionInputs, EncodedWindows
from imagest_core.models.cache import loaded_models
from imagest_core.models.hardware import Hardware
from imagest_core.models.identity import Family, ModelKind
from imagest_core.models.installed import InstalledModel
from imagest_core.models.stable_diffusion.adapters import LoadedAdapter, apply_adapters, apply_study
from imagest_core.models.stable_diffusion.components import Components, load_components, quiet
from imagest_core.models.stable_diffusion.style_branch import StyleBranch, load_style_branch
from imagest_core.models.stable_diffusion.text import EncodedText, PromptEncoder
from imagest_core.models.studies import STABLE_DIFFUSION, Study, check_study
from imagest_core.models.weights_hash import weights_hash
from imagest_core.progress import Progress

INPAINTING_CHANNELS = 9
"""Noisy latents, the mask, and the latents of the picture with a blank hole."""
WINDOW_BYTES_PER_PIXEL = 6 << 10
"""Working memory on a GPU, most of it in the decoder."""
MAX_TEXTS = 32
"""Encoded prompts that are kept with a loaded model, some 100 kB each."""
IMAGE_MEAN = (0.48145466, 0.4578275, 0.40821073)
IMAGE_STD = (0.26862954, 0.26130258, 0.27577711)
"""Normalisation of the pictures that CLIP's image encoders read."""


@dataclass(frozen=True, eq=False)
class TextCondition:
    """Encoded text and style of a run, as the U-Net reads them.

    ``positive``, ``negative``: text, the latter only with guidance; ``images``: for each IP-Adapter the
    embeddings (1, k, d) of the style pictures; ``style``: tokens of the style branch.
    """

    positive: EncodedText
    negative: EncodedText | None = None
    guidance: float = 1.0
    images: tuple[Tensor, ...] = ()
    style: Any = None


@dataclass(frozen=True)
class LoadOptions:
    """What is loaded into a model: adapters, a style branch, a study, and whether the U-Net is compiled."""

    adapters: tuple[LoadedAdapter, ...] = ()
    style_branch: InstalledModel | None = None
    compiled: bool = False
    study: Study | None = None


@dataclass(eq=False)
class LoadedDiffusion:
    """The parts of a model with its adapters, on a device."""

    parts: Components
    weights_hash: str
    branch_hash: str = ""
    branch: StyleBranch | None = None
    offloaded: bool = False
    texts: dict[tuple[object, ...], list[EncodedText]] = field(default_factory=dict)

    def encoded(self, prompts: Sequence[str]) -> list[EncodedText]:
        """Encode ``prompts``, or take them from those encoded before: the same model is opened often."""
        inference = torch.is_inference_mode_enabled()  # whose tensors can't be used in training
        key: tuple[object, ...] = (inference, *prompts)
        if key not in self.texts:
            if len(self.texts) >= MAX_TEXTS:
                self.texts.clear()
            with quiet():  # tokenizers warn of long prompts, which are encoded in chunks
                self.texts[key] = PromptEncoder(self.parts.holder, self.parts.identity.family).encode(prompts)
        return self.texts[key]

    @property
    def size(self) -> int:
        """Size of all weights in bytes."""
        own = () if self.branch is None else self.branch.parameters()
        return self.parts.size + sum(p.numel() * p.element_size() for p in own)


def load_backbone(
    model: InstalledModel, hardware: Hardware, options: LoadOptions, progress: Progress
) -> StableDiffusionBackbone:
    """Load a model with adapters, or take it from the cache; raises ``ModelError`` and ``Cancelled``."""
    digest = weights_hash(model, progress)
    branch = options.style_branch
    branch_digest = weights_hash(branch, progress) if branch is not None else ""
    key = _key(model, hardware, options, digest, branch_digest)

    def load() -> tuple[LoadedDiffusion, int]:
        progress.check()
        parts = load_components(model.path, model.identity, hardware.dtype)
        progress.check()
        apply_adapters(parts, options.adapters, hardware.dtype)
        if options.study is not None:
            check_study(options.study, STABLE_DIFFUSION, model.name, digest)
            apply_study(parts, options.study)
        progress.check()
        loaded = LoadedDiffusion(parts, digest, branch_digest)
        if branch is not None:
            loaded.branch = load_style_branch(branch.path, parts.unet)
        with quiet():
            _place(loaded, hardware, compiled=options.compiled)
        return loaded, loaded.size

    loaded = loaded_models.get(key, load)
    return StableDiffusionBackbone(model, loaded, hardware, options)


def _key(
    model: InstalledModel, hardware: Hardware, options: LoadOptions, digest: str, branch_digest: str = ""
) -> Hashable:
    study = options.study.sha256 if options.study is not None else ""
    return (model.path, digest, hardware, options.adapters, branch_digest, options.compiled, study)


def keep_loaded(model: InstalledModel, parts: Components, hardware: Hardware) -> LoadedDiffusion:
    """Cache ``parts`` as the loaded ``model``, so that no file is read; they are moved to the device."""
    digest = weights_hash(model)
    loaded = LoadedDiffusion(parts, digest)
    with quiet():
        _place(loaded, hardware, compiled=False)
    return loaded_models.get(_key(model, hardware, LoadOptions(), digest), lambda: (loaded, parts.size))


def _place(loaded: LoadedDiffusion, hardware: Hardware, *, compiled: bool) -> None:
    """Move everything to the device; convolutions run in channels-last order."""
    parts = loaded.parts
    for module in parts.modules:
        module.to(hardware.device)
    for module in (parts.unet, parts.autoencoder):
        module.to(memory_format=torch.channels_last)
    parts.autoencoder.to(autoencoder_dtype(parts, hardware))
    last = parts.autoencoder.decoder.conv_out.float()
    last.register_forward_pre_hook(lambda module, inputs: (inputs[0].float(),))  # half has steps of 1/256
    if loaded.branch is not None:
        loaded.branch.to(hardware.device, hardware.dtype)
    if compiled and hardware.device.type == "cuda":
        parts.unet.compile_repeated_blocks()


def autoencoder_dtype(parts: Components, hardware: Hardware) -> torch.dtype:
    """float32 where float16 overflows: in the autoencoder of Stable Diffusion XL."""
    upcast = getattr(parts.autoencoder.config, "force_upcast", False)
    half = hardware.dtype is torch.float16
    return torch.float32 if half and upcast and parts.identity.family is Family.SDXL else hardware.dtype


class StableDiffusionBackbone:
    """A Stable Diffusion 1.x, 2.x or XL model with its adapters.

    One run at a time uses it: the style branch holds the tokens of the current evaluation.
    """

    def __init__(
        self, model: InstalledModel, loaded: LoadedDiffusion, hardware: Hardware, options: LoadOptions
    ) -> None:
        self._model, self._loaded, self._hardware, self._options = model, loaded, hardware, options
        parts = self._parts = loaded.parts
        unet, autoencoder = parts.unet.config, parts.autoencoder.config
        self._channels = int(unet.in_channels)
        self._scale = float(autoencoder.scaling_factor)
        self._shift = float(getattr(autoencoder, "shift_factor", None) or 0.0)
        levels = len(autoencoder.get("block_out_channels") or autoencoder["down_block_out_channels"])
        self.latent_factor = 2 ** (levels - 1)
        self.latent_channels = int(autoencoder.latent_channels)
        self.multiple = self.latent_factor * 2 ** (len(unet.block_out_channels) - 1)
        self.working_size = int(unet.sample_size) * self.latent_factor
        self.schedule = parts.schedule
        self._image_encoder: Any = getattr(parts.holder, "image_encoder", None)
        self.style_side = self._style_side()
        style = {Capability.STYLE} if self.style_side else set()
        self.capabilities = frozenset({Capability.TEXT, Capability.ADAPTERS, *style})

    def _style_side(self) -> int:
        """Side of the style pictures; both readers of pictures resize them where they need another."""
        if self._loaded.branch is not None:
            return int(self._loaded.branch.side)
        return int(self._image_encoder.config.image_size) if self._image_encoder is not None else 0

    @property
    def device(self) -> torch.device:
        """The device that runs the model."""
        return self._hardware.device

    @property
    def facts(self) -> Mapping[str, str | int | float]:
        """Name, weights hash, adapters with theirs, device and number format, for the record."""
        used = self._options.adapters
        adapters = {
            "adapters": ", ".join(f"{a.name}:{a.weight:g}" for a in used),
            "adapters_sha256": ", ".join(f"{a.name}:{a.sha256}" for a in used),
        }
        branch = self._options.style_branch
        return {
            "model": self._model.name,
            "weights_sha256": self._loaded.weights_hash,
            "family": str(self._model.identity.family),
            "device": self._hardware.name,
            "dtype": str(self._hardware.dtype).removeprefix("torch."),
            **(adapters if used else {}),
            **(
                {"style_branch": branch.name, "style_branch_sha256": self._loaded.branch_hash}
                if branch
                else {}
            ),
            **({"offloaded": 1} if self._loaded.offloaded else {}),
            **({"compiled": 1} if self._options.compiled else {}),
            **(self._options.study.record if self._options.study is not None else {}),
        }

    # Text and style

    def condition(self, inputs: ConditionInputs) -> TextCondition:
        """Encode text and style; without a prompt the empty text, and no guidance."""
        guided = bool(inputs.prompt) and inputs.guidance != 1.0
        prompts = [inputs.prompt, inputs.negative_prompt] if guided else [inputs.prompt]
        encoded = self._loaded.encoded(prompts)
        images: tuple[Tensor, ...] = ()
        tokens = None
        styled = inputs.style is not None and len(inputs.style) > 0
        if weights := self._ip_weights():
            strength = inputs.style_strength if styled else 0.0
            self._parts.holder.set_ip_adapter_scale([weight * strength for weight in weights])
        if inputs.style is not None and styled:
            pictures = torch.from_numpy(inputs.style).permute(0, 3, 1, 2).to(self.device)
            images = self._image_embeddings(pictures)
            if self._loaded.branch is not None:
                tokens = self._loaded.branch.context(pictures * 2 - 1, inputs.style_strength)
        negative = encoded[1] if guided else None
        return TextCondition(encoded[0], negative, inputs.guidance, images, tokens)

    def _image_embeddings(self, pictures: Tensor) -> tuple[Tensor, ...]:
        """Return the embeddings of all pictures for each IP-Adapter."""
        weights = self._ip_weights()
        if not weights:
            return ()
        side = self._image_encoder.config.image_size
        pictures = functional.interpolate(pictures, (side, side), mode="bicubic", antialias=True)
        mean, std = (torch.tensor(v, device=self.device).view(1, 3, 1, 1) for v in (IMAGE_MEAN, IMAGE_STD))
        normalized = ((pictures.clamp(0, 1) - mean) / std).to(self._image_encoder.dtype)
        embeddings = []
        for layer in self._parts.unet.encoder_hid_proj.image_projection_layers:
            if type(layer).__name__ == "ImageProjection":
                embeddings.append(self._image_encoder(normalized).image_embeds[None])
            else:
                output = self._image_encoder(normalized, output_hidden_states=True)
                embeddings.append(output.hidden_states[-2][None])
        return tuple(embeddings)

    def _ip_weights(self) -> list[float]:
        return [a.weight for a in self._options.adapters if a.identity.kind is ModelKind.IP_ADAPTER]

    # Latents

    def encode(self, images: Tensor, masks: Tensor) -> EncodedWindows:
        """Return the latents of pre-filled images, and for inpainting U-Nets the mask and masked latents."""
        inside = dilated_latents(masks, self.latent_factor)
        if self._channels != INPAINTING_CHANNELS:
            return EncodedWindows(self._latents(images), inside)
        touched = functional.max_pool2d(masks, self.latent_factor)
        blank = self._latents(images * (masks < 0.5))
        return EncodedWindows(self._latents(images), inside, torch.cat([touched, blank], 1))

    def _latents(self, images: Tensor) -> Tensor:
        autoencoder = self._parts.autoencoder
        mean = autoencoder.encode(images.to(autoencoder.encoder.conv_in.weight.dtype)).latent_dist.mode()
        return (mean.float() - self._shift) * self._scale

    def decode(self, latents: Tensor, images: Tensor, masks: Tensor, encoded: EncodedWindows) -> Tensor:
        """Return the images of ``latents``; a mask-conditioned decoder gets the known samples."""
        autoencoder = self._parts.autoencoder
        dtype = autoencoder.encoder.conv_in.weight.dtype
        plain = (latents / self._scale + self._shift).to(dtype)
        known: dict[str, Tensor] = {}
        if type(autoencoder).__name__ == "AsymmetricAutoencoderKL":
            known = {"image": images.to(dtype), "mask": masks.to(dtype)}
        decoded: Tensor = autoencoder.decode(plain, **known).sample
        return decoded.float()

    def denoise(
        self, latents: Tensor, timesteps: Tensor, encoded: EncodedWindows, condition: TextCondition
    ) -> Tensor:
        """Predict ε or v; both halves of guidance are one batch."""
        texts = (
            [condition.positive] if condition.negative is None else [condition.negative, condition.positive]
        )
        inputs = latents if encoded.extra is None else torch.cat([latents, encoded.extra], 1)
        count, dtype = len(texts), self._parts.unet.dtype
        tokens = torch.cat([text.tokens.expand(len(latents), -1, -1) for text in texts]).to(dtype)
        branch = self._loaded.branch
        if branch is not None:
            branch.use(condition.style, skip=len(latents) if condition.negative is not None else 0)
        predicted = self._parts.unet(
            torch.cat([inputs] * count).to(dtype, memory_format=torch.channels_last),
            torch.cat([timesteps] * count),
            encoder_hidden_states=tokens,
            added_cond_kwargs=self._added(texts, latents, condition),
            return_dict=False,
        )[0].float()
        if count == 1:
            return predicted
        plain, conditioned = predicted.chunk(2)
        return plain + condition.guidance * (conditioned - plain)

    def _added(
        self, texts: Sequence[EncodedText], latents: Tensor, condition: TextCondition
    ) -> dict[str, Any] | None:
        """Return the pooled text and sizes of Stable Diffusion XL, and the embeddings of IP-Adapters."""
        added: dict[str, Any] = {}
        n, dtype = len(latents), self._parts.unet.dtype
        if texts[0].pooled is not None:
            pooled = [text.pooled.expand(n, -1) for text in texts if text.pooled is not None]
            height, width = (side * self.latent_factor for side in latents.shape[2:])
            original = max(height, self.working_size), max(width, self.working_size)
            sizes = torch.tensor([[*original, 0, 0, height, width]], device=self.device, dtype=dtype)
            added["text_embeds"] = torch.cat(pooled).to(dtype)
            added["time_ids"] = sizes.expand(n * len(texts), -1)
        if self._ip_weights():
            added["image_embeds"] = [self._repeated(e, n, len(texts)) for e in self._images(condition)]
        return added or None

    def _images(self, condition: TextCondition) -> tuple[Tensor, ...]:
        """Return the embeddings of the pictures, or zeros where a run has none."""
        if condition.images:
            return condition.images
        width = self._image_encoder.config.projection_dim
        empty = torch.zeros(1, 1, width, device=self.device, dtype=self._parts.unet.dtype)
        return (empty,) * len(self._ip_weights())

    @staticmethod
    def _repeated(embedding: Tensor, count: int, texts: int) -> Tensor:
        """Repeat embeddings for a batch; the unconditioned half gets zeros."""
        conditioned = embedding.expand(count, *embedding.shape[1:])
        return conditioned if texts == 1 else torch.cat([torch.zeros_like(conditioned), conditioned])

    # Memory

    def window_bytes(self, pixels: int) -> int:
        """Return the working memory in bytes of a window of ``pixels``, generously."""
        return pixels * WINDOW_BYTES_PER_PIXEL

    def reduce_memory(self) -> bool:
        """Keep the weights in the computer's memory and move each layer to the GPU when it runs."""
        if self.device.type != "cuda" or self._loaded.offloaded:
            return False
        self._parts.unet.enable_group_offload(
            onload_device=self.device,
            offload_device=torch.device("cpu"),
            offload_type="leaf_level",
            use_stream=True,
        )
        self._loaded.offloaded = True
        return True


def dilated_latents(masks: Tensor, factor: int) -> Tensor:
    """Return the mask of the latents that a hole touches, dilated by one cell.

    Nearest-neighbour resizing would lose thin cracks.
    """
    touched = functional.max_pool2d(masks, factor, ceil_mode=True)
    return functional.max_pool2d(touched, 3, stride=1, padding=1)
