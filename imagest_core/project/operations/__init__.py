"""Operations: the only way to change a project.

Each operation is one gesture of the conservator. It has a name for the history, applies to a
:class:`~imagest_core.project.state.State`, can be inverted, and is serialised as JSON and bytes. Undo, the
project file and the log share one list of operations.
"""

from __future__ import annotations

from imagest_core.project.operations.base import KINDS, Operation, Payload, RunSource, decode
from imagest_core.project.operations.decisions import ChangeDecisions
from imagest_core.project.operations.group import OperationGroup
from imagest_core.project.operations.mask import ChangeMask
from imagest_core.project.operations.rejected_parts import ChangeRejectedPart
from imagest_core.project.operations.results import ListRun
from imagest_core.project.operations.settings import ChangeSetting

__all__ = [
    "KINDS",
    "ChangeDecisions",
    "ChangeMask",
    "ChangeRejectedPart",
    "ChangeSetting",
    "ListRun",
    "Operation",
    "OperationGroup",
    "Payload",
    "RunSource",
    "decode",
]
