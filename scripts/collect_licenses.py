"""Collect the licences of all packages that the program can install into ``resources/licenses``.

``python -m scripts.collect_licenses`` reads the installed packages and writes ``third_party.json``;
``--check`` compares it with them. All extras of the program must be installed (``make develop``).
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from scripts.freeze import ROOT, closure

FILE = ROOT / "resources" / "licenses" / "third_party.json"
STANDARD = FILE.parent / "standard"
LICENSE_FILE = re.compile(
    r"(^|/)((licen[cs]es?|copying|notice|copyright)[^/]*(/[^/]*)?|third.?party.?(notice|licen[cs]e)s?[^/]*)$",
    re.IGNORECASE,
)
CODE = (".py", ".pyc", ".pyi", ".h", ".hpp", ".cuh", ".c", ".so", ".pyd", ".json", ".js", ".css")
LONGEST = 400_000
"""Bytes of the longest file that is collected; longer ones are named."""
SHORTEST = 60
"""Characters of the shortest file that is collected; shorter ones are the names of other files."""
KNOWN = {
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "Apache Software License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache 2.0 License": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache": "Apache-2.0",
    "Apache License Version 2.0": "Apache-2.0",
    "BSD 3-Clause License": "BSD-3-Clause",
    "ISC License": "ISC",
    "NVIDIA Proprietary Software": "LicenseRef-NVIDIA-Proprietary",
    "BSD": "BSD-3-Clause",
    "BSD 3-Clause": "BSD-3-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "Other/Proprietary License": "LicenseRef-NVIDIA-Proprietary",
}


def collect() -> dict[str, object]:
    """Return the packages, sorted by name, and their texts; equal texts are stored once."""
    rows, texts = [], dict[str, str]()
    wanted = requirements()
    if missing := [line.name for line in wanted if not is_installed(line.name)]:
        raise SystemExit(
            f"not installed: {', '.join(sorted(set(missing)))}; install all extras: make develop"
        )
    for name in sorted(closure(wanted, project()["name"])):
        found = distribution(name)
        row = {
            "name": str(found.metadata["Name"]).replace("_", "-"),
            "version": found.version.partition("+")[0],
            "license": license_of(found),
            "page": page_of(found),
            "texts": {},
        }
        files = [*texts_of(found)]
        if all(is_vendored(file) for file, _ in files):
            files = [*standard_texts(str(row["license"])), *files]
        for file, text in files:
            key = hashlib.sha256(text.encode()).hexdigest()[:12]
            texts[key] = text
            row["texts"][file] = key
        rows.append(row)
    return {"packages": rows, "texts": dict(sorted(texts.items()))}


def project() -> dict[str, Any]:
    """Return the table ``project`` of ``pyproject.toml``."""
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def requirements() -> list[Requirement]:
    """Return what the program needs with all its extras; others are for its development."""
    optional = project()["optional-dependencies"]
    extras = sorted(extra for line in optional["all"] for extra in Requirement(line).extras)
    lines = [*project()["dependencies"], *(line for extra in extras for line in optional[extra])]
    return [each for each in map(Requirement, lines) if each.marker is None or each.marker.evaluate()]


def is_installed(name: str) -> bool:
    """Return whether a package is installed."""
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def standard_texts(license: str) -> Iterator[tuple[str, str]]:
    """Yield the standard texts of a package that contains none."""
    if license.startswith("LGPL-3.0"):
        for name in ("LGPL-3.0.txt", "GPL-3.0.txt"):
            yield name, (STANDARD / name).read_text(encoding="utf-8").strip()
    elif license == "Apache-2.0":
        yield "Apache-2.0.txt", (ROOT / "LICENSE").read_text(encoding="utf-8").strip()


def license_of(found: Distribution) -> str:
    """Return the SPDX expression of a package, else what its classifiers or its first words say."""
    metadata = found.metadata
    if expression := metadata.get("License-Expression"):
        return str(expression)
    named = str(metadata.get("License") or "").strip()
    if named and "\n" not in named and len(named) < 60 and named not in KNOWN:
        return named
    if named in KNOWN:
        return KNOWN[named]
    lines = [str(line) for line in metadata.get_all("Classifier") or ()]
    classes = [line.rpartition(" :: ")[2] for line in lines if "License ::" in line]
    return " AND ".join(sorted({KNOWN.get(name, name) for name in classes})) or "see its page"


def page_of(found: Distribution) -> str:
    """Return the address of a package's home page."""
    for line in found.metadata.get_all("Project-URL") or ():
        label, _, address = str(line).partition(",")
        if label.strip().lower() in ("homepage", "home", "source", "repository", "source code"):
            return address.strip()
    return str(found.metadata.get("Home-page") or f"https://pypi.org/project/{found.metadata['Name']}/")


def texts_of(found: Distribution) -> Iterator[tuple[str, str]]:
    """Yield name and text of the licence files of a package and of what it contains, each once."""
    seen = set[str]()
    for path in sorted(map(str, found.files or ()), key=lambda path: (not is_own(path), path)):
        name = path.partition(".dist-info/")[2] if is_own(path) else path
        file = Path(str(found.locate_file(path)))
        if not LICENSE_FILE.search(name) or path.endswith(CODE) or not file.is_file():
            continue
        text = file.read_text(encoding="utf-8", errors="replace").strip()
        if len(text) >= SHORTEST and text not in seen:
            seen.add(text)
            yield name, text if len(text) < LONGEST else f"{text[:2000]}\n\n[shortened; see the package]"


def is_vendored(file: str) -> bool:
    """Return whether a licence file is that of another package, which the package contains."""
    return ".dist-info/" in file or "/_vendor/" in file or "third" in file.lower()


def is_own(path: str) -> bool:
    """Return whether a file belongs to the metadata of the package itself, not of one that it contains."""
    return path.partition("/")[0].endswith(".dist-info")


def main() -> int:
    text = json.dumps(collect(), indent=1, ensure_ascii=False) + "\n"
    if "--check" in sys.argv:
        stored = json.loads(FILE.read_text(encoding="utf-8"))
        versions = [
            {(row["name"], row["version"]) for row in data["packages"]} for data in (json.loads(text), stored)
        ]
        differing = sorted(versions[0] ^ versions[1])
        if differing:
            sys.stderr.write(f"{FILE.name} differs from what is installed: {differing}\n")
        return bool(differing)
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
