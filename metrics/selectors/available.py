"""What a team has: metrics with numbers, their dimensions, how fresh each source is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from accounts.models import Team
from livinglytics.lib import buckets
from metrics.catalog import Definition
from metrics.catalog.team import Catalog
from metrics.charts.shapes import SourceFreshness, TrustStrip
from metrics.models import Cut
from metrics.store.reads import Fill
from sources.connectors import connectors
from sources.models import Source, SourceState

#: what an overview shows first, where a team has it
PREFERRED = (
    "sessions",
    "conversions",
    "conversion_rate",
    "revenue",
    "reviews.count",
    "reviews.negative_share",
    "ai_cost",
    "acceptance_rate",
    "prs_merged",
    "ig_reach",
)
TILES = 6


@dataclass(frozen=True)
class Inventory:
    """The team's metrics that have numbers, with their fills and dimensions."""

    fills: tuple[Fill, ...]
    dimensions: dict[str, tuple[str, ...]]
    definitions: tuple[Definition, ...]

    @property
    def first_day(self) -> date | None:
        days = [fill.first_day for fill in self.fills if fill.first_day is not None]
        return buckets.from_day_number(min(days)) if days else None

    @property
    def last_day(self) -> date | None:
        days = [fill.last_day for fill in self.fills if fill.last_day is not None]
        return buckets.from_day_number(max(days)) if days else None

    def tiles(self, chosen: str = "") -> tuple[str, ...]:
        """Up to six metrics for the cards, the chosen one among them."""
        keys = {one.key for one in self.definitions}
        found = [key for key in PREFERRED if key in keys]
        found += [one.key for one in self.definitions if one.key not in found]
        found = found[:TILES]
        if chosen in keys and chosen not in found:
            found[-1:] = [chosen]
        return tuple(found)

    def dimensions_of(self, definition: Definition) -> tuple[str, ...]:
        """The dimensions that all parts of a metric carry."""
        parts = [set(self.dimensions.get(key, ())) for key in definition.bases()]
        return tuple(sorted(set.intersection(*parts))) if parts else ()


def inventory(team: Team, catalog: Catalog) -> Inventory:
    """One query over the cuts."""
    rows = (
        Cut.objects.filter(team_id=team.pk)
        .values_list(
            "source_id", "metric", "clock", "first_day", "last_day", "proven_from", "proven_through", "dimension"
        )
        .distinct()
    )
    fills: list[Fill] = []
    dimensions: dict[str, set[str]] = {}
    for source, metric, clock, first, last, since, through, dimension in rows:
        if dimension:
            dimensions.setdefault(metric, set()).add(dimension)
        else:
            fills.append(Fill(source, metric, clock, first, last, since, through))
    having = {fill.metric for fill in fills}
    known = tuple(one for one in catalog if all(key in having for key in one.bases()))
    return Inventory(tuple(fills), {key: tuple(sorted(found)) for key, found in dimensions.items()}, known)


def trust(
    team: Team, sources: list[Source], inventory: Inventory, now: datetime, *, tolerance: timedelta = timedelta(days=2)
) -> TrustStrip:
    """How far the numbers go, and which sources are behind."""
    today = buckets.local_day(now, team.time_zone)
    ends: dict[object, date] = {}
    for fill in inventory.fills:
        end = fill.proven_through if fill.proven_through is not None else fill.last_day
        if end is not None:
            day = buckets.from_day_number(end)
            ends[fill.source] = max(day, ends.get(fill.source, day))
    behind = [found for one in sources if (found := _behind(one, now, tolerance))]
    proved = [
        buckets.from_day_number(fill.proven_through) for fill in inventory.fills if fill.proven_through is not None
    ]
    through = max(proved) if proved else max(ends.values(), default=None)
    words = "" if through is None else "today" if through >= today else f"{through:%a} {through.day} {through:%b %Y}"
    return TrustStrip(words, team.time_zone, len(sources) - len(behind), len(sources), tuple(behind), "/sources/")


def _behind(source: Source, now: datetime, tolerance: timedelta) -> SourceFreshness | None:
    url = f"/sources/{source.pk}/"
    if source.state == SourceState.PAUSED:
        return SourceFreshness(source.name, "paused", "paused", url)
    if source.state == SourceState.ATTENTION:
        return SourceFreshness(source.name, "failing", source.state_reason or "needs attention", url)
    if source.failures_in_a_row:
        retry_url = f"/sources/{source.pk}/sync/" if _syncs(source) else ""
        return SourceFreshness(source.name, "failing", "last run failed", url, retry_url)
    if not _syncs(source) or source.last_success_at is None:
        return None
    age = now - source.last_success_at
    if age > tolerance:
        return SourceFreshness(source.name, "behind", f"{age.days} d behind", url, f"/sources/{source.pk}/sync/")
    return None


def _syncs(source: Source) -> bool:
    """Whether the source is read by us; files and pushed numbers come when somebody sends them."""
    return source.kind in connectors and connectors.get(source.kind).connect not in ("file", "push")
