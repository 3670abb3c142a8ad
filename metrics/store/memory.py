"""What a run has learned about its source's series, so that not every page asks for it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from metrics.models import Clock

Dims = tuple[tuple[str, str], ...]


class SeriesKey(NamedTuple):
    """What makes a series one: its dimensions are sorted pairs."""

    metric: str
    dims: Dims
    clock: Clock


class Link(NamedTuple):
    """What a series adds up to, and how."""

    clock: int
    fold: int
    cuts: tuple[int, ...]


@dataclass(slots=True)
class Links:
    """What some series add up to; of each cut, its clock and fold; which of them are totals."""

    series: dict[int, Link] = field(default_factory=dict)
    cuts: dict[int, tuple[int, int]] = field(default_factory=dict)
    totals: set[int] = field(default_factory=set)

    def take(self, other: Links) -> None:
        """Know what the other knows too."""
        self.series.update(other.series)
        self.cuts.update(other.cuts)
        self.totals |= other.totals

    def with_more(self, other: Links) -> Links:
        """Both together; neither changes."""
        both = Links(dict(self.series), dict(self.cuts), set(self.totals))
        both.take(other)
        return both


@dataclass(slots=True)
class Memory:
    """Series and links of one source, as committed. Belongs to one run, which alone writes that source.

    They are good for one version of the team's definitions: another kind of a metric makes other cuts.
    """

    definitions: int = -1
    series: dict[SeriesKey, int] = field(default_factory=dict)
    links: Links = field(default_factory=Links)

    def keep_only(self, definitions: int) -> None:
        """Forget everything that was learned under other definitions."""
        if definitions != self.definitions:
            self.definitions, self.series, self.links = definitions, {}, Links()

    def learn_series(self, found: Mapping[SeriesKey, int]) -> None:
        """For after the commit: a series of a page that was undone does not exist."""
        self.series.update(found)
