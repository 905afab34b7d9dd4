"""Imagest: restore exactly the damaged pixels of a painting's scan, and prove it.

The core knows nothing of Qt. Start at :mod:`imagest_core.painting` (scans in and out),
:mod:`imagest_core.damage` (where it is damaged), :mod:`imagest_core.restoration` (the fill).
"""

import os

__version__ = "0.1.0"

os.environ.setdefault("GOMP_SPINCOUNT", "2000")
"""How long a thread of OpenMP spins for its siblings; torch reads it when it is imported. The usual
300,000 turns keep a processor that a sibling waits for: beside a busy program fills took 20 times as long."""
