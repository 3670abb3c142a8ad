"""The catalog page: every metric that a team has or could have, by theme."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from accounts.models import Team
from livinglytics.lib import buckets, clock
from metrics.catalog import Definition
from metrics.charts.shapes import Point
from metrics.query.context import Context, context
from metrics.query.engine import ask
from metrics.query.model import Query, Workspace
from metrics.selectors import drawing
from metrics.selectors.available import Inventory, inventory

_DAYS = 28
#: more would make a long list slow; the rest keeps its link
_GLANCES = 200

THEMES = {
    "business": "Business",
    "web": "Web",
    "social": "Social",
    "voice": "Customer voice",
    "reviews": "Reviews",
    "engineering": "Engineering",
    "api": "API usage",
    "demo": "Demo data",
    "own": "Your own",
    "files": "Files",
    "push": "Pushed",
    "other": "Other",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the catalog."""

    definition: Definition
    has_numbers: bool
    dimensions: tuple[str, ...]
    value: float | None = None
    points: tuple[Point, ...] = ()


@dataclass(frozen=True)
class MetricList:
    """Entries by theme, those with numbers first."""

    groups: tuple[tuple[str, tuple[Entry, ...]], ...]
    with_numbers: int
    total: int
    search: str = ""
    period: str = ""


def metric_list(team: Team, search: str = "", *, now: datetime | None = None) -> MetricList:
    """The catalog, narrowed to entries whose key, label or description holds ``search``."""
    known = context(team.pk)
    stock = inventory(team, known.catalog)
    having = {one.key for one in stock.definitions}
    wanted = search.strip().lower()
    period = _latest(team, stock, now or clock.now())
    shown = _glances(team, stock, known, period, now or clock.now())
    entries = [
        Entry(one, one.key in having, stock.dimensions_of(one), *shown.get(one.key, ()))
        for one in known.catalog
        if wanted in f"{one.key} {one.label} {one.description}".lower()
    ]
    # where the team has numbers comes first; what it could have is there to be found
    entries.sort(key=lambda one: (not one.has_numbers, _place(one), one.definition.label))
    groups = tuple(
        (THEMES.get(theme, theme.capitalize()) if has else f"Not connected: {THEMES.get(theme, theme)}", tuple(found))
        for (has, theme), found in groupby(entries, key=lambda one: (one.has_numbers, one.definition.theme))
    )
    return MetricList(groups, len(having), len(known.catalog.entries), search, drawing.days_words(period))


def _latest(team: Team, stock: Inventory, now: datetime) -> buckets.Period:
    """The last four complete weeks, or the last four of numbers that ended earlier."""
    yesterday = buckets.local_day(now, team.time_zone) - timedelta(days=1)
    last = min(yesterday, stock.last_day or yesterday)
    return buckets.Period(last - timedelta(days=_DAYS - 1), last)


def _glances(
    team: Team, stock: Inventory, known: Context, period: buckets.Period, now: datetime
) -> dict[str, tuple[float | None, tuple[Point, ...]]]:
    """Value and days of every metric that adds up from stored days, in one question."""
    keys = tuple(one.key for one in stock.definitions if one.kind != "percentile")[:_GLANCES]
    if not keys:
        return {}
    workspace = Workspace(team.pk, team.time_zone, team.week_start)
    answer = ask(workspace, Query(keys, period, grain="day", notes=False), now=now, known=known)
    return {
        one.key: (answer.totals.values[index].value, drawing.points(answer, index))
        for index, one in enumerate(answer.definitions)
    }


def _place(entry: Entry) -> int:
    themes = list(THEMES)
    theme = entry.definition.theme
    return themes.index(theme) if theme in themes else len(themes)
