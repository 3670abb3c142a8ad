"""The cursor of an answer: where to go on, over which days, and of which data version the last page was."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from livinglytics.lib.buckets import Period
from livinglytics.lib.errors import Invalid
from metrics.query.filters import as_json
from metrics.query.model import Query


@dataclass(frozen=True, slots=True)
class Page:
    """The rows from ``offset`` on of a question about ``period``; ``version`` is that of the page before."""

    offset: int
    version: int
    period: Period


def write(query: Query, offset: int, version: int) -> str:
    """An opaque text. The days are pinned, so that ``28d`` means the same ones after midnight."""
    days = [query.period.first.isoformat(), query.period.last.isoformat()]
    raw = json.dumps([offset, version, *days, _name(query)], separators=(",", ":"))
    return base64.urlsafe_b64encode(raw.encode()).decode()


def read(raw: Any, query: Query) -> Page:
    """The page a cursor asks for. Raises Invalid for a made-up one and for one of another question."""
    try:
        offset, version, first, last, name = json.loads(base64.b64decode(str(raw), altchars=b"-_", validate=True))
        page = Page(int(offset), int(version), Period(date.fromisoformat(first), date.fromisoformat(last)))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise Invalid("Use next_cursor of an earlier answer as it is.") from None
    if name != _name(query) or not 0 <= page.offset < 2**31:
        raise Invalid("This cursor belongs to another question. Start again without it.")
    return page


def _name(query: Query) -> str:
    """What makes a question the same one; its days and its limit may differ."""
    compare = query.compare
    parts = [
        query.metrics,
        query.grain,
        query.dimensions,
        as_json(query.where),
        query.order_by,
        query.range_text,
        None if compare is None else [compare.kind, compare.match, str(compare.period)],
    ]
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=9).hexdigest()
