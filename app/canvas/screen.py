"""The colour profile of the screen, if the system provides it."""

from __future__ import annotations

import ctypes
import sys
from ctypes.util import find_library
from typing import Any

from PySide6.QtGui import QGuiApplication, QScreen

_LARGEST = 16 << 20
_ICC = slice(36, 40)


def screen_profile(screen: QScreen | None) -> bytes | None:
    """The ICC profile of ``screen``; None if there is none, which means sRGB."""
    try:
        profile = _system_profile(screen)
    except (OSError, AttributeError, ctypes.ArgumentError):
        return None
    valid = profile is not None and profile[_ICC] == b"acsp" and profile[16:20] == b"RGB "
    return profile if valid else None


def _system_profile(screen: QScreen | None) -> bytes | None:
    if screen is None:
        return None
    if sys.platform == "win32":
        return _windows_profile(screen)
    if QGuiApplication.platformName() == "xcb":
        return _x11_profile(QGuiApplication.screens().index(screen))
    return None


def _windows_profile(screen: QScreen) -> bytes | None:
    """Read the file that ``GetICMProfileW`` names."""
    libraries: Any = ctypes.windll  # type: ignore[attr-defined]
    context = libraries.gdi32.CreateDCW(screen.name(), None, None, None)
    length = ctypes.c_ulong(1024)
    name = ctypes.create_unicode_buffer(length.value)
    success = context and libraries.gdi32.GetICMProfileW(context, ctypes.byref(length), name)
    if context:
        libraries.gdi32.DeleteDC(context)
    if not success:
        return None
    with open(name.value, "rb") as file:
        return file.read(_LARGEST)


def _x11_profile(index: int) -> bytes | None:
    """Read the property ``_ICC_PROFILE`` of the root window (ICC Profiles in X, 0.4)."""
    library = find_library("X11")
    if library is None:
        return None
    x11 = ctypes.CDLL(library)
    x11.XOpenDisplay.restype = x11.XDefaultRootWindow.restype = x11.XInternAtom.restype = ctypes.c_void_p
    display = ctypes.c_void_p(x11.XOpenDisplay(None))
    if not display:
        return None
    try:
        return _property(x11, display, "_ICC_PROFILE" if index == 0 else f"_ICC_PROFILE_{index}")
    finally:
        x11.XCloseDisplay(display)


def _property(x11: Any, display: ctypes.c_void_p, name: str) -> bytes | None:
    atom = x11.XInternAtom(display, name.encode(), True)
    if not atom:
        return None
    kind, width, data = ctypes.c_ulong(), ctypes.c_int(), ctypes.POINTER(ctypes.c_ubyte)()
    count, left = ctypes.c_ulong(), ctypes.c_ulong()
    x11.XGetWindowProperty(
        display,
        ctypes.c_void_p(x11.XDefaultRootWindow(display)),
        ctypes.c_void_p(atom),
        ctypes.c_long(0),
        ctypes.c_long(_LARGEST // 4),
        False,
        ctypes.c_ulong(0),
        *map(ctypes.byref, (kind, width, count, left, data)),
    )
    if not data:
        return None
    try:
        return bytes(data[: count.value]) if width.value == 8 else None
    finally:
        x11.XFree(data)
