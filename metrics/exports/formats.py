"""The formats of an export by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from livinglytics.lib.errors import Invalid
from metrics.exports import as_csv, as_json, as_parquet, as_xlsx
from metrics.exports.table import Table


@dataclass(frozen=True, slots=True)
class Format:
    """How a table is written: pieces of bytes, one after the other."""

    key: str
    media_type: str
    write: Callable[[Table], Iterator[bytes]]


FORMATS: Final = {
    one.key: one
    for one in (
        Format("csv", "text/csv; charset=utf-8", as_csv.write),
        Format("json", "application/json", as_json.write),
        Format("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx.write),
        Format("parquet", "application/vnd.apache.parquet", as_parquet.write),
    )
}


def format_named(name: str) -> Format:
    """The format, or Invalid saying which there are."""
    if name in FORMATS:
        return FORMATS[name]
    message = f"An export is one of {', '.join(FORMATS)}."
    raise Invalid(message, details={"format": [message]})
