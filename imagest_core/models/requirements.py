"""What a model needs of the machine; needs no torch."""

from __future__ import annotations

import math
import os

from imagest_core.errors import ModelError
from imagest_core.messages import Message
from imagest_core.models.identity import ModelKind
from imagest_core.models.installed import InstalledModel
from imagest_core.models.safetensors_header import read_header

WORKING = 2_000_000_000
"""Bytes that a fill needs besides the weights."""
HALF = 2
"""Bytes of a number in half precision."""


def parameter_count(model: InstalledModel) -> int:
    """Return the number of parameters; 0 if the files can't be read."""
    weights = [name for name in model.identity.files if name.endswith(".safetensors")]
    halves = {name.replace(".fp16", "") for name in weights if ".fp16" in name}
    total = 0
    for name in weights:
        if name in halves:
            continue  # the same weights in single precision
        try:
            tensors = read_header(model.root / name).tensors.values()
        except ModelError:
            return 0
        total += sum(math.prod(tensor.shape) for tensor in tensors)
    return total


def machine_memory() -> int:
    """Return the machine's memory in bytes; 0 if the system doesn't report it."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0


def memory_note(model: InstalledModel, memory: int | None = None) -> Message | None:
    """Return a sentence if the machine is too small for a model in half precision."""
    memory = machine_memory() if memory is None else memory
    if model.identity.kind is not ModelKind.PIPELINE or not memory:
        return None
    needed = parameter_count(model) * HALF + WORKING
    if needed <= memory:
        return None
    return Message(
        "This model needs about {needed} GB of memory, but this computer has {memory} GB: "
        "use a smaller model or another computer.",
        needed=f"{needed / 1e9:.0f}",
        memory=f"{memory / 1e9:.0f}",
    )
