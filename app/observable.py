"""Attributes that emit a signal when they change."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, overload

from PySide6.QtCore import QObject

T = TypeVar("T")


class Value(Generic[T]):
    """An attribute of a ``QObject`` that emits the signal ``NAME_changed`` with its new value.

    ``signal``: name of the signal, if it is another one.
    """

    def __init__(self, default: T, signal: str = "") -> None:
        self._default, self._signal = default, signal

    @property
    def default(self) -> T:
        """The value before the first change."""
        return self._default

    def __set_name__(self, owner: type, name: str) -> None:
        self._attribute = f"_{name}"
        self._signal = self._signal or f"{name}_changed"

    @overload
    def __get__(self, instance: None, owner: type) -> Value[T]: ...
    @overload
    def __get__(self, instance: QObject, owner: type) -> T: ...
    def __get__(self, instance: QObject | None, owner: type) -> Any:
        return self if instance is None else getattr(instance, self._attribute, self._default)

    def __set__(self, instance: QObject, value: T) -> None:
        if getattr(instance, self._attribute, self._default) != value:
            setattr(instance, self._attribute, value)
            getattr(instance, self._signal).emit(value)
