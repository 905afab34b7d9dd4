"""Export Stable Diffusion as ONNX graphs with their weights, each compared with torch before it is kept."""

from __future__ import annotations

import copy
import json
import tempfile
import warnings
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import onnx_ir
import torch

from imagest_core.errors import ImagestError, ModelError
from imagest_core.messages import Message
from imagest_core.models.file_hash import file_hash
from imagest_core.models.identity import Family
from imagest_core.models.installed import InstalledModel
from imagest_core.models.onnx.clip_tokens import read_tokenizer, write_tokenizer_files
from imagest_core.models.onnx.diffusion_manifest import (
    DECODER,
    ENCODER,
    MANIFEST,
    DiffusionManifest,
    TokenizerFiles,
)
from imagest_core.models.onnx.diffusion_parts import Part, Sizes, has_masked_decoder, parts_of, sizes_of
from imagest_core.models.onnx.export import OPSET, PACKAGES, drop_traces
from imagest_core.models.onnx.precision import FLOAT16, FLOAT32
from imagest_core.models.onnx.providers import CPU, open_session
from imagest_core.models.stable_diffusion.components import Components, load_components, quiet
from imagest_core.models.weights_hash import weights_hash
from imagest_core.painting.atomic import check_new_folder, new_folder
from imagest_core.progress import Progress

LARGEST_FILE = 1_900_000_000
"""Bytes of weights from which on they have a file of their own: a graph's file is limited to 2 GB."""
TOLERANCES = {FLOAT32: 1e-4, FLOAT16: 0.02}
"""Largest root mean square of the difference, as a share of torch's output's own."""
CASES = ((1, (2, 2)), (2, (3, 2)))
"""Batches and sides, as multiples of the smallest window, of the random inputs that are compared."""
PROBES = (
    "a Red cloak, it's gold-brocade (17th century)!",
    "ÉTIENNE 金 façade 😀",
    "<|endoftext|> wow!",
)
"""Prompts that both tokenizers must read alike."""


def export_diffusion(
    model: InstalledModel, out: Path, precision: str = FLOAT32, progress: Progress | None = None
) -> DiffusionManifest:
    """Export a Stable Diffusion model to a new folder ``out``, completely or not at all.

    Raises :class:`OutputError` if ``out`` exists or can't be written, ``ModelError`` if the model can't be
    loaded or has a tokenizer of another kind, and :class:`ImagestError` if a graph differs from torch by
    more than its tolerance.
    """
    progress = progress or Progress()
    check_new_folder(out)
    digest = weights_hash(model, progress)
    components = load_components(model.path, model.identity, torch.float32)
    with new_folder(out) as inside:
        tokenizers = _write_tokenizers(components, inside)
        checks, parts, sizes = {}, parts_of(components), sizes_of(components)
        for number, (name, part) in enumerate(parts.items()):
            progress.set(number / len(parts), number, len(parts))
            progress.check()
            own = _precision_of(name, components, precision)
            checks[name] = _export_part(name, part, sizes, inside / f"{name}.onnx", own)
        files = {
            path.relative_to(inside).as_posix(): file_hash(path)
            for path in sorted(inside.rglob("*"))
            if path.is_file()
        }
        manifest = _manifest(model, digest, components, sizes, precision, tokenizers, checks, files)
        (inside / MANIFEST).write_text(manifest.to_text(), encoding="utf-8")
    progress.set(1.0)
    return manifest


def _precision_of(name: str, components: Components, precision: str) -> str:
    """Return float32 for the parts of an autoencoder that float16 overflows in."""
    upcast = getattr(components.autoencoder.config, "force_upcast", False)
    keeps = name in (ENCODER, DECODER) and upcast and components.identity.family is Family.SDXL
    return FLOAT32 if keeps else precision


def _manifest(
    model: InstalledModel,
    digest: str,
    components: Components,
    sizes: Sizes,
    precision: str,
    tokenizers: Sequence[TokenizerFiles],
    checks: dict[str, dict[str, float]],
    files: dict[str, str],
) -> DiffusionManifest:
    scheduler, holder = components.holder.scheduler, components.holder
    settings = {"class": type(scheduler).__name__, **dict(scheduler.config)}
    return DiffusionManifest(
        model=model.name,
        title=model.title,
        licence=model.licence,
        weights_sha256=digest,
        family=str(components.identity.family),
        prediction=str(components.schedule.prediction),
        precision=precision,
        input_channels=sizes.input_channels,
        context=sizes.context,
        sample_size=int(components.unet.config.sample_size),
        latent_channels=sizes.latent_channels,
        latent_factor=sizes.latent_factor,
        multiple=sizes.multiple,
        masked_decoder=has_masked_decoder(components),
        zero_empty=bool(getattr(holder.config, "force_zeros_for_empty_prompt", False)),
        opset=OPSET,
        alphas_cumprod=scheduler.alphas_cumprod.double().tolist(),
        scheduler=json.loads(json.dumps(settings, default=str)),
        tokenizers=tuple(tokenizers),
        made_with={package: metadata.version(package) for package in (*PACKAGES, "diffusers")},
        checks=checks,
        files=files,
    )


