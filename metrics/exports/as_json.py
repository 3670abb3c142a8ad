"""JSON: what the file says about itself, then the rows as objects, written piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import orjson

from metrics.exports.table import Table

_ROWS = 2_000


def write(table: Table) -> Iterator[bytes]:
    """``{"about": {...}, "rows": [{...}, …]}``."""
    yield b'{"about":' + orjson.dumps(table.about) + b',"rows":['
    names = [column.name for column in table.columns]
    rows = iter(table.rows)
    first = True
    while slice_ := [orjson.dumps(dict(zip(names, row, strict=True))) for row in islice(rows, _ROWS)]:
        yield (b"" if first else b",") + b",".join(slice_)
        first = False
    yield b"]}"
