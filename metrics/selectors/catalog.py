"""The catalog for programs: every metric with its formula, and where its numbers come from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db.models import Count

from livinglytics.lib import buckets
from livinglytics.lib.errors import NotFound
from metrics.catalog import Definition
from metrics.catalog.team import Catalog
from metrics.models import Clock, CustomMetric, Cut
from metrics.query.context import context
from sources.models import Source

_EXAMPLES: Final = 10
_READ_VALUES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One metric. ``first_day`` and ``last_day`` span its stored numbers; None where there are none."""

    definition: Definition
    first_day: date | None = None
    last_day: date | None = None

    @property
    def has_numbers(self) -> bool:
        return self.first_day is not None


@dataclass(frozen=True, slots=True)
class Origin:
    """One source of one stored metric. ``complete_through``: the sync saw every day up to it."""

    source: UUID
    source_name: str
    source_kind: str
    metric: str
    clock: str
    first_day: date | None
    last_day: date | None
    complete_through: date | None


@dataclass(frozen=True, slots=True)
class KnownDimension:
    """A dimension that stored numbers carry, how many values it has, and some of them."""

    name: str
    values: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Lineage:
    """One metric with everything behind it. ``own``: the team's own row, which can be edited."""

    entry: Entry
    parts: tuple[Definition, ...]
    used_by: tuple[Definition, ...]
    origins: tuple[Origin, ...]
    dimensions: tuple[KnownDimension, ...]
    own: CustomMetric | None


def entries(team_id: UUID, *, search: str = "", theme: str = "", with_numbers: bool = False) -> list[Entry]:
    """The team's catalog by theme and label; two statements, three where the team defined metrics."""
    catalog = context(team_id).catalog
    spans = _spans(team_id)
    wanted = search.strip().lower()
    found = [
        _entry(one, spans)
        for one in catalog
        if wanted in f"{one.key} {one.label} {one.description}".lower() and theme in ("", one.theme)
    ]
    return [one for one in found if one.has_numbers or not with_numbers]


def _spans(team_id: UUID) -> dict[str, tuple[int, int]]:
    return _spans_of(Cut.objects.filter(team_id=team_id, dimension="", first_day__isnull=False))


def _entry(definition: Definition, spans: dict[str, tuple[int, int]]) -> Entry:
    """A ratio has numbers on the days that all of its parts have."""
    found = [spans[key] for key in definition.bases() if key in spans]
    if len(found) < len(definition.bases()):
        return Entry(definition)
    first, last = max(one[0] for one in found), min(one[1] for one in found)
    return Entry(definition, buckets.from_day_number(min(first, last)), buckets.from_day_number(max(first, last)))


def lineage(team_id: UUID, key: str) -> Lineage:
    """One metric of the team's catalog. Raises NotFound."""
    catalog = context(team_id).catalog
    definition = catalog.find(key)
    if definition is None:
        raise NotFound(f"There is no metric “{key[:100]}”. GET /api/v1/metrics/catalog lists what there is.")
    bases = definition.bases()
    totals = list(
        Cut.objects.filter(team_id=team_id, metric__in=bases, dimension="").order_by("metric", "source_id", "clock")
    )
    spans = _spans_of(totals)
    return Lineage(
        entry=_entry(definition, spans),
        parts=_found(catalog, definition.parts or ()),
        used_by=tuple(one for one in catalog if one.parts and key in one.parts),
        origins=_origins(team_id, totals),
        dimensions=_dimensions(team_id, bases),
        own=CustomMetric.objects.filter(team_id=team_id, key=key).first(),
    )


def _found(catalog: Catalog, keys: Iterable[str]) -> tuple[Definition, ...]:
    return tuple(one for key in keys if (one := catalog.find(key)))


def _spans_of(totals: Iterable[Cut]) -> dict[str, tuple[int, int]]:
    spans: dict[str, tuple[int, int]] = {}
    for cut in totals:
        if cut.first_day is not None and cut.last_day is not None:
            known = spans.get(cut.metric, (cut.first_day, cut.last_day))
            spans[cut.metric] = (min(known[0], cut.first_day), max(known[1], cut.last_day))
    return spans


def _origins(team_id: UUID, totals: Iterable[Cut]) -> tuple[Origin, ...]:
    names: dict[UUID, tuple[str, str]] = {
        pk: (name, kind) for pk, name, kind in Source.objects.filter(team_id=team_id).values_list("pk", "name", "kind")
    }
    return tuple(
        Origin(
            cut.source_id,
            *names.get(cut.source_id, ("", "")),
            cut.metric,
            "instant" if cut.clock == Clock.INSTANT else "day",
            _day(cut.first_day),
            _day(cut.last_day),
            _day(cut.proven_through),
        )
        for cut in totals
    )


def _day(number: int | None) -> date | None:
    return None if number is None else buckets.from_day_number(number)


def _dimensions(team_id: UUID, bases: Iterable[str]) -> tuple[KnownDimension, ...]:
    rows: Any = Cut.objects.filter(team_id=team_id, metric__in=list(bases)).exclude(dimension="").order_by()
    counted = rows.values("dimension").annotate(count=Count("value", distinct=True)).order_by("dimension")
    counts: list[tuple[str, int]] = [(row["dimension"], row["count"]) for row in counted]
    examples: dict[str, list[str]] = {}
    pairs = rows.values_list("dimension", "value").distinct().order_by("dimension", "value")[:_READ_VALUES]
    for dimension, value in pairs if counts else ():
        if len(examples.setdefault(dimension, [])) < _EXAMPLES:
            examples[dimension].append(value)
    return tuple(KnownDimension(name, count, tuple(examples.get(name, ()))) for name, count in counts)
