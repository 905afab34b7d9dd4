"""The command line: ``imagest COMMAND …``; :func:`main` returns the exit code.

Start with :mod:`imagest_core.cli.program` (commands and dispatch) and
:mod:`imagest_core.cli.exit_codes` (exit codes).
"""

from __future__ import annotations

from imagest_core.cli.program import main

__all__ = ["main"]
