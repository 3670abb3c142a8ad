"""The shape of the context bar: every choice is a link, so the address is the permalink."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a range, comparison or grain. `key` is its shortcut on the keyboard, if any."""

    label: str
    value: str
    url: str = ""
    active: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class FilterChip:
    """A filter in force: what it holds to, and the address without it."""

    label: str
    value: str
    remove_url: str
    verb: str = "is"


@dataclass(frozen=True, slots=True)
class ContextBar:
    """The sticky bar over a page of numbers.

    `hidden` are the query pairs the form must carry along; `earlier_url`/`later_url` shift the range by its length;
    `notices` are sentences about keys that were ignored or values that were replaced.
    """

    action: str
    ranges: tuple[Choice, ...]
    compares: tuple[Choice, ...] = ()
    grains: tuple[Choice, ...] = ()
    filters: tuple[FilterChip, ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()
    first: str = ""
    last: str = ""
    words: str = ""
    compare_words: str = ""
    earlier_url: str = ""
    later_url: str = ""
    clear_url: str = ""
    share_url: str = ""
    export_url: str = ""
    notices: tuple[str, ...] = ()

    @property
    def active_range(self) -> Choice | None:
        """The range in force, None when it was typed as two days."""
        return next((choice for choice in self.ranges if choice.active), None)

    @property
    def active_compare(self) -> Choice | None:
        """The comparison in force."""
        return next((choice for choice in self.compares if choice.active), None)

    @property
    def toggled_compare(self) -> str:
        """The address with the comparison off where it is on, and the first one where it is off."""
        active = self.active_compare
        wanted = [
            one for one in self.compares if (one.value == "none") != (active is not None and active.value == "none")
        ]
        return wanted[0].url if wanted else ""

    @property
    def next_grain(self) -> str:
        """The address with the next coarser grain, the finest again after the coarsest."""
        places = [place for place, one in enumerate(self.grains) if one.active]
        return self.grains[(places[0] + 1) % len(self.grains)].url if places else ""

    @property
    def active_grain(self) -> Choice | None:
        """The grain in force."""
        return next((choice for choice in self.grains if choice.active), None)
