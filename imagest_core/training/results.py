"""Write the results of a training: folders that replace earlier ones, and trained base models."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch

from imagest_core.models.stable_diffusion.components import Components, quiet


def write_folder(target: Path, write: Callable[[Path], None]) -> Path:
    """Write a folder beside ``target`` with ``write``, then replace ``target``."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as temporary:
        inside = Path(temporary) / target.name
        inside.mkdir()
        write(inside)
        for path in inside.rglob("*.safetensors"):
            path.chmod(0o644)  # safetensors restricts access to the owner
        if target.exists():
            shutil.rmtree(target)
        inside.rename(target)
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
