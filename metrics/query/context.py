"""What every question of a team needs: its catalog and its data version, in one statement.

Definitions are remembered in the process under the version they were read with; every change of a
definition raises that version, so a remembered catalog is never stale.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from uuid import UUID

from metrics import versions
from metrics.catalog import team as team_catalog
from metrics.catalog.team import Catalog

_REMEMBERED = 2_000
_lock = Lock()
_catalogs: OrderedDict[UUID, Context] = OrderedDict()


@dataclass(frozen=True)
class Context:
    """A team's catalog as of a version of its definitions, and the version of its numbers."""

    version: int
    definitions: int
    catalog: Catalog


def context(team_id: UUID) -> Context:
    """The version now, and the catalog that belongs to it."""
    version, definitions = versions.current(team_id)
    with _lock:
        known = _catalogs.get(team_id)
    if known is not None and known.definitions == definitions:
        return known if known.version == version else Context(version, definitions, known.catalog)
    # definitions 0: the team never had one of its own, so there is nothing to read
    own = team_catalog.for_team(team_id) if definitions else team_catalog.for_team(team_id, extra=())
    fresh = Context(version, definitions, own)
    with _lock:
        _catalogs[team_id] = fresh
        while len(_catalogs) > _REMEMBERED:
            _catalogs.popitem(last=False)
    return fresh
