"""Plug-ins: one entry per file, found by loading a folder."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any, Generic, TypeVar, cast, overload

from livinglytics.lib.errors import Terminal

C = TypeVar("C")
T = TypeVar("T")


class UnknownKey(Terminal):
    """No entry has this key. ``key`` is what was asked for, ``known`` what there is."""

    code = "UNKNOWN_KEY"
    status = 404
    message = "There is no {noun} called “{key}”."
    key: str
    known: list[str]


class Registry(Generic[T]):
    """Entries by their ``key`` attribute; ``noun`` names them in error messages."""

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self._entries: dict[str, T] = {}

    @overload
    def add(self, entry: type[C]) -> type[C]: ...
    @overload
    def add(self, entry: C) -> C: ...
    def add(self, entry: Any) -> Any:
        """Store ``entry``; a class is stored as an instance of it. Usable as a decorator."""
        stored = cast(T, entry() if isinstance(entry, type) else entry)
        key = getattr(stored, "key", None)
        if not isinstance(key, str) or not key:
            raise ValueError(f"A {self.noun} needs a key: {entry!r}")
        if key in self._entries:
            raise ValueError(f"There are two {self.noun} entries with the key {key!r}")
        self._entries[key] = stored
        return entry

    def get(self, key: str) -> T:
        """The entry, or UnknownKey."""
        try:
            return self._entries[key]
        except KeyError:
            raise UnknownKey(noun=self.noun, key=key, known=self.keys()) from None

    def all(self) -> list[T]:
        """All entries, sorted by key."""
        return [self._entries[key] for key in self.keys()]

    def keys(self) -> list[str]:
        return sorted(self._entries)

    def load(self, package: str) -> None:
        """Import every module of ``package`` whose name does not start with ``_``."""
        found = importlib.import_module(package)
        for module in sorted(pkgutil.iter_modules(found.__path__), key=lambda one: one.name):
            if not module.name.startswith("_"):
                importlib.import_module(f"{package}.{module.name}")

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __len__(self) -> int:
        return len(self._entries)
