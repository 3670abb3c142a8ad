"""Typed reading of environment variables: a bad value stops the start with a sentence."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from django.core.exceptions import ImproperlyConfigured

_YES: Final = {"1", "true", "yes", "on"}
_NO: Final = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    """The variable as text, or the content of the file that ``NAME_FILE`` points to."""
    if name in os.environ:
        return os.environ[name].strip()
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return default
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE points to {path}, which can't be read: {error.strerror}.") from error


def boolean(name: str, default: bool = False) -> bool:
    """True for 1/true/yes/on, False for 0/false/no/off."""
    raw = text(name, "1" if default else "0").lower()
    if raw in _YES:
        return True
    if raw in _NO:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {raw!r}.")


def integer(name: str, default: int, *, minimum: int = 0) -> int:
    """A whole number of at least ``minimum``."""
    raw = text(name, str(default))
    try:
        value = int(raw)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {raw!r}.") from error
    if value < minimum:
        raise ImproperlyConfigured(f"{name} must be at least {minimum}, not {value}.")
    return value


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list, without empty parts."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def programs(name: str) -> dict[str, str]:
    """Pairs ``name=/absolute/path`` separated by commas; empty for none."""
    found: dict[str, str] = {}
    for pair in words(name):
        key, _, where = (part.strip() for part in pair.partition("="))
        if not key or not Path(where).is_absolute() or key in found:
            raise ImproperlyConfigured(
                f"{name} must hold pairs like name=/path/to/program, each name once, not {pair!r}."
            )
        found[key] = where
    return found


def path(name: str, default: Path) -> Path:
    """A folder or file, made absolute."""
    return Path(text(name, str(default))).expanduser().resolve()
