"""Imagest: restore exactly the damaged pixels of a painting's scan, and prove it.

The core does not import Qt. Start with :mod:`imagest_core.painting` (reading and writing scans),
:mod:`imagest_core.damage` (damage maps and masks) and :mod:`imagest_core.restoration` (filling).
"""

import os

__version__ = "0.2.0"

os.environ.setdefault("GOMP_SPINCOUNT", "2000")
"""Number of iterations an OpenMP thread spins while waiting; torch reads it on import. The default of
300,000 blocks a core that another thread needs: on a busy machine, fills took 20 times as long."""
