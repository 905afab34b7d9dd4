"""``python without_torch.py PAINTING MASK FOLDER``: use the program where torch can't be found."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

MISSING = {"accelerate", "diffusers", "peft", "piq", "torch", "torchvision", "transformers"}


class WithoutTorch:
    """Finds every package but torch and those that need it, as if they were not installed."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return None if name.split(".")[0] in MISSING else PathFinder.find_spec(name, path, target)

    @staticmethod
    def invalidate_caches() -> None:
        PathFinder.invalidate_caches()


sys.meta_path[sys.meta_path.index(PathFinder)] = WithoutTorch  # type: ignore[call-overload]

from app.main import Program, make_application  # noqa: E402
from imagest_core.cli import main  # noqa: E402

ENGINES = ("harmonic", "spline", "telea", "navier-stokes", "biharmonic")


def use(scan: str, mask: str, folder: Path) -> None:
    """Restore with each engine that runs without torch, derive a mask, print facts, and open the window."""
    common = ("restore", scan, "--mask", mask)
    for engine in ENGINES:
        assert main([*common, "-o", str(folder / f"{engine}.tif"), "--engine", engine]) == 0
    assert main([*common, "-o", str(folder / "faithful.tif"), "--mode", "faithful"]) == 0
    record = str(folder / "record.json")
    assert main([*common, "-o", str(folder / "textured.tif"), "--quality", "draft", "--record", record]) == 0
    assert main([*common, "-o", str(folder / "no.tif"), "--runtime", "torch"]) == 2
    assert main([*common, "-o", str(folder / "no.tif"), "--engine", "stable-diffusion"]) == 2
    assert main(["mask", scan, "-o", str(folder / "mask.png"), "--method", "cracks"]) == 0
    assert main(["info", scan]) == 0
    assert main(["models", "list"]) == 0
    application = make_application()
    program = Program(application)
    program.window.show()
    application.processEvents()
    assert program.window.isVisible()
    program.end()
    assert "torch" not in sys.modules


if __name__ == "__main__":
    use(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
