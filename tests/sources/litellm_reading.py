"""What the tests of the LiteLLM connector share: when it is, a reader, and the numbers a fake should lead to."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sources.connectors.litellm import LiteLlm, LiteLlmConfig
from sources.records import MetricPoint
from tests.fakes.litellm import KEY, LiteLlmFake
from tests.sources.reading import Reader

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TODAY = NOW.date()
DAY = timedelta(days=1)
LITELLM = LiteLlm()
PROXY = LiteLlmConfig("https://litellm.example.com", KEY, since=TODAY - 5 * DAY)


def reading(fake: LiteLlmFake, config: LiteLlmConfig = PROXY) -> Reader:
    """A reader whose team lives in New York: the days have to stay LiteLLM's."""
    return Reader(LITELLM, fake, config, now=NOW)


def at(day: date, hour: int = 9, minute: int = 0, second: float = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC) + timedelta(seconds=second)


def points(reader: Reader) -> list[MetricPoint]:
    """All that the kept days are mapped to."""
    found = [one for row in reader.rows.values() for one in LITELLM.map("calls", row, reader.config)]
    return [one for one in found if isinstance(one, MetricPoint)]


def totals(reader: Reader, metric: str = "ai_sessions") -> dict[date, float]:
    """Day -> sum of one metric."""
    found: Counter[date] = Counter()
    for one in points(reader):
        assert isinstance(one.at, date)
        if one.metric == metric:
            found[one.at] += one.value  # type: ignore[assignment]
    return {day: round(value, 9) for day, value in found.items()}


def truth(fake: LiteLlmFake, field: str = "", until: datetime = NOW) -> dict[date, float]:
    """Day -> number of calls of the fake, or the sum of one of their fields."""
    found: Counter[date] = Counter()
    for one in fake.calls.values():
        moment = datetime.fromisoformat(str(one["startTime"]))
        if moment <= until:
            value: Any = one[field] if field else 1
            found[moment.date()] += value
    return {day: round(value, 9) for day, value in found.items()}


def promised(reader: Reader, metric: str = "ai_sessions") -> list[date]:
    """The days that the last run promised for a metric."""
    found = [one for batch in reader.batches for one in batch.complete if metric in one.metrics]
    assert all(one.first == one.last for one in found)
    return [one.first for one in found]
