"""What a question may look like, and how a wrong one is refused."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.http import QueryDict

from accounts.models import Team
from livinglytics.lib.buckets import Period
from livinglytics.lib.errors import Invalid
from metrics.query import paging
from metrics.query.filters import as_json
from metrics.query.model import Compare, Workspace
from metrics.query.request import from_body, from_params
from tests.metrics.build import NOW, land_records, point

BERLIN = Workspace(uuid4(), "Europe/Berlin")


def body(**more: Any) -> dict[str, Any]:
    return {"metrics": ["sessions"], **more}


def asked(**more: Any) -> Any:
    return from_body(body(**more), BERLIN, now=NOW).query


def refusal(**more: Any) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as caught:
        from_body(body(**more), BERLIN, now=NOW)
    return caught.value.details


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("7d", "2026-03-13", "2026-03-19"),
        ("28d", "2026-02-20", "2026-03-19"),
        ("12mo", "2025-04-01", "2026-03-19"),
        ("month", "2026-03-01", "2026-03-20"),
        ("quarter", "2026-01-01", "2026-03-20"),
        ("year", "2026-01-01", "2026-03-20"),
        ("2026-01-05,2026-01-09", "2026-01-05", "2026-01-09"),
        (["2026-01-05", "2026-01-09"], "2026-01-05", "2026-01-09"),
    ],
)
def test_ranges_become_absolute_days(text: Any, first: str, last: str) -> None:
    assert asked(range=text).period == Period(date.fromisoformat(first), date.fromisoformat(last))


def test_ranges_of_days_end_yesterday_unless_today_is_asked_for() -> None:
    assert asked(range="7d", include_today=True).period.last == date(2026, 3, 20)
    # 23:30 UTC on the 20th is already the 21st in Berlin
    late = datetime.fromisoformat("2026-03-20T23:30:00+00:00")
    assert from_body(body(range="7d"), BERLIN, now=late).query.period.last == date(2026, 3, 20)


def test_without_a_range_it_is_the_last_28_whole_days() -> None:
    assert asked().period == Period(date(2026, 2, 20), date(2026, 3, 19))


@pytest.mark.django_db
def test_all_time_begins_with_the_first_stored_day_of_these_metrics() -> None:
    team = Team.objects.create(slug="north", name="North", time_zone="Europe/Berlin")
    land_records(team, [point("sessions", "2025-06-01", 4), point("conversions", "2024-01-01", 4)])
    here = Workspace(team.pk, team.time_zone)
    assert from_body(body(range="all"), here, now=NOW).query.period == Period(date(2025, 6, 1), date(2026, 3, 20))
    ratio = from_body({"metrics": ["conversion_rate"], "range": "all"}, here, now=NOW).query
    assert ratio.period.first == date(2024, 1, 1)
    empty = from_body({"metrics": ["revenue"], "range": "all"}, here, now=NOW).query
    assert empty.period == Period(date(2026, 3, 20), date(2026, 3, 20))


@pytest.mark.django_db
def test_all_time_reaches_back_twenty_years_and_says_so() -> None:
    team = Team.objects.create(slug="north", name="North")
    land_records(team, [point("sessions", "1990-06-01", 4)])
    found = from_body(body(range="all"), Workspace(team.pk), now=NOW)
    assert found.query.period.days == 366 * 20
    assert "twenty years" in found.notices[0]


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("previous", Compare()),
        ("year", Compare("year")),
        ({"kind": "year", "match": "date"}, Compare("year", "date")),
        (
            {"kind": "custom", "period": ["2025-01-01", "2025-01-31"]},
            Compare("custom", "weekday", Period(date(2025, 1, 1), date(2025, 1, 31))),
        ),
        (
            {"period": "2025-01-01,2025-01-31"},
            Compare("custom", "weekday", Period(date(2025, 1, 1), date(2025, 1, 31))),
        ),
    ],
)
def test_comparisons_are_a_word_or_an_object(raw: Any, wanted: Compare) -> None:
    assert asked(compare=raw).compare == wanted


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("metrics", []),
        ("metrics", [1]),
        ("metrics", ["a", "a"]),
        ("metrics", [f"m{n}" for n in range(21)]),
        ("metrics", ["a\x00b"]),
        ("range", "tomorrow"),
        ("range", "0d"),
        ("range", 7),
        ("range", ["2026-01-01"]),
        ("range", "2026-02-01,2026-01-01"),
        ("range", "2026-02-30,2026-03-01"),
        ("range", "0001-01-01,0001-02-01"),
        ("range", "9999-01-01,9999-02-01"),
        ("compare", "yesterday"),
        ("compare", ["previous"]),
        ("compare", {"kind": "custom"}),
        ("compare", {"kind": "previous", "period": "2025-01-01,2025-01-31"}),
        ("compare", {"kind": "custom", "period": "7d"}),
        ("compare", {"match": "moon"}),
        ("compare", {"speed": 1}),
        ("grain", "minute"),
        ("grain", ["day"]),
        ("grain", {}),
        ("dimensions", ["a", "b", "c", "d", "e"]),
        ("dimensions", ["time"]),
        ("dimensions", {"a": 1}),
        ("filters", "country"),
        ("filters", ["is", "country"]),
        ("filters", ["like", "country", ["DE"]]),
        ("filters", ["not", ["not", ["not", ["not", ["not", ["not", ["is", "a", ["b"]]]]]]]]),
        ("order_by", "sessions"),
        ("order_by", [["revenue", "desc"]]),
        ("order_by", [["sessions", "down"]]),
        ("order_by", [["sessions"]]),
        ("limit", 0),
        ("limit", 1001),
        ("limit", "ten"),
        ("limit", True),
        ("limit", 1.5),
        ("cursor", "abc"),
        ("cursor", 7),
        ("cursor", "W10="),
        ("include_today", "yes"),
        ("sessions", True),
    ],
)
def test_every_wrong_value_is_refused_by_the_name_of_its_field(field: str, value: Any) -> None:
    given = {"metrics": ["sessions"], field: value}
    with pytest.raises(Invalid) as caught:
        from_body(given, BERLIN, now=NOW)
    assert list(caught.value.details) == [field]
    assert caught.value.details[field][0].endswith(".")


def test_all_wrong_fields_are_named_at_once() -> None:
    assert set(refusal(range="x", grain="y", limit=-1, nonsense=1)) == {"range", "grain", "limit", "nonsense"}


@pytest.mark.parametrize("raw", [None, [], "sessions", 7])
def test_a_body_that_is_no_object_is_refused(raw: Any) -> None:
    with pytest.raises(Invalid):
        from_body(raw, BERLIN, now=NOW)


def test_exports_have_no_limit_of_their_own() -> None:
    assert from_body(body(), BERLIN, now=NOW).query.limit == 1000
    assert from_body(body(), BERLIN, now=NOW, largest=None).query.limit is None
    assert from_body(body(limit=5_000), BERLIN, now=NOW, largest=None).query.limit == 5_000


def test_a_cursor_pins_the_days_and_belongs_to_its_question() -> None:
    query = asked(range="7d", dimensions=["country"], limit=5)
    cursor = paging.write(query, 5, 17)
    later = datetime.fromisoformat("2026-03-21T12:00:00+00:00")
    found = from_body(body(range="7d", dimensions=["country"], limit=5, cursor=cursor), BERLIN, now=later)
    assert (found.query.offset, found.query.period, found.version) == (5, query.period, 17)
    assert list(refusal(range="28d", dimensions=["country"], cursor=cursor)) == ["cursor"]


def test_an_address_asks_the_same_as_a_body() -> None:
    params = QueryDict(
        "metrics=sessions,conversions&range=28d&compare=year&match=date&grain=day&by=country&limit=7"
        "&f=device:is:phone,tablet&f=city:contains_not:a%252Cb&order_by=time:desc,sessions&include_today=1"
    )
    by_body = {
        "metrics": ["sessions", "conversions"],
        "range": "28d",
        "compare": {"kind": "year", "match": "date"},
        "grain": "day",
        "dimensions": ["country"],
        "limit": 7,
        "filters": [["is", "device", ["phone", "tablet"]], ["contains_not", "city", ["a,b"]]],
        "order_by": [["time", "desc"], ["sessions", "asc"]],
        "include_today": True,
    }
    assert from_params(params, BERLIN, now=NOW) == from_body(by_body, BERLIN, now=NOW)


@pytest.mark.parametrize(
    "text", ["metrics=sessions&colour=red", "metrics=sessions&f=oops", "metrics=sessions&filters=["]
)
def test_the_address_of_the_api_is_as_strict_as_a_body(text: str) -> None:
    with pytest.raises(Invalid):
        from_params(QueryDict(text), BERLIN, now=NOW)


def test_filters_as_json_in_an_address_are_read() -> None:
    found = from_params(QueryDict('metrics=sessions&filters=["is","country",["DE"]]'), BERLIN, now=NOW).query
    assert as_json(found.where) == [["is", "country", ["DE"]]]
