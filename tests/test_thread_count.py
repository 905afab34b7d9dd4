"""Work in threads."""

from __future__ import annotations

import os
import threading

import pytest

from imagest_core.batch.processes import share_cores
from imagest_core.threads import MAX_THREADS, batches, in_threads, thread_count


def test_results_are_in_order_and_work_runs_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    both = threading.Barrier(2, timeout=10)
    assert in_threads(lambda number: (both.wait(), number)[1], range(4)) == [0, 1, 2, 3]


def test_the_first_error_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    with pytest.raises(ZeroDivisionError):
        in_threads(lambda number: 1 // number, [1, 0, 2])


@pytest.mark.parametrize(("chosen", "count"), [("1", 1), ("3", 3), ("64", MAX_THREADS)])
def test_the_users_number_of_threads_is_used(
    monkeypatch: pytest.MonkeyPatch, chosen: str, count: int
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", chosen)
    assert thread_count() == count


@pytest.mark.parametrize("chosen", ["", "0", "many", "4,2"])
def test_other_values_are_ignored(monkeypatch: pytest.MonkeyPatch, chosen: str) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", chosen)
    assert 1 <= thread_count() <= MAX_THREADS


def test_batches_keep_all_items() -> None:
    assert batches([1, 2, 3, 4, 5], 2) == [[1, 2], [3, 4], [5]]


LIBRARIES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@pytest.fixture
def no_thread_counts(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in LIBRARIES:
        monkeypatch.setenv(name, "")  # so that it is restored
        monkeypatch.delenv(name)
    return monkeypatch


@pytest.mark.parametrize("workers", [1, 2])
def test_a_chosen_number_of_threads_holds_for_all_libraries_of_a_worker(
    no_thread_counts: pytest.MonkeyPatch, workers: int
) -> None:
    """PyTorch takes the number of MKL, which decides about the last bit of a fill."""
    no_thread_counts.setenv("OMP_NUM_THREADS", "3")
    share_cores(workers)
    assert [os.environ[name] for name in LIBRARIES] == ["3", "3", "3"]


def test_workers_of_a_machine_share_its_cores(no_thread_counts: pytest.MonkeyPatch) -> None:
    no_thread_counts.setattr(os, "cpu_count", lambda: 8)
    share_cores(3)
    assert [os.environ[name] for name in LIBRARIES] == ["2", "2", "2"]
