"""The catalog page: every metric that a team has or could have, by theme."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from accounts.models import Team
from metrics.catalog import Definition
from metrics.query.context import context
from metrics.selectors.available import inventory

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


@dataclass(frozen=True)
class MetricList:
    """Entries by theme, those with numbers first."""

    groups: tuple[tuple[str, tuple[Entry, ...]], ...]
    with_numbers: int
    total: int
    search: str = ""


def metric_list(team: Team, search: str = "") -> MetricList:
    """The catalog, narrowed to entries whose key, label or description holds ``search``."""
    known = context(team.pk)
    stock = inventory(team, known.catalog)
    having = {one.key for one in stock.definitions}
    wanted = search.strip().lower()
    entries = [
        Entry(one, one.key in having, stock.dimensions_of(one))
        for one in known.catalog
        if wanted in f"{one.key} {one.label} {one.description}".lower()
    ]
    # where the team has numbers comes first; what it could have is there to be found
    entries.sort(key=lambda one: (not one.has_numbers, _place(one), one.definition.label))
    groups = tuple(
        (THEMES.get(theme, theme.capitalize()) if has else f"Not connected: {THEMES.get(theme, theme)}", tuple(found))
        for (has, theme), found in groupby(entries, key=lambda one: (one.has_numbers, one.definition.theme))
    )
    return MetricList(groups, len(having), len(known.catalog.entries), search)


def _place(entry: Entry) -> int:
    themes = list(THEMES)
    theme = entry.definition.theme
    return themes.index(theme) if theme in themes else len(themes)
