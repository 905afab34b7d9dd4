"""A project that is closed while another thread still reads from it, as a thumbnail does."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from imagest_core.errors import ProjectError
from imagest_core.project.storage.connection import connect
from imagest_core.project.storage.store import Store

ROUNDS = 20


def filled() -> Store:
    """A store in memory with rows that take a while to read, and many statements in its cache."""
    db = connect(None)
    db.execute("CREATE TABLE some (blob)")
    db.executemany("INSERT INTO some VALUES (?)", [(bytes(20_000),) for _ in range(200)])
    store = Store(db, None)
    for number in range(120):
        store.query(f"SELECT {number} FROM some LIMIT 1")
    return store


def close_while_reading() -> None:
    """Close a store under two threads that read it; each must be refused with a sentence."""
    store, begun, refused = filled(), threading.Semaphore(0), []

    def read() -> None:
        try:
            while True:
                store.query("SELECT blob FROM some")
                begun.release()
        except ProjectError as error:
            refused.append(str(error))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    begun.acquire()
    begun.acquire()
    store.close()
    for reader in readers:
        reader.join()
    assert len(refused) == 2
    assert all("is closed" in sentence for sentence in refused)


def test_closing_waits_for_who_reads_and_refuses_the_next():
    """In a process of its own: what goes wrong here is a crash."""
    asked = subprocess.run([sys.executable, __file__], capture_output=True, text=True, check=False)
    assert (asked.returncode, asked.stderr) == (0, "")


def test_a_closed_project_says_so():
    store = filled()
    store.close()
    with pytest.raises(ProjectError, match="is closed"):
        store.query("SELECT 1")


if __name__ == "__main__":
    for _ in range(ROUNDS):
        close_while_reading()
