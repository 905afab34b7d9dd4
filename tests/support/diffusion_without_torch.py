"""``python diffusion_without_torch.py MODEL SCAN MASK FOLDER``: Stable Diffusion without torch."""

from __future__ import annotations

import sys
from pathlib import Path

import without_torch  # noqa: F401  hides torch

from imagest_core.cli import main

SOLVERS = ("unipc", "dpm++2m-karras", "ddim", "lcm")


def use(model: str, scan: str, mask: str, folder: Path) -> None:
    """Add the model, restore by its default with each solver, and try what needs torch."""
    assert main(["models", "add", model, "--name", "graphs"]) == 0
    assert main(["models", "check", "graphs"]) == 0
    common = ["restore", scan, "--mask", mask, "--engine", "stable-diffusion", "--steps", "3"]
    prompted = [*common, "--prompt", "a red cloak with gold", "--guidance", "3"]
    for solver in SOLVERS:
        out = str(folder / f"{solver}.tif")
        assert main([*prompted, "--scheduler", solver, "-o", out, "--record", f"{out}.json"]) == 0
    assert main([*common, "-o", str(folder / "plain.tif"), "--batch", "4"]) == 0
    assert main([*common, "-o", str(folder / "again.tif"), "--device", "cpu"]) == 0
    for refused in (["--runtime", "torch"], ["--adapters", "graphs"]):
        assert main([*common, "-o", str(folder / "no.tif"), *refused]) == 2
    assert main(["models", "export-onnx", "graphs", "-o", str(folder / "out")]) == 2
    assert "torch" not in sys.modules
    assert "diffusers" not in sys.modules


if __name__ == "__main__":
    use(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4]))
