"""Compare an exported graph with the torch module it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from imagest_core.models.onnx.graphs import DECODER, ENCODER, STYLE, UNET
from imagest_core.models.onnx.precision import FLOAT16, FLOAT32, INT8
from imagest_core.models.onnx.providers import CPU, open_session

if TYPE_CHECKING:
    from torch import nn

    from imagest_core.models.imagest.network import ImagestNetwork
    from imagest_core.models.onnx.parts import Part

TOLERANCES: Mapping[str, Mapping[str, float]] = {
    FLOAT32: dict.fromkeys((STYLE, ENCODER, UNET, DECODER), 1e-4),
    FLOAT16: {STYLE: 0.02, ENCODER: 0.02, UNET: 0.02, DECODER: 0.02},
    INT8: {STYLE: 0.1, ENCODER: 0.1, UNET: 0.1, DECODER: 0.1},
}
"""Largest root mean square of the difference, as a share of torch's output's own."""
CASES = ((1, (2, 2)), (2, (3, 2)))
"""Batches and sides, as multiples of the smallest window, of the random inputs that are compared."""


def difference(proto: Any, part: Part, module: nn.Module, network: ImagestNetwork) -> float:
    """Return the largest relative RMS difference of a graph's outputs to those of ``module``."""
    session, held = open_session(proto.SerializeToString(), CPU)
    worst = 0.0
    for number, (batch, (rows, columns)) in enumerate(CASES):
        sides = network.config.multiple * rows, network.config.multiple * columns
        inputs = part.examples(network, batch, sides, number + 1)
        with torch.inference_mode():
            expected = module(*inputs)
        expected = expected if isinstance(expected, tuple) else (expected,)
        found = session.run(None, {name: value.numpy() for name, value in zip(part.inputs, inputs)})
        for one, other in zip(expected, found):
            scale = float(one.square().mean().sqrt()) or 1.0
            error = float((one - torch.from_numpy(other).float()).square().mean().sqrt()) / scale
            worst = max(worst, error)
    del held
    return worst
