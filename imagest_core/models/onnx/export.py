"""Export an Imagest network as four ONNX graphs, each compared with torch before it is kept.

The dynamo exporter of torch traces the parts. Weights are held back from its constant folding, so a graph
keeps the names of the safetensors files and works with any weights of the same sizes.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import onnx
import onnx_ir
import torch
from onnxscript import optimizer
from torch import Tensor, nn

from imagest_core.errors import ImagestError
from imagest_core.messages import Message
from imagest_core.models.checkpoint import load_checkpoint
from imagest_core.models.imagest.network import ImagestNetwork
from imagest_core.models.onnx.check import TOLERANCES, difference
from imagest_core.models.onnx.graphs import (
    BESIDE,
    GRAPHS,
    INSIDE,
    LATENT_SCALE,
    MANIFEST,
    Graph,
    Manifest,
)
from imagest_core.models.onnx.parts import PARTS, Part
from imagest_core.models.onnx.precision import FLOAT32, converted
from imagest_core.painting.atomic import check_new_folder, new_folder
from imagest_core.progress import Progress

PACKAGES = ("torch", "onnx", "onnxscript", "onnxruntime")
OPSET = 18


@dataclass(frozen=True)
class ExportOptions:
    """``precision`` of the weights; ``graphs_only``: leave them in the model's safetensors files."""

    precision: str = FLOAT32
    graphs_only: bool = False
    parts: Sequence[str] = GRAPHS


def export(model: Path, out: Path, options: ExportOptions, progress: Progress | None = None) -> Manifest:
    """Export the network in the folder ``model`` to a new folder ``out``, completely or not at all.

    Raises :class:`OutputError` if ``out`` exists or can't be written, ``ModelError`` if the model can't be
    loaded, and :class:`ImagestError` if a graph differs from torch by more than its tolerance.
    """
    progress = progress or Progress()
    check_new_folder(out)
    checkpoint = load_checkpoint(model, progress)
    network, description = checkpoint.network, checkpoint.description
    with new_folder(out) as inside:
        graphs = {}
        for number, name in enumerate(options.parts):
            progress.set(number / len(options.parts), number, len(options.parts))
            progress.check()
            graphs[name] = _export_part(name, network, inside / f"{name}.onnx", options)
        manifest = Manifest(
            model=description.name,
            title=description.title,
            weights_sha256=description.weights_hash,
            network=dict(description.network),
            precision=options.precision,
            weights=BESIDE if options.graphs_only else INSIDE,
            opset=OPSET,
            made_with={package: metadata.version(package) for package in PACKAGES},
            graphs=graphs,
        )
        (inside / MANIFEST).write_text(manifest.to_text(), encoding="utf-8")
    progress.set(1.0)
    return manifest


def _export_part(name: str, network: ImagestNetwork, path: Path, options: ExportOptions) -> Graph:
    part = PARTS[name]
    module = part.module(network).eval()
    weights = _weights(module)
    proto = converted(_traced(part, module, network, weights), options.precision)
    measured = difference(proto, part, module, network)
    tolerance = TOLERANCES[options.precision][name]
    if not measured <= tolerance:
        raise ImagestError(
            Message(
                "The graph {name} in {precision} differs from torch by {measured}, more than {tolerance}:"
                " nothing was written; choose another precision.",
                name=name,
                precision=options.precision,
                measured=f"{measured:.2g}",
                tolerance=f"{tolerance:.2g}",
            )
        )
    if options.graphs_only:
        _strip(proto, weights)
    content = proto.SerializeToString()
    path.write_bytes(content)
    return Graph(
        hashlib.sha256(content).hexdigest(),
        tuple(part.inputs),
        part.outputs,
        _shapes(proto, weights) if options.graphs_only else {},
        {"difference": float(f"{measured:.3g}"), "tolerance": tolerance},
    )


def _shapes(proto: Any, weights: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of those of ``weights`` that the graph uses."""
    names = [initializer.name for initializer in proto.graph.initializer]
    return {name: tuple(weights[name].shape) for name in names if name in weights}


def _weights(module: nn.Module) -> dict[str, Tensor]:
    """Return what a model's files hold of ``module``, by the names in the graph."""
    found: dict[str, Tensor] = dict(module.named_parameters())
    found |= {name: buffer for name, buffer in module.named_buffers() if name == LATENT_SCALE}
    return found


def _traced(part: Part, module: nn.Module, network: ImagestNetwork, weights: Mapping[str, Tensor]) -> Any:
    """Return the optimized graph of ``module`` with its weights, as a protocol buffer."""
    sides = network.config.multiple * 2, network.config.multiple * 3
    dynamic = torch.export.Dim.DYNAMIC
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module,
            tuple(part.examples(network, 2, sides, 0)),
            dynamo=True,
            opset_version=OPSET,
            input_names=list(part.inputs),
            output_names=list(part.outputs),
            dynamic_shapes=tuple({axis: dynamic for axis in axes} for axes in part.inputs.values()),
            optimize=False,
            verbose=False,
        )
        assert program is not None
        model = program.model
        _optimize(model, weights)
    return onnx_ir.to_proto(model)


def _optimize(model: Any, weights: Mapping[str, Tensor]) -> None:
    """Fold constants except weights, which are inputs meanwhile, and drop the traces of the exporter."""
    graph, held = model.graph, []
    for name in [name for name in graph.initializers if name in weights]:
        value = graph.initializers.pop(name)
        held.append((value, value.const_value))
        value.const_value = None
        graph.inputs.append(value)
    optimizer.optimize(model)
    for value, content in held:
        graph.inputs.remove(value)
        value.const_value = content
        graph.initializers[value.name] = value
    drop_traces(model)


def drop_traces(model: Any) -> None:
    """Remove what the exporter writes of the source code: places of files, names of scopes."""
    graph = model.graph
    for node in graph:
        node.metadata_props.clear()
        node.doc_string = None
        for output in node.outputs:
            output.metadata_props.clear()
    for value in (*graph.inputs, *graph.initializers.values()):
        value.metadata_props.clear()
    graph.metadata_props.clear()
    model.metadata_props.clear()


def _strip(proto: Any, weights: Mapping[str, Tensor]) -> None:
    """Replace the content of weights by the mark that it is elsewhere."""
    for initializer in proto.graph.initializer:
        if initializer.name in weights:
            initializer.ClearField("raw_data")
            initializer.ClearField("float_data")
            initializer.data_location = onnx.TensorProto.EXTERNAL
            del initializer.external_data[:]
            place = initializer.external_data.add()
            place.key, place.value = "location", "model.safetensors"
    del proto.graph.value_info[:]
