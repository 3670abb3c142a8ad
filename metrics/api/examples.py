"""Examples in the description of the API."""

from drf_spectacular.utils import OpenApiExample, OpenApiParameter

QUERY = OpenApiExample(
    "Sessions by country, beside the period before",
    request_only=True,
    value={
        "metrics": ["sessions", "conversion_rate"],
        "range": "28d",
        "compare": {"kind": "previous", "match": "weekday"},
        "dimensions": ["country"],
        "filters": [["is_not", "country", ["(not set)"]]],
        "order_by": [["sessions", "desc"]],
        "limit": 10,
    },
)
ANSWER = OpenApiExample(
    "One row",
    response_only=True,
    value={
        "results": [
            {
                "dimensions": {"country": "DE"},
                "metrics": [{"metric": "sessions", "value": 1204.0, "state": "value", "n": 28}],
            }
        ],
        "totals": {"metrics": [{"metric": "sessions", "value": 4310.0, "state": "value", "n": 112}]},
        "other": None,
        "query": {"metrics": ["sessions"], "range": ["2026-02-20", "2026-03-19"], "timezone": "Europe/Berlin"},
        "meta": {
            "timezone": "Europe/Berlin",
            "complete_through": [],
            "provisional": None,
            "restated": [],
            "warnings": [],
            "truncated": False,
            "total": 1,
            "next_cursor": None,
            "data_version": 17,
        },
    },
)
TILES = OpenApiExample(
    "Two tiles",
    response_only=True,
    value={
        "sessions": {
            "value": 4310.0,
            "state": "value",
            "n": 112,
            "label": "Sessions",
            "unit": "count",
            "direction": "up",
            "change": {"absolute": 310.0, "relative": 0.0775, "pp": None, "text": "+310 (+7.8 %)"},
            "previous": 4000.0,
            "rule": "the period before (2026-01-23 to 2026-02-19, weekdays matched)",
            "sparkline": [150.0, 154.0],
        },
        "meta": {
            "range": ["2026-02-20", "2026-03-19"],
            "against": ["2026-01-23", "2026-02-19"],
            "grain": "day",
            "times": ["2026-02-20", "2026-02-21"],
            "timezone": "Europe/Berlin",
            "warnings": [],
            "data_version": 17,
        },
    },
)
TIMELINE = OpenApiExample(
    "A day with a number and one without",
    response_only=True,
    value=[
        {"date": "2026-03-18", "sessions": 150.0, "states": {"sessions": "value"}},
        {"date": "2026-03-19", "sessions": None, "states": {"sessions": "missing"}},
    ],
)


def text(name: str, words: str, **more: object) -> OpenApiParameter:
    """A parameter of the address."""
    return OpenApiParameter(name, str, description=words, **more)  # type: ignore[arg-type]


METRICS = text("metrics", "Keys of metrics, by commas.")
RANGE = text("range", "7d, 28d, 12mo and the like end yesterday; month, quarter, year, all; or two ISO dates.")
COMPARE = text("compare", "previous, year, none, or two ISO dates by a comma.")
MATCH = text("match", "weekday (the default, also when empty) or date.", enum=["weekday", "date", ""])
GRAIN = text("grain", "Buckets.", enum=["hour", "day", "week", "month", "quarter", "year"])
FILTER = text("f", "A filter as dimension:op:values, such as country:is:DE,FR; may be repeated.", many=True)
TODAY = OpenApiParameter("include_today", bool, description="Let 7d and the like end today.")
FORMAT = text("format", "The file.", enum=["csv", "json", "xlsx", "parquet"])
SOURCE = text("source", "Ids of sources, by commas.")
SIDECAR = OpenApiParameter("sidecar", bool, description="Answer with what the file says about itself instead.")
QUESTION = [METRICS, RANGE, COMPARE, MATCH, FILTER, TODAY]
