"""The numbers everything is measured with: days × metrics × sources × countries × devices, from a fixed seed."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from uuid import UUID, uuid4

from accounts.models import Team, User
from accounts.models.teams import Membership, Role
from sources.landing import Landing
from sources.models import Source
from sources.records import MetricPoint

LAST = date(2026, 6, 30)
METRICS = tuple(f"shop.measure_{number:02}" for number in range(16))
_COUNTRIES = (
    *("DE", "FR", "ES", "IT", "PT", "NL", "BE", "AT", "CH", "PL"),
    *("CZ", "DK", "SE", "NO", "FI", "IE", "GB", "US", "CA"),
)
_DEVICES = ("desktop", "mobile", "tablet")


@dataclass(frozen=True)
class Shape:
    """How large a team is. One day of it holds sources × metrics × countries × devices rows."""

    sources: int = 3
    metrics: int = 16
    countries: int = 19
    devices: int = 3
    days: int = 730

    @property
    def per_day(self) -> int:
        return self.sources * self.metrics * self.countries * self.devices

    @property
    def rows(self) -> int:
        return self.per_day * self.days

    @property
    def first(self) -> date:
        return LAST - timedelta(days=self.days - 1)

    def dimensions(self) -> list[dict[str, str]]:
        """Every combination of country and device."""
        return [
            {"country": one, "device": two} for one in _COUNTRIES[: self.countries] for two in _DEVICES[: self.devices]
        ]


@dataclass(frozen=True)
class Tenant:
    """A team of the benchmark and its sources."""

    team: Team
    user: User
    sources: tuple[Source, ...]


def tenant(name: str, sources: int) -> Tenant:
    """A team with an owner and some connected sources."""
    user = User.objects.create_user(f"{name}@bench.example", "correct horse battery 9", name=name)
    team = Team.objects.create(slug=name, name=name)
    Membership.objects.create(team=team, user=user, role=Role.OWNER)
    user.current_team = team
    user.save(update_fields=["current_team"])
    made = [
        Source.objects.create(team=team, kind="push", name=f"{name} {n}", slug=f"{name}-{n}") for n in range(sources)
    ]
    return Tenant(team, user, tuple(made))


def day_points(shape: Shape, source: int, day: date) -> list[MetricPoint]:
    """One source's points of one day. Half the metrics are counts, half have cents."""
    generator = random.Random(f"{source}/{day.toordinal()}")
    dimensions = shape.dimensions()
    return [
        MetricPoint(metric, day, _value(generator, number), dims)
        for number, metric in enumerate(METRICS[: shape.metrics])
        for dims in dimensions
    ]


def _value(generator: random.Random, number: int) -> float:
    whole = int(generator.lognormvariate(5, 1))
    return float(whole) if number % 2 == 0 else whole + generator.randrange(100) / 100


def all_points(shape: Shape) -> Iterator[tuple[int, list[MetricPoint]]]:
    """(source, points) day by day, oldest first, as a history arrives."""
    for offset in range(shape.days):
        day = shape.first + timedelta(days=offset)
        for source in range(shape.sources):
            yield source, day_points(shape, source, day)


def landing(owner: Tenant, source: int, points: list[MetricPoint], raw: int = 1) -> Landing:
    """One page of a job, as the runner hands it over."""
    return Landing(
        team_id=owner.team.pk,
        source_id=owner.sources[source].pk,
        job_id=uuid4(),
        kind="push",
        stream="metrics",
        zone="UTC",
        records=list(points),
        raw_ids=[raw] * len(points),
    )


@cache
def _hashed(pairs: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    text = json.dumps(dict(pairs), separators=(",", ":"))
    return text, hashlib.sha256(text.encode()).hexdigest()


def wide_keys(point: MetricPoint) -> tuple[str, str]:
    """(dimensions as JSON, their hash) for the wide table."""
    return _hashed(tuple(point.dimensions.items()))


def wide_tuple(team: UUID, source: UUID, point: MetricPoint) -> tuple[object, ...]:
    """(team, source, metric, day, dimensions, hash, value) of one wide row."""
    dimensions, digest = wide_keys(point)
    return team, source, point.metric, point.at, dimensions, digest, point.value
