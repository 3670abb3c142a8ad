"""World four: calls to Harbor's own API, their errors and how long they take."""

from __future__ import annotations

from datetime import date

from sources.demo import seasons
from sources.demo.chance import dice
from sources.demo.payload import Cells, Page, Payload
from sources.demo.plot import Effects, effects

DIMENSIONS = dict.fromkeys(("api_calls", "api_errors", "api_latency_ms"), ("endpoint",))
METRICS = (*DIMENSIONS, "api_latency_p95")

#: endpoint -> (calls on a usual day, usual error rate, median milliseconds)
_ENDPOINTS = {
    "/v1/tasks": (21_000, 0.0035, 62),
    "/v1/boards": (12_500, 0.0030, 85),
    "/v1/sync": (16_000, 0.0055, 120),
    "/v1/search": (5_200, 0.0040, 210),
    "/v1/login": (2_600, 0.0160, 145),
    "/v1/export": (420, 0.0220, 1_450),
}
#: Log standard deviation of single calls: the 95th percentile lies at about 3.2 times the median.
_TAIL = 0.70
#: Calls per day whose exact time and duration are kept.
SAMPLES = 72


def tell(page: Page) -> Payload:
    """The whole day, as if it were over."""
    what = effects(page.day, page.anchor)
    roll = dice("api", page.day)
    usual = seasons.level(page.day, 0.36) * seasons.CALLS_WEEK[page.day.weekday()] * seasons.rest(page.day, 0.35)
    usual *= what.traffic**0.6 * roll.around(0.035)
    calls: Cells = {}
    errors: Cells = {}
    latency: dict[str, list[float]] = {}
    for endpoint, (per_day, error_rate, median) in _ENDPOINTS.items():
        made = roll.negbin(per_day * usual, 0.05)
        worst = 1.15 if endpoint in ("/v1/login", "/v1/sync") else 0.8
        shift = what.call_errors if what.call_errors == 1 else what.call_errors * worst
        calls[endpoint] = made
        errors[endpoint] = roll.binomial(made, min(0.6, error_rate * shift * roll.around(0.16)))
        latency[endpoint] = [round(made * median * 1.28 * what.latency * roll.around(0.05)), made]
    return {
        "day": page.day.isoformat(),
        "counts": {"api_calls": calls, "api_errors": errors},
        "means": {"api_latency_ms": latency},
        "fixed": {},
        "instants": {"api_latency_p95": _samples(page, what)},
    }


def _samples(page: Page, what: Effects) -> list[list[float]]:
    """Single calls at distinct whole seconds, three in each twenty-fourth of the day."""
    roll = dice("samples", page.day)
    names, weights = list(_ENDPOINTS), [calls for calls, _, _ in _ENDPOINTS.values()]
    seen: dict[int, float] = {}
    for slot in range(SAMPLES):
        at = int(page.moment((slot + roll.random() * 0.98) / SAMPLES).timestamp())
        busy = 0.85 + 0.3 * seasons.HOURS[min(23, slot * 24 // SAMPLES)] / max(seasons.HOURS)
        median = _ENDPOINTS[roll.weighted(names, weights)][2]
        seen[at] = round(median * what.latency * busy * _day_factor(page.day) * roll.around(_TAIL), 1)
    return [[at, value] for at, value in sorted(seen.items())]


def _day_factor(day: date) -> float:
    return dice("latency", day).around(0.05)
