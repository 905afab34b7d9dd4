"""Messages: templates with arguments."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path

from imagest_core.errors import InputError, ProjectError
from imagest_core.messages import LIST, Message, as_message, joined


def test_a_message_is_its_english_text():
    message = Message("{path} has {count} pages.", path=Path("a.tif"), count=3)
    assert message == "a.tif has 3 pages."
    assert (message.template, dict(message.arguments)) == (
        "{path} has {count} pages.",
        {"path": "a.tif", "count": 3},
    )
    assert json.loads(json.dumps([message])) == ["a.tif has 3 pages."]


def test_braces_of_arguments_and_of_texts_without_arguments_stay():
    assert Message("There is no {path}.", path="{0}") == "There is no {0}."
    assert Message("{a} {0} {") == "{a} {0} {"


def test_copies_keep_template_and_arguments():
    message = Message("{path} is empty.", path="a.tif")
    for again in (copy.deepcopy(message), pickle.loads(pickle.dumps(message))):
        assert again == message
        assert (again.template, again.arguments) == (message.template, message.arguments)


def test_an_error_carries_its_message_and_prints_english():
    inner = InputError(Message("{path} is empty.", path="a.tif"))
    outer = ProjectError(Message("The scan can't be read: {reason}", reason=inner))
    assert str(outer) == "The scan can't be read: a.tif is empty."
    assert outer.message.arguments["reason"].template == "{path} is empty."
    assert InputError("A plain text.").message.template == "A plain text."
    assert InputError().message == ""
    assert as_message(outer.message) is outer.message


def test_joined_messages_stay_translatable():
    parts = [Message("one"), Message("{n} more", n=2), Message("three")]
    text = joined(parts, LIST)
    assert text == "one, 2 more, three"
    assert text.arguments["rest"].arguments["first"] is parts[1]
    assert joined(parts[:1]) is parts[0]
    assert joined([]) == ""
