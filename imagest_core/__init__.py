"""Imagest: restore exactly the damaged pixels of a painting's scan, and prove it.

The core knows nothing of Qt. Start at :mod:`imagest_core.painting` (scans in and out),
:mod:`imagest_core.damage` (where it is damaged), :mod:`imagest_core.restoration` (the fill).
"""

__version__ = "0.1.0"
