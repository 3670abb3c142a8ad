from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime

import pytest

from livinglytics.lib.errors import Invalid
from sources.records import Document, MetricPoint
from sources.tabular import Plan, guess_plan, inspect, preview, rows, signature
from tests.sources.tabular.files import looked, plan_json, real

REVIEWS = b"""review_id,created_at,author,stars,title,review_text,language
r1,2026-01-01 10:00:00,Ann,5,Great,"I like how quickly this opens, and it never lost a thing.",en
r2,2026-01-02 11:00:00,Bob,1,Bad,"It stopped in the middle of my work, twice in one week.",en
"""


def test_a_plan_survives_its_json():
    plan = guess_plan(looked(REVIEWS), "Europe/Berlin")
    assert Plan.from_json(plan.to_json()) == plan
    plan = Plan.from_json(plan_json(dimensions=[{"column": "country", "key": "country"}], zero_days=True))
    assert Plan.from_json(json.loads(plan.to_json())) == plan


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"metrics": []}, "at least one column"),
        ({"colour": 1}, "unknown part"),
        ({"date": {"column": "day", "format": "DDMM"}}, "date format"),
        ({"date": {"column": "day"}}, "misses a part"),
        ({"date": None}, "missing"),
        ({"date": {"column": 5, "format": "YYYY-MM-DD"}}, "wrong type"),
        ({"metrics": [{"column": "visits", "key": "Visits!"}]}, "not a key"),
        ({"metrics": [{"column": "a", "key": "n"}, {"column": "b", "key": "n"}]}, "same key"),
        ({"metrics": [{"column": "a", "key": "n", "number": "?"}]}, "number format"),
        ({"metrics": [{"column": "a", "key": "n", "kind": "median"}]}, "kind of metric"),
        ({"metrics": "visits"}, "not a list"),
        ({"date": {"column": "day", "format": "YYYY-MM-DD", "zone": "Mars/Base"}}, "time zone"),
        ({"review": {"text": "t", "rating": "r", "scale": "1-7"}}, "rating scale"),
    ],
)
def test_a_plan_that_cannot_work_is_refused_by_name(parts, words):
    with pytest.raises(Invalid, match=words):
        plan_json(**parts)


def test_a_plan_for_other_columns_is_refused():
    with pytest.raises(Invalid, match="no column 'visits'"):
        Plan.from_json(plan_json()).check(looked(b"day,clicks\n2026-01-01,1\n"))


def test_the_same_columns_in_any_order_have_one_signature():
    one = signature(looked(b"day,visits\n2026-01-01,1\n"))
    assert one == signature(looked(b"Visits;DAY\n1;2026-01-01\n"))
    assert one != signature(looked(b"day,clicks\n2026-01-01,1\n"))


def test_bike_rentals_are_proposed_with_codes_offered():
    with real("bike_sharing_day.csv").open("rb") as file:
        shape = inspect(file)
        plan = guess_plan(shape)
        assert plan.date.column == "dteday"
        assert {metric.column: metric.kind for metric in plan.metrics}["cnt"] == "sum"
        assert {metric.column: metric.kind for metric in plan.metrics}["tempC"] == "mean"
        assert [dimension.column for dimension in plan.dimensions] == ["season"]
        assert {"weathersit", "workday", "yr", "instant"} <= set(plan.offered)
        first = preview(rows(file, shape), plan, shape.names, n=1)[0]
    point = next(one for one in first.records if isinstance(one, MetricPoint) and one.metric == "cnt")
    assert point == MetricPoint("cnt", date(2011, 1, 1), 985.0, {"season": "Winter"})


def test_reviews_are_recognised_and_their_rating_is_normalised():
    shape = looked(REVIEWS)
    plan = guess_plan(shape, "Europe/Berlin")
    assert plan.review is not None
    assert (plan.review.text, plan.review.rating, plan.review.scale) == ("review_text", "stars", "1-5")
    first, second = preview(rows(io.BytesIO(REVIEWS), shape), plan, shape.names)
    (one,) = first.records
    assert isinstance(one, Document)
    assert one.external_id == "r1"
    assert one.created_at == datetime(2026, 1, 1, 9, tzinfo=UTC)
    assert (one.rating, one.rating_original, one.rating_scale, one.author) == (1.0, "5", "1-5", "Ann")
    assert second.records[0].rating == 0.0


def test_a_review_without_an_id_is_known_by_its_content():
    plan = Plan.from_json({
        "date": {"column": "day", "format": "YYYY-MM-DD"}, "review": {"text": "text", "rating": "r", "scale": "thumbs"}
    })  # fmt: skip
    content = (
        b"day,text,r\n2026-01-01,fine,up\n2026-01-01,bad,down\n2026-01-01,fine,up\n2026-01-01,,up\n2026-01-01,x,7\n"
    )
    shown = preview(rows(io.BytesIO(content), looked(content)), plan, ["day", "text", "r"], zone="America/New_York")
    ids = [one.records[0].external_id for one in shown[:3]]
    assert ids[0] == ids[2] != ids[1]
    assert shown[0].records[0].created_at == datetime(2026, 1, 1, 5, tzinfo=UTC)
    assert [one.records[0].rating for one in shown[:2]] == [1.0, 0.0]
    assert "the text is missing" in shown[3].error
    assert "neither up nor down" in shown[4].error


def test_the_preview_shows_errors_by_row_number():
    content = b"day,visits\n2026-01-01,1\nabc,2\n2026-02-30,x\n2026-01-03,\n"
    shown = preview(rows(io.BytesIO(content), looked(content)), Plan.from_json(plan_json()), ["day", "visits"])
    assert shown[1].error == "row 3: 'abc' is not a date (expected YYYY-MM-DD)"
    assert shown[2].error.startswith("row 4: '2026-02-30' is not a date that exists")
    assert "'x' is not a number" in shown[2].error
    assert (shown[3].records, shown[3].error) == ((), "")


def test_a_table_without_a_date_is_refused_with_advice():
    with pytest.raises(Invalid, match="No column looks like a date"):
        guess_plan(looked(b"a,b\n1,2\n3,4\n"))
