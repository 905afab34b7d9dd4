"""Report which Debian packages Qt still needs; runs with any Python 3.11+."""

from __future__ import annotations

import ctypes
import sys

QT = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
}
SCREEN = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}


def missing_packages(screen: bool) -> list[str]:
    """Return the Debian packages of libraries that Qt lacks; ``screen``: for a window, not only offscreen."""
    if not sys.platform.startswith("linux"):
        return []
    libraries = QT | SCREEN if screen else QT
    return [package for library, package in libraries.items() if not _loads(library)]


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def main() -> int:
    missing = missing_packages(screen="--screen" in sys.argv)
    if "--list" in sys.argv:
        print(" ".join(missing))
    elif missing:
        sys.stderr.write(
            f"Qt needs system libraries; install them: sudo apt-get install {' '.join(missing)}\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
