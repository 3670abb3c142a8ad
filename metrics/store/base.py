"""Where a team's data plane is, and the few things in which the two databases differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Store:
    """One team's data plane: the database alias it lives in, and its id as that database keeps it."""

    team_id: UUID
    alias: str

    @property
    def connection(self) -> BaseDatabaseWrapper:
        return connections[self.alias]

    @property
    def postgres(self) -> bool:
        return self.connection.vendor == "postgresql"

    def id(self, value: UUID) -> Any:
        """A UUID as a parameter of raw SQL: SQLite keeps them as 32 hex digits."""
        return value if self.postgres else value.hex

    def uuid(self, value: Any) -> UUID:
        """A UUID that came back from raw SQL."""
        return value if isinstance(value, UUID) else UUID(value)

    @property
    def team(self) -> Any:
        return self.id(self.team_id)

    def cursor(self) -> CursorWrapper:
        return self.connection.cursor()

    def fetch(self, sql: str, params: Sequence[Any] = ()) -> Rows:
        """All rows of one statement."""
        with self.cursor() as cursor:
            cursor.execute(sql, params)
            rows: Rows = cursor.fetchall()
            return rows

    def run(self, sql: str, params: Sequence[Any] = ()) -> int:
        """Run one statement; returns how many rows it wrote."""
        with self.cursor() as cursor:
            cursor.execute(sql, params)
            return max(int(cursor.rowcount), 0)

    def temporary(self, name: str, columns: str) -> None:
        """An empty temporary table of this connection."""
        with self.cursor() as cursor:
            kept = " ON COMMIT DELETE ROWS" if self.postgres else ""
            if not self._has_temporary(cursor, name):
                cursor.execute(f"CREATE TEMPORARY TABLE {name} ({columns}){kept}")
            cursor.execute(f"DELETE FROM {name}")

    def _has_temporary(self, cursor: CursorWrapper, name: str) -> bool:
        if self.postgres:
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"pg_temp.{name}"])
        else:
            cursor.execute("SELECT count(*) FROM sqlite_temp_master WHERE name = %s", [name])
        return bool(cursor.fetchone()[0])

    def fill(self, name: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        """Write rows into a temporary table: COPY on PostgreSQL, one ``executemany`` on SQLite."""
        with self.cursor() as cursor:
            if self.postgres:
                with cursor.copy(f"COPY {name} ({', '.join(columns)}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
                return
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)  # type: ignore[arg-type]


def for_team(team_id: UUID) -> Store:
    """The store of a team. A team's whole data plane lives in one database."""
    return Store(team_id, "default")
