"""Write ``constraints.txt``: the installed versions of all packages that the project needs.

``python -m scripts.freeze`` writes the file, ``--check`` compares it with the installed packages.
"""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
FILE = ROOT / "constraints.txt"
HEADER = "# Versions the tests run with; written by: python -m scripts.freeze\n"


def required_versions() -> dict[str, str]:
    """Return name → installed version of all requirements, including extras and transitive ones."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lines = list(project["build-system"]["requires"]) + project["project"]["dependencies"]
    lines += [line for extra in project["project"]["optional-dependencies"].values() for line in extra]
    return closure([Requirement(line) for line in lines], project["project"]["name"])


def closure(requirements: list[Requirement], own_name: str) -> dict[str, str]:
    """Return name → installed version of ``requirements`` and all that they need, without the project."""
    found: dict[str, str] = {}
    pending = list(requirements)
    own, visited = _normal(own_name), set[str]()
    while pending:
        requirement = pending.pop()
        if str(requirement) in visited or _normal(requirement.name) == own or not _applies(requirement):
            continue
        visited.add(str(requirement))
        try:
            installed = distribution(requirement.name)
        except PackageNotFoundError:
            continue
        found[_normal(requirement.name)] = installed.version.partition("+")[0]
        pending += [_for_extras(line, requirement.extras) for line in installed.requires or ()]
    return found


def _for_extras(line: str, extras: set[str]) -> Requirement:
    """Return the requirement with its marker resolved for ``extras``."""
    requirement = Requirement(line)
    marker = requirement.marker
    if marker is not None and any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
        requirement.marker = None
    return requirement


def _applies(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> int:
    text = HEADER + "".join(f"{name}=={version}\n" for name, version in sorted(required_versions().items()))
    if "--check" not in sys.argv:
        FILE.write_text(text)
        return 0
    differing = sorted(set(FILE.read_text().splitlines()) ^ set(text.splitlines()))
    if differing:
        sys.stderr.write("constraints.txt differs from what is installed: " + ", ".join(differing) + "\n")
    return bool(differing)


if __name__ == "__main__":
    sys.exit(main())
