"""A team's catalog: the product's definitions, those its connectors declare, and its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

from livinglytics.lib.errors import Invalid
from metrics.catalog._base import Definition, definitions
from metrics.models import CustomMetric
from sources.connectors import connectors
from sources.connectors._base import Metric


@dataclass(frozen=True)
class Catalog:
    """Definitions by key. Look-ups of an unknown key say which one is meant."""

    entries: Mapping[str, Definition]

    def get(self, key: str) -> Definition:
        """The definition, or Invalid naming the key."""
        try:
            return self.entries[key]
        except KeyError:
            raise Invalid(
                f"There is no metric “{key}”. The catalog at /metrics/ lists what there is.",
                details={"metrics": [f"Unknown metric “{key}”."]},
            ) from None

    def find(self, key: str) -> Definition | None:
        """The definition, or None."""
        return self.entries.get(key)

    def __iter__(self) -> Iterator[Definition]:
        return iter(sorted(self.entries.values(), key=lambda one: (one.theme, one.label)))

    def __contains__(self, key: object) -> bool:
        return key in self.entries


@cache
def shipped() -> dict[str, Definition]:
    """What every team has: theme files and the metrics of all connectors. The product's own word wins."""
    found: dict[str, Definition] = {}
    for connector in connectors.all():
        for metric in connector.metrics:
            known = found.get(metric.key)
            sources = (*(known.sources if known else ()), connector.key)
            found[metric.key] = from_connector(metric, theme=connector.category, sources=sources)
    for definition in definitions.all():
        found[definition.key] = definition
    return found


def from_connector(metric: Metric, *, theme: str = "other", sources: tuple[str, ...] = ()) -> Definition:
    """The definition of a metric that a connector declares."""
    return Definition(
        key=metric.key,
        label=metric.label,
        kind=metric.kind,
        unit=metric.unit,
        direction=metric.direction,
        parts=metric.parts,
        percentile=metric.percentile,
        description=metric.description,
        theme=metric.theme or theme,
        settle=metric.settle,
        floor=metric.floor,
        decimals=metric.decimals,
        origin="connector",
        sources=sources,
    )


def for_team(team_id: UUID, *, extra: Iterable[Mapping[str, Any]] | None = None) -> Catalog:
    """The team's catalog: one query, or none where ``extra`` already holds its own metrics' rows."""
    rows = CustomMetric.objects.filter(team_id=team_id).values() if extra is None else extra
    own = {row["key"]: from_row(row) for row in rows}
    return Catalog({**shipped(), **own})


def from_row(row: Mapping[str, Any]) -> Definition:
    """The definition of a team's own metric, from its row's values."""
    ratio = row["kind"] == "ratio"
    return Definition(
        key=row["key"],
        label=row["label"],
        kind=row["kind"],
        unit=row["unit"],
        direction=row["direction"],
        parts=(row["numerator"], row["denominator"]) if ratio else None,
        percentile=row["percentile"] if row["kind"] == "percentile" else None,
        description=row["description"],
        theme="own",
        settle=timedelta(hours=row["settle_hours"]),
        floor=row["floor"],
        decimals=row["decimals"],
        origin=row["origin"],
    )
