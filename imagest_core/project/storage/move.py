"""Taking a project to another file, also when its own can't be written or read any more."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from imagest_core.errors import OutputError, ProjectError
from imagest_core.project.history import Entry
from imagest_core.project.run import HeldContent
from imagest_core.project.state import Aspect, Change, State
from imagest_core.project.storage.store import Store, new_file


def moved_store(
    store: Store, entries: Sequence[Entry], changes: Sequence[Change], state: State, path: Path
) -> Store:
    """A new file at ``path`` with all of ``store`` and what it doesn't hold yet; raises ``OutputError``.

    Where the old file can't be read any more, the new one gets what is in memory: the state as it is
    now, without the history and without results whose samples only the old file had.
    """
    with new_file(path, force=True) as part:
        try:
            store.copy_to(part)
        except (OutputError, ProjectError):
            _write_memory(part, state)
        else:
            with closing(Store.open(part)) as made:
                made.save(entries, changes, state)
    return Store.open(path)


def _write_memory(part: Path, state: State) -> None:
    part.unlink(missing_ok=True)
    held = {number: run for number, run in state.runs.items() if isinstance(run.content, HeldContent)}
    with closing(Store.create(part, replace(state, runs={}))) as made:
        made.begin_again(held.values())
        made.save([], [Change(Aspect.RUNS, run=number) for number in held], state)
