"""What a database holds, as a row count and a hash for each table. The order of the rows doesn't matter."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from psycopg import Connection, sql

_FIELD: Final = 2**64


@dataclass(frozen=True, slots=True)
class Contents:
    """One table. ``hash`` is the sum of the hashes of its rows, modulo 2^64, in hex."""

    rows: int
    hash: str


def of_sqlite(database: sqlite3.Connection) -> dict[str, Contents]:
    """The tables of an open SQLite database."""
    names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    tables = [str(name) for (name,) in database.execute(names)]
    return {name: _summed(database.execute(f'SELECT * FROM "{name}"')) for name in tables}  # noqa: S608 - its own names


def _summed(rows: Iterable[tuple[Any, ...]]) -> Contents:
    count = total = 0
    for row in rows:
        count += 1
        total += int.from_bytes(hashlib.blake2b(repr(row).encode("utf-8", "surrogatepass"), digest_size=8).digest())
    return Contents(count, f"{total % _FIELD:016x}")


def of_postgres(database: Connection[Any]) -> dict[str, Contents]:
    """The tables that the connection's transaction sees; added up by the server."""
    database.execute("SET LOCAL timezone = 'UTC'; SET LOCAL extra_float_digits = 1; SET LOCAL datestyle = 'ISO'")
    found = database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    return {name: _of_table(database, name) for (name,) in found.fetchall()}


def _of_table(database: Connection[Any], name: str) -> Contents:
    question = sql.SQL(
        "SELECT count(*), coalesce(sum(('x' || left(md5(t::text), 16))::bit(64)::bigint::numeric), 0) FROM {} t"
    )
    ((rows, total),) = database.execute(question.format(sql.Identifier("public", name))).fetchall()
    return Contents(int(rows), f"{int(total) % _FIELD:016x}")


def differences(wanted: dict[str, Contents], found: dict[str, Contents]) -> list[str]:
    """In words, what is not as it should be; [] when all is."""
    return [
        f"{name}: {_told(wanted.get(name))} in the backup, {_told(found.get(name))} here"
        for name in sorted(wanted.keys() | found.keys())
        if wanted.get(name) != found.get(name)
    ]


def _told(one: Contents | None) -> str:
    return "no such table" if one is None else f"{one.rows} rows ({one.hash})"
