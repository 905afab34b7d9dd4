"""Build the installers from a checkout.

``python -m installer.builder`` writes the Debian package, the portable and the offline archive for Linux, and
the archives for Windows and macOS. The package index is the one that pip and uv are configured for.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version as installed_version
from pathlib import Path

from packaging.utils import parse_wheel_filename

from installer.builder.archives import make_deb, make_tar, make_zip
from installer.builder.locks import write_lock
from installer.builder.payload import INSTALLER, ROOT, Sources, add_wheelhouse, make_payload
from installer.builder.platforms import EXTRAS, PLATFORMS, PYTHONS
from installer.builder.sbom import write_sbom
from installer.builder.wheels import build_distributions

PARTS = ("linux", "offline", "windows", "macos", "sbom")


def main() -> int:
    """Build what the arguments ask for; return 0."""
    args = _arguments()
    date = source_date()
    os.environ["SOURCE_DATE_EPOCH"] = str(date)
    args.output.mkdir(parents=True, exist_ok=True)
    wheel = args.wheel or build_distributions(ROOT, args.output)
    version = str(parse_wheel_filename(wheel.name)[1])
    sources = Sources(wheel.resolve(), find_uv(), installed_version("uv"), ROOT / "constraints.txt")
    with tempfile.TemporaryDirectory(dir=args.output) as work:
        for part in args.only or PARTS:
            if part == "sbom":
                _write_sboms(sources, version, date, Path(work), args.output)
                continue
            _build(part, sources, version, date, Path(work), args)
    _write_sums(args.output)
    return 0


def _build(
    part: str, sources: Sources, version: str, date: int, work: Path, args: argparse.Namespace
) -> None:
    platform = PLATFORMS["linux" if part == "offline" else part]
    suffix = "-offline" if part == "offline" else ""
    name = f"imagest-workstation-{version}-{platform.archive}{suffix}"
    payload = make_payload(sources, platform, work / name)
    made: list[Path] = []
    if part == "offline":
        add_wheelhouse(payload, platform, tuple(args.profiles), tuple(args.pythons))
        # Wheels are compressed already.
        made.append(make_tar(payload, args.output / f"{name}.tar", date, compress=False))
    elif part == "linux":
        made.append(make_tar(payload, args.output / f"{name}.tar.gz", date))
        template = (INSTALLER / "linux" / "control.in").read_text(encoding="utf-8")
        deb = args.output / f"imagest-workstation_{version}_amd64.deb"
        made.append(make_deb(payload, deb, version, date, template))
    else:
        pack = make_zip if part == "windows" else make_tar
        made.append(pack(payload, args.output / f"{name}{'.zip' if part == 'windows' else '.tar.gz'}", date))
    for path in made:
        print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")
    shutil.rmtree(payload)


def _write_sboms(sources: Sources, version: str, date: int, work: Path, output: Path) -> None:
    """Write the bill of materials of each profile of each platform."""
    for platform in PLATFORMS.values():
        for profile in platform.profiles:
            lock = work / f"{platform.name}-{profile}.txt"
            write_lock(sources.uv, platform, profile, sources.wheel, sources.constraints, lock)
            target = output / f"imagest-workstation-{version}-{platform.archive}-{profile}.cdx.json"
            print(f"{write_sbom(lock, target, version, date).name}: {target.stat().st_size / 1e6:.1f} MB")


def find_uv() -> str:
    """Return the path of uv, which the extra ``release`` installs."""
    import uv

    return os.fsdecode(uv.find_uv_bin())


def source_date() -> int:
    """Return ``SOURCE_DATE_EPOCH``, else the time of the last commit, else a fixed time."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    command = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return 1_735_689_600
    return int(done.stdout) if done.returncode == 0 and done.stdout.strip() else 1_735_689_600


def _write_sums(folder: Path) -> None:
    """Write ``SHA256SUMS`` of all files in ``folder``."""
    lines = []
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.name != "SHA256SUMS":
            with path.open("rb") as file:
                lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {path.name}\n")
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m installer.builder", description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "dist" / "installer")
    parser.add_argument("--only", nargs="+", choices=PARTS, help="parts to build (default: all)")
    parser.add_argument(
        "--profiles", nargs="+", choices=EXTRAS, default=["onnx"], help="of the offline archive"
    )
    parser.add_argument(
        "--pythons", nargs="+", choices=PYTHONS, default=PYTHONS, help="of the offline archive"
    )
    parser.add_argument("--wheel", type=Path, help="use this wheel instead of building one")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
