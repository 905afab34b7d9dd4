"""Screens of Qt's platform without a display."""

from app.benchmarks.screen import offscreen

__all__ = ["offscreen"]
