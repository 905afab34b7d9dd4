"""``cached_property`` without the lock that Python 3.11 shares between all instances of a class.

With that lock, a thread that computes the property of one object waits for another object's thread. If that
one waits for the first, for instance for a database, neither continues. Python 3.12 removed the lock, too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


class cached_property(functools.cached_property[Value], Generic[Value]):  # noqa: N801 - like the original
    """A property that is computed at its first use; two threads may both compute it."""

    def __init__(self, function: Callable[[Any], Value]) -> None:
        super().__init__(function)
        self.lock = nullcontext()
