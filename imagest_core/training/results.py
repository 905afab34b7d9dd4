"""Write the results of a training: folders that replace earlier ones, and trained base models."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import torch

from imagest_core.models.stable_diffusion.components import Components, quiet
from imagest_core.models.transfer import put
from imagest_core.painting.atomic import hidden_part, remove_stale


def write_folder(target: Path, write: Callable[[Path], None]) -> Path:
    """Write a folder beside ``target`` with ``write``, then replace ``target``.

    What a killed training left of an earlier one is removed.
    """
    remove_stale(target)
    temporary, earlier = hidden_part(target), hidden_part(target)
    temporary.mkdir()
    try:
        write(temporary)
        for path in temporary.rglob("*.safetensors"):
            path.chmod(0o644)  # safetensors restricts access to the owner
        put(temporary, target, earlier)
    finally:
        for folder in (temporary, earlier):
            shutil.rmtree(folder, ignore_errors=True)
    return target


def write_base_model(parts: Components, folder: Path) -> None:
    """Write a model with its trained U-Net as a hub folder in half precision.

    Ends the training: the networks are converted.
    """
    with quiet():
        for module in parts.modules:
            module.to("cpu", torch.float16)
            module.to(memory_format=torch.contiguous_format)
        parts.holder.save_pretrained(folder, safe_serialization=True)
    for path in folder.rglob("*.json"):
        stored = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(stored, dict) and "_name_or_path" in stored:  # a path of this machine
            del stored["_name_or_path"]
            path.write_text(json.dumps(stored, indent=2) + "\n", encoding="utf-8")
