"""Closing a project while another thread reads from it, as a thumbnail does."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from imagest_core.errors import ProjectError
from imagest_core.project.storage.connection import connect
from imagest_core.project.storage.store import Store

ROUNDS = 20


def large_store() -> Store:
    """Return a store in memory with slow queries and many cached statements."""
    db = connect(None)
    db.execute("CREATE TABLE some (blob)")
    db.executemany("INSERT INTO some VALUES (?)", [(bytes(20_000),) for _ in range(200)])
    store = Store(db, None)
    for number in range(120):
        store.query(f"SELECT {number} FROM some LIMIT 1")
    return store


def close_while_reading() -> None:
    """Close a store while two threads read it; both must be rejected with a sentence."""
    store, started, messages = large_store(), threading.Semaphore(0), []

    def read() -> None:
        try:
            while True:
                store.query("SELECT blob FROM some")
                started.release()
        except ProjectError as error:
            messages.append(str(error))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    started.acquire()
    started.acquire()
    store.close()
    for reader in readers:
        reader.join()
    assert len(messages) == 2
    assert all("is closed" in sentence for sentence in messages)


def test_close_waits_for_readers_and_rejects_later_reads():
    """Runs in its own process, because a failure is a crash."""
    result = subprocess.run([sys.executable, __file__], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


def test_closed_store_is_reported():
    store = large_store()
    store.close()
    with pytest.raises(ProjectError, match="is closed"):
        store.query("SELECT 1")


if __name__ == "__main__":
    for _ in range(ROUNDS):
        close_while_reading()
