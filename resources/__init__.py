"""Files that ship with the program: the sample painting, the theme, the embedded model."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def resource(*parts: str) -> Path:
    """Return the path of a bundled file or folder; raises ``FileNotFoundError`` if it is missing."""
    path = Path(str(files(__name__).joinpath(*parts)))
    if not path.exists():
        raise FileNotFoundError(f"The installation is incomplete: {'/'.join(parts)} is missing.")
    return path


def manual_folder() -> Path:
    """Return the folder with the manual: one folder of pages per language, and one of pictures.

    An installed package has a copy of ``docs/manual``; a checkout has the pages themselves.
    """
    installed, checkout = Path(__file__).parent / "manual", Path(__file__).parents[1] / "docs" / "manual"
    for folder in (installed, checkout):
        if folder.is_dir():
            return folder
    raise FileNotFoundError("The installation is incomplete: the manual is missing.")


def sample_painting() -> Path:
    """Return the sample: a damaged painting, a 16-bit TIFF with profile and resolution."""
    return resource("sample", "damaged.tif")


def sample_mask() -> Path:
    """Return the exact mask of the sample's damage."""
    return resource("sample", "mask.png")


def sample_clean() -> Path:
    """Return the undamaged sample, 8-bit sRGB, for visual comparison."""
    return resource("sample", "clean.webp")
