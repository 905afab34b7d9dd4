"""Copying a project to another file, even if its own can't be written or read any more."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from imagest_core.errors import OutputError, ProjectError
from imagest_core.project.history import HistoryEntry
from imagest_core.project.run import MemoryContent
from imagest_core.project.state import Aspect, Change, State
from imagest_core.project.storage.store import Store, new_file
from imagest_core.project.storage.study_table import KeptStudy


def copy_store(
    store: Store,
    entries: Sequence[HistoryEntry],
    changes: Sequence[Change],
    state: State,
    path: Path,
    studies: Sequence[KeptStudy] = (),
) -> Store:
    """Create a file at ``path`` with the content of ``store`` and pending changes; raises ``OutputError``.

    If the old file can't be read, the new one gets what is in memory: the current state, without the history
    and without results whose samples are only in the old file.
    """
    with new_file(path, force=True) as part:
        try:
            store.copy_to(part)
        except (OutputError, ProjectError):
            _write_from_memory(part, state, studies)
        else:
            with closing(Store.open(part)) as new_store:
                new_store.save(entries, changes, state)
                _add_studies(new_store, studies)
    return Store.open(path)


def _add_studies(store: Store, studies: Sequence[KeptStudy]) -> None:
    """Store the studies that aren't stored yet."""
    stored = {kept.sha256 for kept in store.studies()}
    for kept in studies:
        if kept.sha256 not in stored:
            store.store_study(kept.study, kept.operator, kept.time)


def _write_from_memory(part: Path, state: State, studies: Sequence[KeptStudy]) -> None:
    part.unlink(missing_ok=True)
    in_memory = {number: run for number, run in state.runs.items() if isinstance(run.content, MemoryContent)}
    with closing(Store.create(part, replace(state, runs={}))) as new_store:
        _add_studies(new_store, studies)
        new_store.start_without_history(in_memory.values())
        new_store.save([], [Change(Aspect.RUNS, run=number) for number in in_memory], state)
