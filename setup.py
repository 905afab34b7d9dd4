"""Copies the manual into the package; everything else is declared in ``pyproject.toml``."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

MANUAL = Path(__file__).parent / "docs" / "manual"


class BuildWithManual(build_py):
    """Also copies ``docs/manual`` to ``resources/manual``. An editable install reads it where it is."""

    def run(self) -> None:
        """Build the packages, then copy."""
        super().run()
        if not self.editable_mode:
            shutil.copytree(MANUAL, Path(self.build_lib) / "resources" / "manual", dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithManual})
