"""The short words under an axis: as much of a date as the label before it doesn't already say."""

from __future__ import annotations

from datetime import date, datetime

from metrics.charts.shapes import Point


def tick_words(points: tuple[Point, ...], shown: tuple[int, ...], grain: str = "day") -> list[str]:
    """One text per shown point: 14:00 · 14 Nov · Nov · Q4, with the day or year where it changes."""
    words: list[str] = []
    before: date | None = None
    years = len({points[index].iso[:4] for index in shown}) > 1
    for index in shown:
        day = _day(points[index].iso)
        words.append(points[index].label if day is None else _short(day, points[index], before, grain, years))
        before = day
    return words


def _short(day: date, point: Point, before: date | None, grain: str, years: bool) -> str:
    turned = before is None or before.year != day.year
    if grain == "hour":
        clock = datetime.fromisoformat(point.iso).strftime("%H:%M")
        return clock if before == day else f"{day.day} {day:%b}, {clock}"
    if grain == "month":
        return f"{day:%b} {day.year}" if turned else f"{day:%b}"
    if grain in ("quarter", "year"):
        return point.label
    tail = f" {day.year}" if years and turned else ""
    return f"{day.day} {day:%b}{tail}"


def _day(iso: str) -> date | None:
    try:
        return date.fromisoformat(iso[:10])
    except ValueError:
        return None
