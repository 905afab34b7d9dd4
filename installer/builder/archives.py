"""Archives: ``.tar.gz``, ``.zip`` and ``.deb``. The same input gives the same bytes."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from installer.builder.platforms import BELOW, GLIBC, PYTHONS
from scripts.check_system import QT, SCREEN

LIBRARY = Path("usr/lib/imagest-workstation")


def make_tar(folder: Path, target: Path, date: int, compress: bool = True) -> Path:
    """Pack ``folder`` into ``target`` with sorted names, one date and no owner."""

    def normal(info: tarfile.TarInfo) -> tarfile.TarInfo:
        info.uid = info.gid = 0
        info.uname = info.gname = "root"
        info.mtime = date
        info.mode = 0o755 if info.isdir() or info.mode & 0o100 else 0o644
        return info

    with target.open("wb") as raw:
        stream = gzip.GzipFile("", "wb", 6, raw, mtime=date) if compress else raw
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for path in [folder, *sorted(folder.rglob("*"))]:
                name = path.relative_to(folder.parent).as_posix()
                archive.add(path, name, recursive=False, filter=normal)
        if compress:
            stream.close()
    return target


def make_zip(folder: Path, target: Path, date: int) -> Path:
    """Pack ``folder`` into ``target`` with sorted names and one date."""
    when = datetime.fromtimestamp(max(date, 315532800), UTC).timetuple()[:6]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                info = zipfile.ZipInfo(path.relative_to(folder.parent).as_posix(), when)
                info.external_attr = (path.stat().st_mode & 0o777) << 16
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, path.read_bytes())
    return target


def make_deb(payload: Path, target: Path, version: str, date: int, template: str) -> Path:
    """Build the Debian package: the payload in ``/usr/lib``, commands, menu entry, icon and file type."""
    root = target.with_suffix(".root")
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(
        payload, root / LIBRARY, ignore=shutil.ignore_patterns("install.sh", "share", "README.txt")
    )
    (root / LIBRARY / "system").write_text("Managed by the package manager.\n", encoding="utf-8")
    shutil.copytree(payload / "share", root / "usr" / "share")
    documents = root / "usr" / "share" / "doc" / "imagest-workstation"
    documents.mkdir(parents=True)
    shutil.copy(payload / "LICENSE", documents / "copyright")
    (root / "usr" / "bin").mkdir()
    for name in ("imagest", "imagest-launcher"):
        (root / "usr" / "bin" / name).symlink_to(f"../lib/imagest-workstation/{name}")
    files = [path for path in root.rglob("*") if path.is_file() and not path.is_symlink()]
    for path in root.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    control = template.format(
        version=version,
        architecture="amd64",
        kilobytes=sum(path.stat().st_size for path in files) // 1024,
        depends=", ".join(dependencies()),
    )
    (root / "DEBIAN").mkdir()
    (root / "DEBIAN" / "control").write_text(control, encoding="utf-8")
    command = ["dpkg-deb", "--root-owner-group", "-Zxz", "-z1", "--build", str(root), str(target)]
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, env=os.environ | {"SOURCE_DATE_EPOCH": str(date)}
    )
    shutil.rmtree(root)
    return target


def dependencies() -> list[str]:
    """Return what the Debian package depends on: Python and the libraries that Qt loads."""
    python = [f"python3 (>= {PYTHONS[0]})", f"python3 (<< {BELOW})", "python3-venv", f"libc6 (>= 2.{GLIBC})"]
    return [*python, *sorted({**QT, **SCREEN}.values())]
