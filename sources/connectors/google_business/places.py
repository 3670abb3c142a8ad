"""Which location of a business a person means. Pure, no network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from livinglytics.lib.errors import Invalid
from sources.connectors._values import words

_PART = r"[A-Za-z0-9_-]{1,80}"
ACCOUNT = re.compile(rf"accounts/{_PART}")
LOCATION = re.compile(rf"locations/{_PART}")
_FULL = re.compile(rf"/?(accounts/{_PART}/locations/{_PART})/?")
#: so many are named in a message
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Location:
    """One location of an account. ``name`` is Google's: ``accounts/1/locations/2``; ``title`` is the business's."""

    name: str
    title: str

    @property
    def number(self) -> str:
        """What it is called in all accounts: ``2``."""
        return number_of(self.name)


def number_of(name: str) -> str:
    """``2`` of ``accounts/1/locations/2``."""
    return name.rpartition("/")[2]


def full_name(text: Any) -> str:
    """``accounts/1/locations/2`` where the text is one; empty for anything else."""
    found = _FULL.fullmatch(words(text))
    return found[1] if found else ""


def chosen(text: str, found: Sequence[Location]) -> Location:
    """The location by its number or a part of its name; without a text the only one. Raises Invalid."""
    asked = words(text)
    if not found:
        raise _refused("account", "This Google account manages no location. Connect the one that manages the business.")
    fit = _fitting(asked, found)
    if len(fit) == 1:
        return fit[0]
    if not fit:
        raise _refused("location", f"No location of this account fits “{asked[:80]}”. Enter one of: {_named(found)}.")
    said = f"“{asked[:80]}” fits {len(fit)} locations" if asked else f"This account has {len(fit)} locations"
    raise _refused("location", f"{said}. Enter one of: {_named(fit)}.")


def _fitting(asked: str, found: Sequence[Location]) -> list[Location]:
    """Those that are meant: by number, else by the whole name, else by a part of it."""
    if not asked:
        return list(found)
    low = asked.casefold()
    number = asked.removeprefix("locations/")
    for fit in (
        [one for one in found if one.number == number],
        [one for one in found if one.title.casefold() == low],
    ):
        if fit:
            return fit
    return [one for one in found if low in one.title.casefold()]


def _named(found: Sequence[Location]) -> str:
    told = "; ".join(f"{one.name} ({one.title[:60] or 'without a name'})" for one in found[:_SHOWN])
    return f"{told}; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else told


def _refused(field: str, message: str) -> Invalid:
    return Invalid(message, details={field: [message]})
