"""Synthesize pictures and write them with their records."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from imagest_core.arrays import Image
from imagest_core.errors import InputError, out_of_memory
from imagest_core.messages import Message
from imagest_core.painting.atomic import all_or_none, replacing, write_text
from imagest_core.painting.metadata.xmp import with_properties
from imagest_core.painting.stamp import file_sha256
from imagest_core.progress import Progress
from imagest_core.restoration.engines.registry import get_engine
from imagest_core.restoration.environment import Environment
from imagest_core.restoration.style_pictures import style_squares_of_file
from imagest_core.synthesis.request import SynthesisRequest

FORMAT = 1
BYTES_PER_PIXEL = 6 << 10
"""Working memory of a picture. The decoder of Stable Diffusion takes 4.2 to 5.3 KiB in float32 on a CPU."""
FREE_PIXELS = 512 * 512
"""Pictures of up to so many pixels are tried without a look at the memory."""
GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC's term for pictures made by a trained model."""


@dataclass(frozen=True, eq=False)
class Synthesis:
    """A picture (h, w, 3) in 0–1, its seed, and the facts of the run."""

    picture: Image
    seed: int
    facts: Mapping[str, str | int | float]


def synthesize(request: SynthesisRequest, progress: Progress | None = None) -> Iterator[Synthesis]:
    """Yield the pictures of ``request``; raises ``ModelError``, ``InputError`` and ``Cancelled``."""
    progress = progress or Progress()
    check_synthesis(request)
    style = read_style(request)
    engine = synthesis_engine(request.engine)
    synthesizer = engine.open_synthesis(request.parameters, request.device, style, progress)
    for index, seed in enumerate(request.seeds):
        part = progress.part(index / request.count, (index + 1) / request.count, "synthesizing")
        try:
            picture = synthesizer.picture(request.width, request.height, seed, part)
        except (MemoryError, RuntimeError) as error:
            if out_of_memory(error):
                raise _too_large(request) from error
            raise
        yield Synthesis(picture, seed, synthesizer.facts)


def check_synthesis(request: SynthesisRequest) -> None:
    """Raise ``ModelError`` or ``InputError`` if the model can't make the pictures, or memory is short."""
    synthesis_engine(request.engine).check_model(request.parameters)
    if request.style_images and not synthesis_engine(request.engine).style_side_of(request.parameters):
        raise InputError(
            "This model reads no style pictures: add an IP-Adapter with --adapters, or use imagest-sd."
        )

    if request.width * request.height > FREE_PIXELS:
        from imagest_core.models.hardware import choose_hardware, free_memory

        free = free_memory(choose_hardware(request.device).device)
        if free is not None and request.width * request.height * BYTES_PER_PIXEL > free:
            raise _too_large(request)


def _too_large(request: SynthesisRequest) -> InputError:
    return InputError(
        Message(
            "A picture of {width} × {height} px needs more memory than is free: choose a smaller one, or "
            "close other programs.",
            width=request.width,
            height=request.height,
        )
    )


def synthesis_engine(name: str) -> Any:
    """Return an engine that has ``open_synthesis`` and ``style_side_of``."""
    return get_engine(name)


def read_style(request: SynthesisRequest) -> Image | None:
    """Return squares (k, side, side, 3) of the style pictures; None if there are none."""
    if not request.style_images:
        return None
    side = synthesis_engine(request.engine).style_side_of(request.parameters)
    return np.concatenate([style_squares_of_file(path, side) for path in request.style_images])


def record_of(request: SynthesisRequest, made: Synthesis, file: str) -> dict[str, Any]:
    """Return the record of a picture."""
    return {
        "format": FORMAT,
        "kind": "synthesis",
        "generated": True,
        "digital_source_type": GENERATED,
        "file": file,
        "seed": made.seed,
        "request": request.to_plain(),
        "engine": {"name": request.engine, "facts": dict(made.facts)},
        "style_images": [{"path": str(path), "sha256": file_sha256(path)} for path in request.style_images],
        "environment": asdict(Environment.now()),
    }


def write_synthesis(request: SynthesisRequest, made: Synthesis, out: Path, *, force: bool = False) -> Path:
    """Write a picture (PNG with 8 bits or TIFF with 16) and its record; return the record's path.

    Both get their names together, or neither does. Raises ``OutputError``.
    """
    prompt = str(getattr(request.parameters, "prompt", ""))
    facts = record_of(request, made, out.name)
    return write_generated(made.picture, prompt, facts, out, force=force, inputs=request.style_images)


def write_generated(
    picture: Image,
    prompt: str,
    facts: Mapping[str, Any],
    out: Path,
    *,
    force: bool = False,
    inputs: Sequence[Path] = (),
) -> Path:
    """Write a picture (h, w, 3) in 0–1, marked as generated, with the record ``facts``.

    The record gets the time and the SHA-256 of the file. Returns its path. Raises ``OutputError``.
    """
    record = out.with_suffix(".json")
    with all_or_none((out, record), force=force, inputs=tuple(inputs)):
        with replacing(out, force=force) as temporary:
            _write_picture(temporary, out.suffix.lower(), picture, _xmp(prompt))
            digest = file_sha256(temporary)
        made = {"sha256": digest, "time": datetime.now().astimezone().isoformat(timespec="seconds")}
        text = json.dumps({**facts, **made}, indent=1, ensure_ascii=False)
        text = text.encode("utf-8", "backslashreplace").decode()  # bytes of names that aren't UTF-8
        with replacing(record, force=force) as temporary:
            write_text(temporary, text + "\n", record)
    return record


def _xmp(prompt: str) -> bytes:
    properties = [("Iptc4xmpExt", "DigitalSourceType", GENERATED)]
    if prompt:
        properties.append(("Iptc4xmpExt", "AIPromptInformation", prompt))
    packet = with_properties(None, properties)
    assert packet is not None
    return packet


def _write_picture(path: Path, suffix: str, picture: Image, packet: bytes) -> None:
    if suffix == ".png":
        from PIL import Image as Pillow
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet.decode("utf-8"))
        samples = np.rint(picture * 255).astype(np.uint8)
        Pillow.fromarray(samples).save(path, "PNG", pnginfo=info)
        return
    import tifffile

    samples16 = np.rint(picture * 65535).astype(np.uint16)
    tifffile.imwrite(
        path,
        samples16,
        photometric="rgb",
        compression="deflate",
        metadata=None,
        extratags=[(700, "B", len(packet), packet, True)],
    )
