"""Entry point: ``imagest-launcher``, and ``imagest`` where nothing is installed yet."""

from __future__ import annotations

import sys

from .commands import main

sys.exit(main())
