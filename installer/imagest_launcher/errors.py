"""Errors that end the launcher with one sentence."""

from __future__ import annotations


class LauncherError(Exception):
    """What went wrong and what to do, in one sentence."""


class CancelledError(LauncherError):
    """The user cancelled the installation."""
