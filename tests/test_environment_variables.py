from __future__ import annotations

import os
import subprocess
import sys

PRINT = "import imagest_core, os; print(os.environ['GOMP_SPINCOUNT'])"


def spin_count(**environment: str) -> str:
    """Return the spin count that the core sets in a new process."""
    bare = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}
    answer = subprocess.run(
        [sys.executable, "-c", PRINT], env=bare | environment, capture_output=True, text=True, check=True
    )
    return answer.stdout.strip()


def test_spin_count_is_low_unless_set() -> None:
    assert 0 < int(spin_count()) < 10_000
    assert spin_count(GOMP_SPINCOUNT="70000") == "70000"
