"""The networks of the perceptual metrics; loaded only when a metric is computed.

Inputs are pictures (n, 3, h, w) float in 0–1. Weights come from :mod:`imagest_core.evaluation.weights`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class Taps(nn.Module):
    """A sequence of layers that returns the outputs of the layers with the indices ``at``."""

    def __init__(self, features: nn.Sequential, at: tuple[int, ...]) -> None:
        super().__init__()
        self.features, self.at = features[: max(at) + 1], at

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return the selected outputs in the order of the layers."""
        outputs = []
        for number, layer in enumerate(self.features):
            images = layer(images)
            if number in self.at:
                outputs.append(images)
        return outputs


class Lpips(nn.Module):
    """LPIPS v0.1 over AlexNet with its map (Zhang et al. 2018, eq. 1; ``spatial=True``)."""

    shift = (-0.030, -0.088, -0.188)
    scale = (0.458, 0.448, 0.450)
    widths = (64, 192, 384, 256, 256)

    def __init__(self) -> None:
        from torchvision.models import alexnet

        super().__init__()
        with torch.device("meta"):  # its 59 million classifier weights are never allocated
            features = alexnet(weights=None).features
        self.taps = Taps(_separate(features.to_empty(device="cpu")), (1, 4, 7, 9, 11))
        self.linear = nn.ModuleList(nn.Conv2d(width, 1, 1, bias=False) for width in self.widths)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Return the distance at every pixel, (n, 1, h, w), ≥ 0."""
        pairs = zip(self.taps(self._scaled(first)), self.taps(self._scaled(second)), self.linear)
        total = first.new_zeros(first.shape[0], 1, *first.shape[2:])
        for ours, theirs, weigh in pairs:
            difference = weigh((_unit(ours) - _unit(theirs)) ** 2)
            total = total + functional.interpolate(difference, first.shape[2:], mode="bilinear")
        return total

    def _scaled(self, images: Tensor) -> Tensor:
        return _normalised(2 * images - 1, self.shift, self.scale)


class GramStyle(nn.Module):
    """Style loss: mean squared differences of Gram matrices, summed over relu1_1 to relu5_1 of VGG-19."""

    def __init__(self) -> None:
        from torchvision.models.vgg import cfgs, make_layers

        super().__init__()
        self.taps = Taps(_separate(make_layers(cfgs["E"])), (1, 6, 11, 20, 29))

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Return (n,), ≥ 0; a Gram matrix is F·Fᵀ/(c·h·w) of features F (c, h·w)."""
        ours, theirs = (self.taps(_normalised(each, IMAGENET_MEAN, IMAGENET_STD)) for each in (first, second))
        squares = [(_gram(one) - _gram(other)) ** 2 for one, other in zip(ours, theirs)]
        return torch.stack([square.mean((1, 2)) for square in squares]).sum(0)


class InceptionFeatures(nn.Module):
    """The 2048 pooled features of Inception-v3; ``original`` pools as in the definition of FID."""

    def __init__(self, original: bool) -> None:
        from torchvision.models import inception_v3

        super().__init__()
        with torch.device("meta"):  # every weight is loaded
            network = inception_v3(weights=None, aux_logits=False, init_weights=False, transform_input=False)
        network = network.to_empty(device="cpu")
        network.fc = network.dropout = nn.Identity()
        if original:
            pool_as_original(network)
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """Return (n, 2048); the pictures are resized to 299 px (bilinear, without antialiasing)."""
        sized = functional.interpolate(images, (299, 299), mode="bilinear", align_corners=False)
        # The FID network and torchvision's (``transform_input`` off) both take −1 to 1.
        features: Tensor = self.network(2 * sized - 1)
        return features


def pool_as_original(network: nn.Module) -> None:
    """Change the pooling of torchvision's Inception-v3 to that of Heusel et al. 2017.

    Averages exclude the padding, and the last block uses maximum pooling.
    """
    for name, block in network.named_children():
        if hasattr(block, "branch_pool") and isinstance(block.branch_pool, nn.Module):
            block.branch_pool.register_forward_pre_hook(_without_padding)
            if name == "Mixed_7c":
                _pool_maximum(block)


def _without_padding(_: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Scale a block's input so that its 3×3 average excludes the zero padding."""
    share = functional.avg_pool2d(torch.ones_like(inputs[0]), 3, 1, 1)
    return (inputs[0] / share,)


def _pool_maximum(block: nn.Module) -> None:
    given: list[Tensor] = []
    block.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0]))
    block.branch_pool.register_forward_pre_hook(  # type: ignore[union-attr]
        lambda _, inputs: (functional.max_pool2d(given.pop(), 3, 1, 1),)
    )


def _separate(layers: nn.Sequential) -> nn.Sequential:
    """Make no layer overwrite the output of the previous one."""
    for layer in layers:
        if isinstance(layer, nn.ReLU):
            layer.inplace = False
    return layers


def _normalised(images: Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> Tensor:
    shift, scale = (images.new_tensor(each).view(1, 3, 1, 1) for each in (mean, std))
    return (images - shift) / scale


def _unit(features: Tensor) -> Tensor:
    """Normalize features to length 1 over the channels, with the guard of the LPIPS code."""
    return features / (features.square().sum(1, keepdim=True).sqrt() + 1e-10)


def _gram(features: Tensor) -> Tensor:
    count, channels, height, width = features.shape
    flat = features.reshape(count, channels, height * width)
    return flat @ flat.transpose(1, 2) / (channels * height * width)
