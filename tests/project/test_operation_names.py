"""Names of operations in the project file: ids and arguments, and the English texts of earlier versions."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from imagest_core.damage.classes import DamageClass
from imagest_core.messages import Message
from imagest_core.project.document import Document
from imagest_core.project.operations import OperationGroup, settings
from imagest_core.project.operations.names import NAMES, decode_name, encode_name, operation_name
from imagest_core.project.storage.store import Store


def example(key: str) -> Message:
    values = {"engine": "imagest", "count": 59, "number": 7, "file": "m {0}.png", "name": "retouché"}
    return operation_name(key, **{name: values[name] for name in values if f"{{{name}}}" in NAMES[key]})


@pytest.mark.parametrize("key", NAMES)
def test_names_are_stored_with_their_ids(key: str):
    name = example(key)
    stored = json.loads(encode_name(name))
    assert (stored["id"], stored["text"]) == (key, str(name))
    again = decode_name(encode_name(name))
    assert (again, again.template, dict(again.arguments)) == (name, name.template, dict(name.arguments))


@pytest.mark.parametrize("key", NAMES)
def test_english_names_of_earlier_versions_are_recognised(key: str):
    name = decode_name(str(example(key)))
    assert name == example(key)
    assert name.template == NAMES[key]


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("画笔", "画笔"),
        ('{"id": 3}', '{"id": 3}'),
        ('{"id":["x"],"arguments":{},"text":"t"}', '{"id":["x"],"arguments":{},"text":"t"}'),
        ('{"id":"later","arguments":{"n":1},"text":"Sharpen 1 region"}', "Sharpen 1 region"),
        ('{"id":"add_class","arguments":{},"text":"Add class x"}', "Add class x"),
        ('{"id":"set_notes","arguments":{"n":1},"text":"Edit notes"}', "Edit notes"),
        ('{"id":"add_class","arguments":{"name":[1]},"text":"Add class x"}', "Add class x"),
        ('{"id":', '{"id":'),
        ("", ""),
    ],
)
def test_other_stored_names_are_shown_as_text(stored: str, shown: str):
    assert decode_name(stored) == shown


def stored_names(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return [name for (name,) in db.execute("SELECT name FROM operations ORDER BY id")]


def test_the_history_keeps_ids_and_arguments(document: Document, tmp_path: Path):
    added = settings.add_class(document.state, DamageClass(40, "retouché", "#112233"))
    notes = settings.set_notes(document.state, "old varnish")
    document.do(OperationGroup((added, notes), name=operation_name("import_mask", file="m.png")))
    document.do(settings.rename_class(document.state, 40, "{0}"))
    path = document.path
    document.close()
    assert json.loads(stored_names(path)[1]) == {
        "id": "rename_class",
        "arguments": {"name": "{0}"},
        "text": "Rename class to {0}",
    }
    with closing(Document.open(path)) as again:
        first, second = again.history.done
        assert (first.name.template, dict(first.name.arguments)) == (NAMES["import_mask"], {"file": "m.png"})
        assert second.name == "Rename class to {0}"
        assert not again.store.integrity().findings
        again.undo()
        again.undo()
        group = again.history.operation(again.history.undone[-1])
        assert [part.name.template for part in group.parts] == [NAMES["add_class"], NAMES["set_notes"]]


def test_a_project_with_english_names_opens(document: Document):
    """Earlier versions stored the name as text, in groups as well."""
    plain = [settings.set_notes(document.state, "old varnish"), settings.set_operator(document.state, "AB")]
    parts = tuple(replace(part, name=str(part.name)) for part in plain)
    document.do(OperationGroup(parts, name="Restore with imagest"))
    document.do(replace(settings.set_notes(document.state, "new"), name="画笔"))
    path = document.path
    document.close()
    assert stored_names(path) == ["Restore with imagest", "画笔"]
    with closing(Document.open(path)) as again:
        old, translated = again.history.done
        assert (old.name.template, dict(old.name.arguments)) == (NAMES["restore"], {"engine": "imagest"})
        assert translated.name == "画笔"
        again.undo()
        again.undo()
        assert again.state.notes == ""
        assert stored_names(path) == ["Restore with imagest", "画笔"]
        assert not again.store.integrity().findings


def test_a_changed_name_is_reported_as_it_is_shown(document: Document):
    document.do(settings.set_notes(document.state, "old varnish"))
    path = document.path
    document.close()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE operations SET time = 'never'")
    with closing(Store.open(path, read_only=True)) as store:
        assert store.integrity().findings == ("line 1 of the history (“Edit notes”)",)
