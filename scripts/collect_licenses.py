"""Collect the licences of all packages that the program can install into ``resources/licenses``.

``python -m scripts.collect_licenses`` reads the installed packages and writes ``third_party.json``;
``--check`` compares it with them.
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

from packaging.requirements import Requirement

from scripts.freeze import ROOT, closure

FILE = ROOT / "resources" / "licenses" / "third_party.json"
STANDARD = FILE.parent / "standard"
EXTRAS = ("torch", "train", "evaluate", "diffusion")
"""Extras of the program; others are for its development."""
LICENSE_FILE = re.compile(r"(^|/)(licen[cs]es?|copying|notice|copyright)[^/]*(/[^/]*)?$", re.IGNORECASE)
LONGEST = 400_000
"""Bytes of the longest file that is collected; longer ones are named."""
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
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = list(project["dependencies"])
    lines += [line for extra in EXTRAS for line in project["optional-dependencies"][extra]]
    rows, texts = [], dict[str, str]()
    for name in sorted(closure([Requirement(line) for line in lines], project["name"])):
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue
        row = {
            "name": str(found.metadata["Name"]).replace("_", "-"),
            "version": found.version.partition("+")[0],
            "license": license_of(found),
            "page": page_of(found),
            "texts": {},
        }
        for file, text in [*texts_of(found)] or [*standard_texts(str(row["license"]))]:
            key = hashlib.sha256(text.encode()).hexdigest()[:12]
            texts[key] = text
            row["texts"][file] = key
        rows.append(row)
    return {"packages": rows, "texts": dict(sorted(texts.items()))}


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
    """Yield name and text of the licence files of a package."""
    for path in sorted(found.files or (), key=str):
        if ".dist-info/" in str(path) and LICENSE_FILE.search(str(path).partition(".dist-info/")[2]):
            file = Path(str(found.locate_file(path)))
            if file.is_file():
                text = file.read_text(encoding="utf-8", errors="replace").strip()
                name = str(path).partition(".dist-info/")[2]
                yield name, text if len(text) < LONGEST else f"{text[:2000]}\n\n[shortened; see the package]"


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
