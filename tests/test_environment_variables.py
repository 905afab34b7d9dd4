from __future__ import annotations

import os
import subprocess
import sys

ASK = "import imagest_core, os; print(os.environ['GOMP_SPINCOUNT'])"


def asked(**environment: str) -> str:
    """What the core makes of the environment, in a process of its own."""
    bare = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}
    answer = subprocess.run(
        [sys.executable, "-c", ASK], env=bare | environment, capture_output=True, text=True, check=True
    )
    return answer.stdout.strip()


def test_threads_spin_little_but_for_who_wants_it() -> None:
    assert 0 < int(asked()) < 10_000
    assert asked(GOMP_SPINCOUNT="70000") == "70000"
