"""Licences of the packages of third parties that the program can install."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import metadata

import resources
from imagest_core.errors import InputError


class UnknownPackageError(InputError):
    """No package of this name belongs to the program."""


@dataclass(frozen=True)
class Package:
    """``license``: an SPDX expression; ``texts``: licence texts by file name (there may be none)."""

    name: str
    version: str
    license: str
    page: str
    texts: dict[str, str]

    @property
    def installed(self) -> str | None:
        """The installed version; None if it is not installed."""
        try:
            return metadata.version(self.name)
        except metadata.PackageNotFoundError:
            return None

    def text(self) -> str:
        """Return all texts, each under its file name; the page where there is none."""
        parts = [f"--- {file} ---\n\n{text}" for file, text in self.texts.items()]
        return "\n\n".join(parts) or f"The package contains no licence text; see {self.page}"


@cache
def third_party() -> tuple[Package, ...]:
    """Return all packages, sorted by name."""
    data = json.loads(resources.resource("licenses", "third_party.json").read_text(encoding="utf-8"))
    return tuple(
        Package(
            **{**row, "texts": {file: data["texts"][key] for file, key in row["texts"].items()}},
        )
        for row in data["packages"]
    )


def find_package(name: str) -> Package:
    """Return the package ``name``, in any spelling that package indexes treat as equal.

    Raises
    ------
    UnknownPackageError
        The program does not use this package.
    """
    wanted = _normal(name)
    for package in third_party():
        if _normal(package.name) == wanted:
            return package
    raise UnknownPackageError(f"The program does not use a package {name}; list them with: imagest licenses")


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
