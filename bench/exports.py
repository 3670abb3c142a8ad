"""Files: a million observations as CSV, a hundred thousand rows as XLSX (P17, P18)."""

from __future__ import annotations

import csv
import io
import os
import random
from collections.abc import Callable, Iterable
from pathlib import Path

from django.db import connection

from bench.ingest import load_history, vacuum
from bench.measure import Costs, Figure, interleaved
from bench.opponents import wide_rows
from bench.shape import Shape, Tenant, tenant
from bench.wide.models import WideMetric
from metrics.exports import as_xlsx
from metrics.exports.observations import csv_pieces
from metrics.exports.table import Column, Table
from metrics.store import for_team
from metrics.store.raw import Wanted

_COLUMNS = ("metric", "country", "day", "value", "n", "state")


def run(*, quick: bool, rounds: int) -> list[Figure]:
    """One table each, written in turn."""
    shape = Shape(days=20) if quick else Shape(days=365)
    owner = tenant("exporter", 3)
    rows = load_history(owner, shape)
    slow = min(rows, 20_000 if quick else 100_000)
    wide_rows.make_table()
    wide_rows.preload(owner, Shape(days=-(-slow // shape.per_day)))
    vacuum()
    return [*_csv(owner, rows, slow, rounds), *_xlsx(10_000 if quick else 100_000, min(rounds, 3))]


def _drain(pieces: Iterable[bytes]) -> None:
    for _ in pieces:
        pass


def grown(run_it: Callable[[], None]) -> float:
    """MB by which the process grew at its peak during the run."""
    Path("/proc/self/clear_refs").write_text("5")
    before = _status("VmRSS")
    run_it()
    return max(_status("VmHWM") - before, 0.0)


def _status(name: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    return 0.0


def _models(slow: int) -> None:
    """The usual export: model objects from ``iterator()`` into the csv module."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    rows = WideMetric.objects.order_by("pk")[:slow].iterator(chunk_size=2000)
    for row in rows:
        writer.writerow(
            [row.source_id, row.metric, row.dimensions, row.day.isoformat(), row.dim_hash, row.value, row.created_at]
        )
        if buffer.tell() > 65_536:
            buffer.seek(0)
            buffer.truncate()


def _copy(owner: Tenant) -> None:
    """The limit: the same join, nothing made inert, no names of clocks or days."""
    sql = (
        "COPY (SELECT s.source_id, s.metric, s.dimensions, s.clock, o.at, o.n, o.value, o.raw_id "
        "FROM metrics_series s JOIN metrics_observation o ON o.series_id = s.id WHERE s.team_id = %s) "
        "TO STDOUT (FORMAT csv)"
    )
    with connection.cursor() as cursor, cursor.copy(sql, [owner.team.pk]) as lines:
        for _ in lines:
            pass


def _csv(owner: Tenant, rows: int, slow: int, rounds: int) -> list[Figure]:
    store = for_team(owner.team.pk)

    def ours() -> None:
        _drain(csv_pieces(store, Wanted()))

    memory = grown(ours)
    costs = interleaved(
        {"ours": lambda _: ours(), "copy": lambda _: _copy(owner), "models": lambda _: _models(slow)}, rounds
    )
    rate = {name: count / costs[name].middle() for name, count in (("ours", rows), ("copy", rows), ("models", slow))}
    cpu = f"CPU {_cpu(costs['ours'], rows)}, COPY {_cpu(costs['copy'], rows)}, "
    cpu += f"models {_cpu(costs['models'], slow)} µs/row"
    name = f"CSV of {rows:,} observations"
    return [
        Figure("P17", name, rate["ours"], rate["models"], rate["ours"] / rate["models"], 8, "at least", "rows/s",
               f"iterator() of models ({slow:,} rows)", cpu),
        Figure("P17", name, rate["ours"], rate["copy"], rate["ours"] / rate["copy"], 0.6, "at least", "rows/s",
               "bare COPY TO STDOUT"),
        Figure("P17", f"{name}, memory growth", memory, 16, memory, 16, "at most", "MB", "limit"),
    ]  # fmt: skip


def _cpu(costs: Costs, rows: int) -> str:
    return f"{costs.middle('cpu') / rows * 1e6:.1f}"


def _cells(count: int) -> Iterable[tuple[str | float, ...]]:
    generator = random.Random(7)
    for number in range(count):
        value = round(generator.lognormvariate(5, 1), 2)
        yield (f"shop.measure_{number % 16:02}", f"C{number % 19}", "2026-06-30", value, number % 7, "value")


def _xlsx(count: int, rounds: int) -> list[Figure]:
    def ours() -> None:
        kinds = ("text", "text", "text", "number", "whole", "text")
        columns = tuple(Column(name, kind) for name, kind in zip(_COLUMNS, kinds, strict=True))
        _drain(as_xlsx.write(Table("bench", columns, _cells(count), {"rows": count})))

    def theirs() -> None:
        from openpyxl import Workbook

        book = Workbook(write_only=True)
        sheet = book.create_sheet("Data")
        sheet.append(_COLUMNS)
        for row in _cells(count):
            sheet.append(row)
        book.save(str(Path(os.environ["DATA_DIR"]) / "bench.xlsx"))

    memory = grown(ours)  # the first run: a later one would reuse memory that the process kept
    costs = interleaved({"ours": lambda _: ours(), "theirs": lambda _: theirs()}, rounds)
    rate = {name: count / one.middle("cpu") for name, one in costs.items()}
    return [
        Figure("P18", f"XLSX of {count:,} rows", rate["ours"], rate["theirs"], rate["ours"] / rate["theirs"], 1.5,
               "at least", "rows/CPU s", "openpyxl write-only"),
        Figure("P18", f"XLSX of {count:,} rows, memory growth", memory, 40, memory, 40, "at most", "MB", "limit"),
    ]  # fmt: skip
