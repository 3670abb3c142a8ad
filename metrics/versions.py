"""The data version of a team: raised by every change of its numbers or definitions."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import psycopg
from django.db.models import F
from psycopg.pq import ExecStatus, Format

from livinglytics.lib import clock
from metrics.models import DataVersion
from metrics.store import Store, for_team

_CURRENT: Final = "SELECT version, definitions FROM metrics_dataversion WHERE team_id = %s"
_BARE: Final = _CURRENT.replace("%s", "$1").encode()
#: PostgreSQL's number of the type uuid
_UUID: Final = 2950


def current(team_id: UUID) -> tuple[int, int]:
    """The versions of the numbers and of the definitions now; zeros before the first."""
    store = for_team(team_id)
    rows = _bare(store)
    if rows is None:
        rows = store.fetch(_CURRENT, [store.team])
    return (int(rows[0][0]), int(rows[0][1])) if rows else (0, 0)


def _bare(store: Store) -> list[tuple[Any, ...]] | None:
    """The rows by the driver's plain call; None where that is not to be used, or gave no rows to read.

    Every question begins with this statement, and a remembered answer is over with it: the cursors of Django and of
    the driver cost several times what the call does. Not inside a transaction, which this call would not open, and
    not where somebody listens to statements.
    """
    connection: Any = store.connection
    if connection.vendor != "postgresql" or connection.queries_logged or connection.execute_wrappers:
        return None
    connection.ensure_connection()
    if not connection.autocommit:
        return None
    try:
        found = connection.connection.pgconn.exec_params(_BARE, [store.team_id.bytes], [_UUID], [Format.BINARY])
    except psycopg.Error:
        return None  # the usual way meets the same, and tells it as usual
    if found.status != ExecStatus.TUPLES_OK:
        return None
    return [(found.get_value(row, 0), found.get_value(row, 1)) for row in range(found.ntuples)]


def bump(team_id: UUID, *, definitions: bool = False) -> None:
    """Raise the version in the caller's transaction; with ``definitions``, that of the catalog too."""
    if not _raise(team_id, definitions=definitions):
        # two first pages of a team may meet here: one makes the row, the other waits for it and raises it as well
        DataVersion.objects.bulk_create([DataVersion(team_id=team_id, version=0, definitions=0)], ignore_conflicts=True)
        _raise(team_id, definitions=definitions)


def _raise(team_id: UUID, *, definitions: bool) -> int:
    return DataVersion.objects.filter(team_id=team_id).update(
        version=F("version") + 1, definitions=F("definitions") + (1 if definitions else 0), changed_at=clock.now()
    )
