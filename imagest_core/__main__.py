"""``python -m imagest_core COMMAND …``: the command line without the window."""

from __future__ import annotations

import sys

from imagest_core.cli import main

if __name__ == "__main__":
    sys.exit(main())
