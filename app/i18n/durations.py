"""Durations as text."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Format a duration; a non-breaking space keeps number and unit together."""
    if seconds < 60:
        return f"{max(seconds, 1):.0f}\u00a0s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}:{rest:02d}\u00a0min"
    return f"{minutes // 60}:{minutes % 60:02d}\u00a0h"
