"""A sensible first plan for a file, for a person to confirm or correct."""

from __future__ import annotations

import re
from typing import Literal

from livinglytics.lib.errors import Invalid
from sources.tabular import amounts
from sources.tabular.plan import DateRole, DimensionRole, MetricRole, Plan, ReviewRoles
from sources.tabular.shape import Column, Reading, Shape

_MEAN = re.compile(
    r"(^|[_\s.-])(rate|ratio|avg|average|mean|median|temp\w*|pct|percent|share|price|score|rating|hum\w*|speed|"
    r"wind\w*|atemp|latency|duration|cpc|ctr|cpm)($|[_\s.-])", re.IGNORECASE)  # fmt: skip
_RUNNING = re.compile(r"(run|cum|total|balance|followers|stock|level)", re.IGNORECASE)
_REVIEW = {
    "text": r"(review|text|comment|body|content|feedback|message|opinion)",
    "title": r"(title|subject|headline|summary)",
    "author": r"(author|user|name|reviewer|customer)",
    "rating": r"(rating|stars?|score|note|grade)",
    "language": r"(lang|language|locale)",
    "url": r"(url|link|permalink)",
    "id": r"(^id$|_id$|review_?id|uuid|guid)",
}
_SIGNS = {"$": "usd", "€": "eur", "£": "gbp", "¥": "jpy"}


def guess_plan(shape: Shape, zone: str = "", reading: Reading | None = None) -> Plan:
    """First date column, numbers as metrics, text with few values as dimensions; or a plan for reviews.

    Raises Invalid when the table has no column of dates, or nothing to store.
    """
    date = next((column for column in shape.columns if column.type in ("date", "datetime")), None)
    if not date:
        raise Invalid(
            "No column looks like a date. Add one, for example as YYYY-MM-DD, or choose the column and its format.",
            details={"plan": ["no date column"]},
        )
    role = DateRole(date.name, date.date_format, date.type == "date", zone if date.type == "datetime" else "")
    others = [column for column in shape.columns if column is not date]
    review = _review(others)
    if review:
        return Plan(role, review=review, reading=reading or Reading())
    taken: list[str] = []
    plan = Plan(
        role,
        metrics=tuple(_metric(c, taken) for c in others if c.type == "number" and not c.codes),
        dimensions=tuple(DimensionRole(c.name, _key(c.name, taken)) for c in others if _splits(c)),
        offered=tuple(column.name for column in others if column.type == "number" and column.codes),
        reading=reading or Reading(),
    )
    if plan.metrics:
        return plan
    codes = [column for column in others if column.name in plan.offered]
    if not codes:
        raise Invalid("No column holds numbers or review texts.", details={"plan": ["nothing to store"]})
    return Plan(plan.date, tuple(_metric(c, taken) for c in codes), plan.dimensions, reading=plan.reading)


def _metric(column: Column, taken: list[str]) -> MetricRole:
    return MetricRole(
        column=column.name,
        key=_key(column.name, taken),
        label=column.name,
        kind=_kind(column),
        number=column.number_format or amounts.PLAIN,
        currency=column.currency,
        unit="percent" if column.percent else _SIGNS.get(column.currency, column.currency.lower() or "count"),
    )


def _kind(column: Column) -> Literal["sum", "mean", "last"]:
    """Shares and fractions are averaged, running totals keep their last value, the rest adds up."""
    if column.rising and _RUNNING.search(column.name):
        return "last"
    fraction = not column.integers and not column.currency and (column.high or 0) <= 1 and (column.low or 0) >= -1
    return "mean" if column.percent or fraction or _MEAN.search(column.name) else "sum"


def _splits(column: Column) -> bool:
    """Text with few different values, each short."""
    few = column.distinct <= 50 and (column.distinct <= 12 or column.distinct * 4 <= column.filled)
    return column.type == "text" and few and column.length <= 60


def _key(name: str, taken: list[str]) -> str:
    base = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")[:56] or "column"
    if not base[0].isalpha():
        base = f"c_{base}"
    key, again = base, 2
    while key in taken:
        key, again = f"{base}_{again}", again + 1
    taken.append(key)
    return key


def _review(columns: list[Column]) -> ReviewRoles | None:
    texts = [c for c in columns if c.type == "text" and re.search(_REVIEW["text"], c.name, re.IGNORECASE)]
    written = [column for column in texts if column.length >= 20 and column.distinct * 2 > column.filled]
    if not written:
        return None
    text = max(written, key=lambda column: column.length)
    found = {"text": text.name}
    rating = None
    for part, pattern in _REVIEW.items():
        fitting = (c for c in columns if c.name not in found.values() and re.search(pattern, c.name, re.IGNORECASE))
        column = next((c for c in fitting if part != "id" or c.distinct == c.filled), None)
        if part != "text" and column:
            found[part] = column.name
            rating = column if part == "rating" else rating
    if rating:
        found |= {"scale": _scale(rating), "number": rating.number_format or amounts.PLAIN}
    return ReviewRoles(**found)


def _scale(column: Column) -> str:
    if column.type != "number" or column.high is None:
        return "thumbs"
    low, high = column.low or 0.0, column.high
    if high <= 1 and not column.integers:
        return "0-1"
    if high <= 5:
        return "0-5" if low < 1 else "1-5"
    if high <= 10:
        return "0-10" if low < 1 else "1-10"
    return "0-100"
