"""What each column seems to hold, judged from the first rows. Guesses are shown, never silently applied."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from sources.tabular import amounts, dates
from sources.tabular.shape import Column, Value

_TIME_NAMES = re.compile(r"(^|_|\b)(ts|time|timestamp|date|created|updated|at|when)($|_|\b)", re.IGNORECASE)
_CODE_NAMES = re.compile(
    r"(^|[_\s.-])(id|code|zip|plz|postcode|yr|year|mnth|month|weekday|hour|week|quarter|no|nr|number|type|class|level|"
    r"version|port|status)s?($|[_\s.-])", re.IGNORECASE)  # fmt: skip


def study(name: str, values: Sequence[Value]) -> Column:
    """Type, format and a few facts of one column; ``values`` are its cells in the studied rows."""
    filled = [value for value in values if not amounts.is_missing(value)]
    distinct = dict.fromkeys(str(value) for value in filled)
    base = Column(
        name=name,
        filled=len(filled),
        missing=len(values) - len(filled),
        distinct=len(distinct),
        examples=tuple(text[:80] for text in list(distinct)[:5]),
        length=sum(map(len, distinct)) / len(distinct) if distinct else 0.0,
    )
    if not filled:
        return _changed(base, type="empty")
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in filled):
        return _as_unix(base, filled) or _as_number(base, filled, amounts.PLAIN)
    texts = [str(value) for value in filled]
    return _as_date(base, texts) or _as_unix(base, filled) or _as_amount(base, texts) or base


def _changed(column: Column, **facts: object) -> Column:
    values = {name: getattr(column, name) for name in Column.__dataclass_fields__}
    return Column(**(values | facts))


def _as_date(base: Column, texts: list[str]) -> Column | None:
    found = dates.guess(texts)
    if not found:
        return None
    return _changed(
        base,
        type="date" if dates.is_daily(found.format) or found.midnight else "datetime",
        date_format=found.format,
        date_candidates=found.candidates,
        ambiguous=found.ambiguous,
        midnight=found.midnight,
    )


def _as_unix(base: Column, filled: Sequence[Value]) -> Column | None:
    """Large whole numbers count as times only where the column's name says so."""
    if not _TIME_NAMES.search(base.name):
        return None
    try:
        numbers = [float(str(value)) for value in filled]
    except ValueError:
        return None
    for name, low, high in ((dates.UNIX[0], 3e8, 5e9), (dates.UNIX[1], 3e11, 5e12)):
        if all(low <= number <= high for number in numbers):
            return _changed(base, type="datetime", date_format=name, date_candidates=(name,))
    return None


def _as_amount(base: Column, texts: list[str]) -> Column | None:
    found = amounts.guess(texts)
    if not found:
        return None
    column = _as_number(base, texts, found.format, found.currency)
    return _changed(
        column,
        number_candidates=found.candidates,
        ambiguous=found.ambiguous,
        percent=found.percent,
        currency=found.currency,
    )


def _as_number(base: Column, filled: Sequence[Value], style: str, currency: str = "") -> Column:
    read = amounts.reader(style, currency)
    numbers = []
    for value in filled:
        try:
            numbers.append(read(value))
        except amounts.NumberError:
            continue
    integers = all(number.is_integer() for number in numbers)
    return _changed(
        base,
        type="number",
        number_format=style,
        number_candidates=(style,),
        integers=integers,
        codes=integers and _looks_like_codes(base, numbers),
        rising=len(numbers) > 2 and all(a <= b for a, b in pairwise(numbers)),
        low=min(numbers, default=None),
        high=max(numbers, default=None),
    )


def _looks_like_codes(base: Column, numbers: list[float]) -> bool:
    """Few different whole numbers, a column called "id", or numbers that only count the rows."""
    if _CODE_NAMES.search(base.name):
        return True
    counts_rows = len(numbers) > 20 and all(b - a == 1 for a, b in pairwise(numbers))
    few = len(numbers) >= 40 and base.distinct <= 12 and base.distinct < len(numbers) / 10
    return counts_rows or few
