"""Texts for the user that can be translated: an English template with named arguments.

A :class:`Message` is the English text itself, so it can be printed, stored and compared like any other
``str``. It also keeps its template and arguments. The window looks up the template in its translation and
inserts the arguments there. The template is the id of the message; translations have the same named fields.

Formatting, slicing and concatenation return a plain ``str``, which can't be translated. A message inside
another one is an argument of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

Argument = str | int | float
"""An argument that is itself a :class:`Message` is translated too."""


class Message(str):
    """The English text of ``template``, with its fields replaced by ``arguments``.

    Without arguments the text is the template as it is, including any braces. Fields are plain names. An
    object with an attribute ``message``, such as an error, is replaced by it, other objects by their ``str``.
    """

    template: str
    arguments: Mapping[str, Argument]

    def __new__(cls, template: str, /, **arguments: object) -> Message:
        """Fill ``template`` with ``arguments``, which stay available."""
        plain = {name: _plain(value) for name, value in arguments.items()}
        message = super().__new__(cls, template.format(**plain) if plain else template)
        message.template, message.arguments = template, MappingProxyType(plain)
        return message

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.template, dict(self.arguments))


def _restored(kind: type[Message], template: str, arguments: dict[str, Argument]) -> Message:
    return kind(template, **arguments)


def _plain(value: object) -> Argument:
    if isinstance(value, str | int | float):
        return value
    message = getattr(value, "message", None)
    return message if isinstance(message, Message) else str(value)


def template(text: str) -> str:
    """Mark a template that is not written in a call of :class:`Message`, and return it unchanged."""
    return text


def as_message(text: str) -> Message:
    """Return ``text`` as a message: a plain ``str`` is a template without arguments."""
    return text if isinstance(text, Message) else Message(text)


LIST = template("{first}, {rest}")
LIST_OF_TWO = template("{first} and also {rest}")


def joined(messages: Iterable[str], pattern: str = LIST) -> str:
    """Join messages by ``pattern``, a template with the fields ``first`` and ``rest``."""
    *others, result = [*messages] or [""]
    for each in reversed(others):
        result = Message(pattern, first=each, rest=result)
    return result