# Graphs


def _export_part(name: str, part: Part, sizes: Sizes, path: Path, precision: str) -> dict[str, float]:
    """Write a graph and return how far it is from torch."""
    model = _traced(part, sizes, precision)
    weights = sum(each.const_value.nbytes for each in model.graph.initializers.values() if each.const_value)
    external = f"{path.name}.data" if weights > LARGEST_FILE else None
    onnx_ir.save(model, path, external_data=external)
    del model
    check = _compared(part, sizes, path)
    check["tolerance"] = TOLERANCES[precision]
    if not check["difference"] <= check["tolerance"]:
        raise ImagestError(
            Message(
                "The graph {name} in {precision} differs from torch by {measured}, more than {tolerance}:"
                " nothing was written; choose another precision.",
                name=name,
                precision=precision,
                measured=f"{check['difference']:.2g}",
                tolerance=f"{check['tolerance']:.2g}",
            )
        )
    return check


def _traced(part: Part, sizes: Sizes, precision: str) -> Any:
    """Return the optimized graph of a part with its weights."""
    sides = sizes.multiple * 2, sizes.multiple * 3
    module, dynamic = part.module, torch.export.Dim.DYNAMIC
    if precision == FLOAT16:
        module = copy.deepcopy(module).half()
        module.dtype = torch.float16  # type: ignore[assignment]
    with warnings.catch_warnings(), quiet(), torch.no_grad():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module.eval(),
            tuple(part.examples(sizes, 2, sides, 0)),
            dynamo=True,
            opset_version=OPSET,
            input_names=list(part.inputs),
            output_names=list(part.outputs),
            dynamic_shapes=tuple({axis: dynamic for axis in axes} for axes in part.inputs.values()),
            verbose=False,
        )
    assert program is not None
    drop_traces(program.model)
    return program.model


def _compared(part: Part, sizes: Sizes, path: Path) -> dict[str, float]:
    """Return the largest relative and absolute differences of a graph's outputs to those of torch."""
    session, _ = open_session(str(path), CPU)
    relative = maximum = 0.0
    for number, (batch, (rows, columns)) in enumerate(CASES):
        inputs = part.examples(sizes, batch, (sizes.multiple * rows, sizes.multiple * columns), number + 1)
        with torch.inference_mode(), quiet():
            expected = part.module(*inputs)
        expected = expected if isinstance(expected, tuple) else (expected,)
        found = session.run(None, {name: value.numpy() for name, value in zip(part.inputs, inputs)})
        for one, other in zip(expected, map(torch.from_numpy, found), strict=True):
            scale = float(one.square().mean().sqrt()) or 1.0
            relative = max(relative, float((one - other).square().mean().sqrt()) / scale)
            maximum = max(maximum, float((one - other).abs().max()))
    return {"difference": float(f"{relative:.3g}"), "maximum": float(f"{maximum:.3g}")}


# Tokenizers


def _write_tokenizers(components: Components, folder: Path) -> list[TokenizerFiles]:
    names = ("tokenizer", "tokenizer_2") if components.identity.family is Family.SDXL else ("tokenizer",)
    return [_write_tokenizer(getattr(components.holder, name), folder, name) for name in names]


def _write_tokenizer(tokenizer: Any, folder: Path, name: str) -> TokenizerFiles:
    """Write vocabulary and merges; raises :class:`ModelError` unless this program reads prompts alike."""
    with quiet(), tempfile.TemporaryDirectory() as temporary:
        tokenizer.save_pretrained(temporary)
        vocabulary, merges = _vocabulary(Path(temporary))
    write_tokenizer_files(folder / name, vocabulary, merges)
    special = {str(word): int(tokenizer.convert_tokens_to_ids(word)) for word in tokenizer.all_special_tokens}
    unknown = int(tokenizer.unk_token_id)
    own = read_tokenizer(folder / name, special, unknown)
    for prompt in PROBES:
        with quiet():
            expected = tokenizer(prompt, add_special_tokens=False, truncation=False, verbose=False).input_ids
        if own.ids(prompt) != list(expected):
            raise ModelError(
                Message(
                    "The tokenizer {name} of this model isn't CLIP's: the model can't be exported.", name=name
                )
            )
    start, end, padding = tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id
    return TokenizerFiles(name, int(start), int(end), int(padding), unknown, special)


def _vocabulary(folder: Path) -> tuple[dict[str, int], list[str]]:
    """Return the vocabulary and the merges of a saved tokenizer, in either layout of transformers."""
    whole = folder / "tokenizer.json"
    if whole.is_file():
        model = json.loads(whole.read_text(encoding="utf-8"))["model"]
        merges = [each if isinstance(each, str) else " ".join(each) for each in model["merges"]]
        return dict(model["vocab"]), merges
    vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    lines = (folder / "merges.txt").read_text(encoding="utf-8").split("\n")
    return vocabulary, [line for line in lines if line and not line.startswith("#version")]
