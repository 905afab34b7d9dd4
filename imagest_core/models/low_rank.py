"""Low-rank changes of the weights of linear and convolutional layers (LoRA, Hu et al., ICLR 2022)."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from imagest_core.errors import InputError, ModelError
from imagest_core.messages import Message

DOWN, UP = "down", "up"


class LowRankChange(nn.Module):
    """Adds the product of two small matrices to a weight; at first it is zero."""

    def __init__(self, weight: Tensor, rank: int) -> None:
        super().__init__()
        rows, columns = weight.shape[0], weight[0].numel()
        self.down = nn.Parameter(torch.empty(rank, columns, device=weight.device))
        self.up = nn.Parameter(torch.zeros(rows, rank, device=weight.device))
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

    def forward(self, weight: Tensor) -> Tensor:
        """Return the changed weight."""
        return weight + (self.up @ self.down).view_as(weight).to(weight.dtype)


class LowRankChanges(nn.Module):
    """The changes of all layers of a network, by the names of the layers; :class:`InputError` without any."""

    def __init__(self, network: nn.Module, rank: int) -> None:
        super().__init__()
        self.names = [name for name, layer in network.named_modules() if _changeable(layer, rank)]
        if not self.names:
            raise InputError(
                Message(
                    "No layer of the network is larger than the rank {rank}; choose a smaller one.", rank=rank
                )
            )
        layers = dict(network.named_modules())
        for name in self.names:
            change = LowRankChange(layers[name].weight, rank)
            parametrize.register_parametrization(layers[name], "weight", change)
            self.add_module(name.replace(".", "/"), change)

    def tensors(self) -> dict[str, Tensor]:
        """Return the matrices in half precision by LAYER.down and LAYER.up."""
        return {
            f"{name}.{key}": getattr(self._change(name), key).detach().to("cpu", torch.float16).contiguous()
            for name in self.names
            for key in (DOWN, UP)
        }

    def _change(self, name: str) -> nn.Module:
        return self.get_submodule(name.replace(".", "/"))


def _changeable(layer: nn.Module, rank: int) -> bool:
    """Whether a change of ``rank`` is smaller than the weight itself."""
    if not isinstance(layer, nn.Linear | nn.Conv2d):
        return False
    rows, columns = layer.weight.shape[0], layer.weight[0].numel()
    return rank < min(rows, columns)


@torch.no_grad()
def add_changes(network: nn.Module, tensors: Mapping[str, Tensor], name: str) -> None:
    """Add stored changes to the weights of ``network``; raises :class:`ModelError` if they don't fit."""
    layers = dict(network.named_modules())
    changed = sorted({key.rpartition(".")[0] for key in tensors})
    for layer in changed:
        weight = getattr(layers.get(layer), "weight", None)
        down, up = tensors.get(f"{layer}.{DOWN}"), tensors.get(f"{layer}.{UP}")
        if not isinstance(weight, Tensor) or not _fit(weight, down, up):
            raise ModelError(
                Message(
                    "{path} doesn't fit the network (at {layer}): study the painting again.",
                    path=name,
                    layer=layer[:80],
                )
            )
        assert down is not None
        assert up is not None
        weight += (up.float() @ down.float()).view_as(weight).to(weight.device, weight.dtype)


def _fit(weight: Tensor, down: Tensor | None, up: Tensor | None) -> bool:
    if down is None or up is None or down.dim() != 2 or up.dim() != 2:
        return False
    finite = bool(torch.isfinite(down).all() and torch.isfinite(up).all())
    shapes = up.shape[1] == down.shape[0] and up.shape[0] == len(weight)
    return (
        finite
        and shapes
        and up.is_floating_point()
        and down.is_floating_point()
        and (up.shape[0] * down.shape[1] == weight.numel())
    )
