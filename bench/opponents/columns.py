"""The column engines inside one process: DuckDB and chDB over the same raw rows."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow
import pyarrow.parquet

#: team, source, metric, day, country, device, value
Raw = tuple[int, int, str, int, str, str, float]
_NAMES = ("team", "source", "metric", "day", "country", "device", "value")


class Engine(Protocol):
    """Answers SQL with rows."""

    def rows(self, sql: str) -> list[Any]: ...


def write_parquet(rows: Iterable[Raw], path: Path) -> None:
    """The rows as one file that both engines load."""
    columns = list(zip(*rows, strict=True))
    types = (pyarrow.int32(), pyarrow.int32(), pyarrow.string(), pyarrow.int32(), pyarrow.string(), pyarrow.string(),
             pyarrow.float64())  # fmt: skip
    arrays = [pyarrow.array(column, kind) for column, kind in zip(columns, types, strict=True)]
    pyarrow.parquet.write_table(pyarrow.table(arrays, names=list(_NAMES)), path)


class DuckDB:
    """A native DuckDB file."""

    def __init__(self, folder: Path, parquet: Path) -> None:
        self._connection = duckdb.connect(str(folder / "raw.duckdb"))
        self._connection.execute(
            f"CREATE TABLE raw AS SELECT * FROM read_parquet('{parquet}') ORDER BY team, metric, day"
        )

    def rows(self, sql: str) -> list[Any]:
        return self._connection.execute(sql).fetchall()


class ChDB:
    """A MergeTree ordered by team, metric and day, in ClickHouse's embedded form."""

    def __init__(self, folder: Path, parquet: Path) -> None:
        from chdb import session

        self._session = session.Session(str(folder / "chdb"))
        self._session.query("CREATE DATABASE bench ENGINE = Atomic")
        self._session.query(
            "CREATE TABLE bench.raw (team Int32, source Int32, metric LowCardinality(String), day Int32, "
            "country LowCardinality(String), device LowCardinality(String), value Float64) "
            "ENGINE = MergeTree ORDER BY (team, metric, day)"
        )
        self._session.query(f"INSERT INTO bench.raw SELECT * FROM file('{parquet}', Parquet)")
        self._session.query("OPTIMIZE TABLE bench.raw FINAL")

    def rows(self, sql: str) -> list[Any]:
        text = self._session.query(sql.replace("FROM raw", "FROM bench.raw"), "TabSeparated").bytes().decode()
        return [line.split("\t") for line in text.splitlines()]
