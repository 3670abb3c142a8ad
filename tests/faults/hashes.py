"""What a run left behind, as one hash per table: equal hashes mean equal contents, whatever the row ids are."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.faults.world import World

#: readings of Steam's own totals carry the second they were made at, and differ from run to run
_OWN = "{metric} NOT LIKE 'steam.total%'"
TABLES = {
    "raw": "SELECT stream, external_id, digest, source_updated_at FROM sources_rawrecord WHERE stream = 'reviews'",
    "documents": (
        "SELECT external_id, kind, text, author, language, rating, rating_original, url, written_at, edited_at, "
        "bucket, extra, deleted_at FROM metrics_document"
    ),
    "observations": (
        "SELECT s.metric, s.dimensions, s.clock, o.at, o.n, o.value, r.external_id FROM metrics_observation o "
        "JOIN metrics_series s ON s.id = o.series_id JOIN sources_rawrecord r ON r.id = o.raw_id "
        f"WHERE {_OWN.format(metric='s.metric')}"
    ),
    "rollups": (
        "SELECT c.metric, c.dimension, c.value, c.clock, c.fold, c.first_day, c.last_day, r.day, r.n, r.total, "
        "r.squares, r.low, r.high FROM metrics_rollup r JOIN metrics_cut c ON c.id = r.cut_id "
        f"WHERE {_OWN.format(metric='c.metric')}"
    ),
    "restatements": "SELECT metric, day, at, new_value FROM metrics_restatement WHERE metric NOT LIKE 'steam.total%'",
}


def table_hashes(world: World, *, only: str = "") -> dict[str, str]:
    """Table -> rows and hash. ``only``: a source's id, where a world has several."""
    return {name: digest(world.rows(_narrowed(text, world.key(only)))) for name, text in TABLES.items()}


def _narrowed(text: str, source: str) -> str:
    if not source:
        return text
    owner = "s." if " s ON " in text else "c." if " c ON " in text else ""
    return f"{text}{' AND' if ' WHERE ' in text else ' WHERE'} {owner}source_id = '{source}'"


def digest(rows: list[tuple[Any, ...]]) -> str:
    """The number of rows and a hash that doesn't depend on their order."""
    whole = hashlib.blake2b(digest_size=12)
    for line in sorted(json.dumps([_plain(one) for one in row], sort_keys=True) for row in rows):
        whole.update(line.encode() + b"\n")
    return f"{len(rows)}:{whole.hexdigest()}"


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value


def broken_promises(world: World) -> list[str]:
    """What no moment may show: half a page, a rollup that differs from the rows below it. [] when all is well."""
    found = []
    reviews = _count(world, "SELECT count(*) FROM sources_rawrecord WHERE stream = 'reviews'")
    documents = _count(world, "SELECT count(*) FROM metrics_document WHERE deleted_at IS NULL")
    if reviews != documents:
        found.append(f"{reviews} raw reviews but {documents} documents")
    stored = _sums(
        world,
        "SELECT s.metric, sum(o.n), sum(o.value) FROM metrics_observation o JOIN metrics_series s "
        "ON s.id = o.series_id WHERE s.metric NOT LIKE 'steam.total%' GROUP BY s.metric",
    )
    rolled = _sums(
        world,
        "SELECT c.metric, sum(r.n), sum(r.total) FROM metrics_rollup r JOIN metrics_cut c ON c.id = r.cut_id "
        "WHERE c.dimension = '' AND c.metric NOT LIKE 'steam.total%' GROUP BY c.metric",
    )
    found += [
        f"{name}: rows say {stored.get(name)}, rollup {rolled.get(name)}"
        for name in stored.keys() | rolled
        if stored.get(name) != rolled.get(name)
    ]
    return found


def _count(world: World, question: str) -> int:
    return int(world.rows(question)[0][0])


def _sums(world: World, question: str) -> dict[str, tuple[int, float]]:
    return {name: (int(n), round(float(total), 6)) for name, n, total in world.rows(question)}
