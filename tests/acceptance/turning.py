"""Acts that only turn something and turn it back."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from tests.acceptance.acts import Undo


def turned(what: Any, **to: Any) -> Callable[[], Undo]:
    """An act that sets attributes of a fake, or of a module by its name, and is undone by what it returns."""

    def act() -> Undo:
        holder = importlib.import_module(what) if isinstance(what, str) else what
        before = {name: getattr(holder, name) for name in to}
        _set(holder, to)
        return lambda: _set(holder, before)

    return act


def _set(holder: Any, to: dict[str, Any]) -> None:
    for name, value in to.items():
        setattr(holder, name, value)
