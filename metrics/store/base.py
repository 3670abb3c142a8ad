"""Where a team's data plane is, and the few things in which the two databases differ."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

Rows = list[tuple[Any, ...]]
#: at the end of an EXISTS: PostgreSQL then looks up row by row, and never turns it into a join
ROW_BY_ROW = "LIMIT 1 OFFSET 0"
_BY_KEY = {
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    # without statistics of fresh rows it takes a table that has just grown for a tiny one, and reads it whole per row
    "enable_seqscan": "off",
    "jit": "off",
    # else it reads a whole series for one of its days, trusting that the next reading finds it in memory
    "random_page_cost": "1",
    "effective_cache_size": "'1MB'",
}


@dataclass(frozen=True, slots=True)
class Table:
    """A temporary table. SQLite keeps it sorted by ``key``, which must be unique."""

    name: str
    columns: str
    key: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.split()[0] for column in self.columns.split(", "))

    def ddl(self, *, keyed: bool) -> str:
        made = f"CREATE TEMPORARY TABLE IF NOT EXISTS {self.name} ({self.columns}"
        if not keyed:
            return f"{made}) ON COMMIT DELETE ROWS"
        return f"{made}, PRIMARY KEY ({self.key})) WITHOUT ROWID" if self.key else f"{made})"


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

    @property
    def number(self) -> str:
        """The column type of a stored number."""
        return "numeric" if self.postgres else "real"

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

    def share(self) -> None:
        """Until the end of the transaction nobody is ``alone``: pages are written side by side."""
        self._lock("pg_advisory_xact_lock_shared")

    def alone(self) -> None:
        """Until the end of the transaction no page of the team is written: its days are added up in another way."""
        self._lock("pg_advisory_xact_lock")

    def _lock(self, function: str) -> None:
        # SQLite has one writer at a time anyway
        if self.postgres:
            halves = struct.unpack(">qq", self.team_id.bytes)
            self.fetch(f"SELECT {function}(%s)", [halves[0] ^ halves[1]])

    @contextmanager
    def by_key(self) -> Iterator[None]:
        """Inside, PostgreSQL finds rows of the large tables by their key, one by one.

        It knows nothing about temporary tables and would rather read a large table whole: what a page
        costs would grow with everything stored before. Needs a transaction.
        """
        if not self.postgres:
            yield
            return
        self.run("; ".join(f"SET LOCAL {name} = {value}" for name, value in _BY_KEY.items()))
        yield
        self.run("; ".join(f"SET LOCAL {name} TO DEFAULT" for name in _BY_KEY))

    @contextmanager
    def by_hash(self) -> Iterator[None]:
        """Inside ``by_key``, for one statement that joins two temporary tables: those have no keys."""
        if not self.postgres:
            yield
            return
        self.run("SET LOCAL enable_hashjoin = on")
        yield
        self.run("SET LOCAL enable_hashjoin = off")

    def prepare(self, *tables: Table) -> None:
        """Empty temporary tables of this connection, in one round trip."""
        made = [table.ddl(keyed=not self.postgres) for table in tables]
        emptied = [f"DELETE FROM {table.name}" for table in tables]
        if self.postgres:
            self.run("; ".join(("SET LOCAL client_min_messages = warning", *made, *emptied)))
            return
        for statement in (*made, *emptied):
            self.run(statement)

    def refill(self, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
        """Write rows into a temporary table that holds just these afterwards."""
        self.prepare(table)
        self.fill(table.name, table.names, rows)

    def fill(self, name: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        """Write new rows into a table: COPY on PostgreSQL, one ``executemany`` on SQLite."""
        listed = ", ".join(columns)
        with self.cursor() as cursor:
            if self.postgres:
                with cursor.copy(f"COPY {name} ({listed}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
                return
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {name} ({listed}) VALUES ({marks})", rows)  # type: ignore[arg-type]

    def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run one statement for each row of parameters."""
        if rows:
            with self.cursor() as cursor:
                cursor.executemany(sql, rows)

    def among(self, column: str, values: Collection[int]) -> tuple[str, list[Any]]:
        """A condition on a column of whole numbers, whatever their count, and its parameters."""
        if self.postgres:
            return f"{column} = ANY(%s)", [list(values)]
        return f"{column} IN (SELECT value FROM json_each(%s))", [orjson.dumps(list(values)).decode()]

    def each(self, table: str, alias: str, where: str, *, left: bool = False) -> str:
        """A join that looks rows of a large table up by key, for each row of what stands before it in the text.

        LATERAL and OFFSET 0 leave PostgreSQL no other way. It would take another where it believes a table to be
        empty that was emptied, vacuumed and filled again, and read all of it once per row.
        """
        if self.postgres:
            inner = f"LATERAL (SELECT {alias}.* FROM {table} {alias} WHERE {where} OFFSET 0) {alias}"
            return f"LEFT JOIN {inner} ON true" if left else f"CROSS JOIN {inner}"
        return f"{'LEFT' if left else 'CROSS'} JOIN {table} {alias} ON {where}"

    def stream(self, sql: str, params: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Rows of one statement, never all of them in memory."""
        with self.connection.chunked_cursor() as cursor:
            cursor.execute(sql, params)
            while rows := cursor.fetchmany(2_000):
                yield from rows


def for_team(team_id: UUID) -> Store:
    """The store of a team. A team's whole data plane lives in one database."""
    return Store(team_id, "default")
