"""Bodies that other programs push: what is taken, what is refused, and what the refusal says."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livinglytics.lib.errors import NotFound, TooLarge
from sources.connectors._base import NoConfig, connectors
from sources.connectors.push import Push, raws
from sources.push import STREAMS, MalformedBody, Parsed, parse
from sources.push.body import MAX_BYTES, MAX_ITEMS
from sources.records import Document, MetricPoint

PUSH = Push()
POINT = {"metric": "shop.orders", "date": "2026-11-22", "value": 3}
TEXT = {"id": "r1", "text": "Fine.", "created_at": "2026-11-22T14:05:00+01:00"}


def metrics(body: Any) -> Parsed:
    return parse("metrics", body if isinstance(body, bytes) else json.dumps(body).encode())


def documents(*items: dict[str, Any]) -> Parsed:
    return parse("documents", json.dumps(items).encode())


def refused(parsed: Parsed) -> list[tuple[int, str, str]]:
    assert all(one.message for one in parsed.rejected)
    return [(one.index, one.code, one.field) for one in parsed.rejected]


def only_refusal(parsed: Parsed) -> tuple[str, str]:
    assert parsed.accepted == []
    ((_, code, field),) = refused(parsed)
    return code, field


# -- shapes of a body ----------------------------------------------------------------------

OTHER = {**POINT, "date": "2026-11-23"}


@pytest.mark.parametrize(
    "body",
    [
        json.dumps([POINT, OTHER]),
        json.dumps({"items": [POINT, OTHER]}),
        json.dumps(POINT) + "\n" + json.dumps(OTHER),
        "\n\n" + json.dumps(POINT) + "\r\n\r\n" + json.dumps(OTHER) + "\r\n",
        "\ufeff" + json.dumps([POINT, OTHER], indent=2),
    ],
)
def test_an_array_an_envelope_and_lines_are_all_understood(body: str) -> None:
    for sent in (body.encode(), gzip.compress(body.encode())):
        parsed = parse("metrics", sent)
        assert [one["date"] for one in parsed.accepted] == ["2026-11-22", "2026-11-23"]
        assert (parsed.items, parsed.rejected) == (2, [])


def test_one_object_is_one_item_however_it_is_laid_out() -> None:
    assert len(metrics(POINT).accepted) == len(metrics(json.dumps(POINT, indent=4).encode()).accepted) == 1


def test_an_empty_array_is_nothing_and_no_mistake() -> None:
    assert metrics([]) == Parsed()


def test_gzip_in_several_members_is_read_to_its_end() -> None:
    body = gzip.compress(json.dumps(POINT).encode() + b"\n") + gzip.compress(json.dumps(OTHER).encode())
    assert len(metrics(body).accepted) == 2


def test_a_bad_line_does_not_spoil_the_others() -> None:
    body = "\n".join([json.dumps(POINT), '{"metric": "x', json.dumps(OTHER)]).encode()
    parsed = metrics(body)
    assert len(parsed.accepted) == 2
    assert refused(parsed) == [(1, "malformed_json", "")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \n ",
        b"hello",
        b'{"metric": ',
        b'[{"metric": "a"},\n{"metric": }]',
        b"<html></html>",
        b"metric,value\na,1\n",
        b"\xff\xfe[\x00]\x00",
        b'{"metric": "\xe9"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        gzip.compress(b"[]")[:-3],
        b"\x1f\x8bnot gzip at all",
    ],
)
def test_a_body_that_is_no_json_is_refused_as_a_whole(body: bytes) -> None:
    with pytest.raises(MalformedBody) as caught:
        metrics(body)
    assert caught.value.status == 400


def test_a_header_that_promises_gzip_is_held_to_it() -> None:
    with pytest.raises(MalformedBody, match="gzip"):
        parse("metrics", b"[]", gzipped=True)


@pytest.mark.parametrize("body", [b" " * (MAX_BYTES + 1), gzip.compress(b" " * (MAX_BYTES + 1))])
def test_more_than_twenty_megabytes_are_refused_packed_or_not(body: bytes) -> None:
    with pytest.raises(TooLarge):
        metrics(body)


def test_a_bomb_of_many_small_members_is_refused_too() -> None:
    with pytest.raises(TooLarge):
        metrics(gzip.compress(b" " * (MAX_BYTES // 4)) * 5)


def test_more_than_ten_thousand_items_are_refused() -> None:
    with pytest.raises(TooLarge, match="at most 10000"):
        metrics(b"[" + b"1," * MAX_ITEMS + b"1]")
    assert metrics(b"[" + b"1," * (MAX_ITEMS - 1) + b"1]").items == MAX_ITEMS


def test_an_unknown_stream_is_not_found() -> None:
    with pytest.raises(NotFound):
        parse("sessions", b"[]")


# -- flaws inside an item -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "code", "field"),
    [
        ('{"metric": "a", "date": "2026-11-22", "value": NaN}', "not_a_number", "value"),
        ('{"metric": "a", "date": "2026-11-22", "value": -Infinity}', "not_a_number", "value"),
        ('{"metric": "a", "date": "2026-11-22", "value": 1e999}', "out_of_range", "value"),
        ('{"metric": "a", "date": "2026-11-22", "value": ' + "9" * 5000 + "}", "out_of_range", "value"),
        ('{"metric": "a", "date": "2026-11-22", "value": 1, "value": 2}', "duplicate_key", "value"),
        ('{"metric": "a", "dimensions": {"x": "1", "x": "2"}}', "duplicate_key", "x"),
        ('{"metric": "a\\u0000b"}', "bad_text", "metric"),
        ('{"metric": "a", "dimensions": {"x": "\\ud800"}}', "bad_text", "dimensions"),
        ('{"metric": "a", "dimensions": {"\\ud800": "x"}}', "bad_text", "dimensions"),
        ('{"metric": ' + "[" * 9 + "]" * 9 + "}", "too_deep", "metric"),
        ("7", "not_an_object", ""),
        ("null", "not_an_object", ""),
        ("[[]]", "not_an_object", ""),
    ],
)
def test_a_flaw_is_told_for_its_item_and_the_others_go_on(item: str, code: str, field: str) -> None:
    parsed = metrics(f"[{item}, {json.dumps(POINT)}]".encode())
    assert len(parsed.accepted) == 1
    assert refused(parsed) == [(0, code, field)]


# -- metrics -------------------------------------------------------------------------------


def test_a_point_of_a_day_becomes_a_record_of_that_day() -> None:
    (one,) = metrics({**POINT, "dimensions": {"shop": "Köln", "b2b": True, "shelf": 7, "none": None}, "n": 4}).accepted
    (record,) = PUSH.map("metrics", one, NoConfig())
    dimensions = {"shop": "Köln", "b2b": "true", "shelf": "7"}
    assert record == MetricPoint("shop.orders", date(2026, 11, 22), 3.0, dimensions, 4)


def test_a_point_of_an_instant_keeps_its_instant() -> None:
    sent = {"metric": "cpu", "at": "2026-11-22T14:05:00+01:00", "value": 0.5}
    (one,) = metrics(sent).accepted
    (record,) = PUSH.map("metrics", one, NoConfig())
    assert record == MetricPoint("cpu", datetime(2026, 11, 22, 13, 5, tzinfo=UTC), 0.5)


def test_the_older_shape_becomes_one_point_per_number() -> None:
    sent = {
        "email": "a@b.example", "source_name": "google_analytics", "metric_date": "2026-11-22",
        "data": {"sessions": 10, "Page Views": 5, "conversions": 0.5, "broken": "many"},
    }  # fmt: skip
    parsed = metrics(sent)
    assert [(one["metric"], one["value"], one["dimensions"]) for one in parsed.accepted] == [
        ("sessions", 10, {"source_name": "google_analytics"}),
        ("conversions", 0.5, {"source_name": "google_analytics"}),
    ]
    assert refused(parsed) == [(0, "bad_metric", "data.Page Views"), (0, "not_a_number", "data.broken")]


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"metric": None}, "missing", "metric"),
        ({"metric": 5}, "not_a_text", "metric"),
        ({"metric": "Shop"}, "bad_metric", "metric"),
        ({"metric": "1shop"}, "bad_metric", "metric"),
        ({"metric": "a" * 101}, "bad_metric", "metric"),
        ({"metric": "shop\n"}, "bad_metric", "metric"),
        ({"value": None}, "missing", "value"),
        ({"value": "3"}, "not_a_number", "value"),
        ({"value": True}, "not_a_number", "value"),
        ({"value": 1.1e15}, "out_of_range", "value"),
        ({"date": None}, "missing", "date"),
        ({"at": "2026-11-22T00:00:00Z"}, "ambiguous", "date"),
        ({"date": "22.11.2026"}, "bad_date", "date"),
        ({"date": "2026-11-22T00:00:00Z"}, "bad_date", "date"),
        ({"date": "2026-02-30"}, "bad_date", "date"),
        ({"date": "1890-01-01"}, "out_of_range", "date"),
        ({"date": 20261122}, "bad_date", "date"),
        ({"n": 0}, "out_of_range", "n"),
        ({"n": 1.5}, "out_of_range", "n"),
        ({"n": True}, "out_of_range", "n"),
        ({"dimensions": []}, "not_an_object", "dimensions"),
        ({"dimensions": {f"d{n}": "x" for n in range(11)}}, "too_many", "dimensions"),
        ({"dimensions": {"Big": "x"}}, "bad_dimension", "dimensions.Big"),
        ({"dimensions": {"x": "y" * 201}}, "too_long", "dimensions.x"),
        ({"dimensions": {"x": ["y"]}}, "not_a_text", "dimensions.x"),
        ({"dimension": {"x": "y"}}, "unknown_field", "dimension"),
    ],
)
def test_a_wrong_metric_names_the_field_and_the_reason(change: dict[str, Any], code: str, field: str) -> None:
    assert only_refusal(metrics({**POINT, **change})) == (code, field)


@pytest.mark.parametrize(
    ("at", "code"),
    [
        ("2026-11-22T14:05:00", "no_offset"),
        ("2026-11-22", "bad_time"),
        (1_795_000_000, "bad_time"),
        ("2026-11-22T25:00:00Z", "bad_time"),
        ("20261122T140500Z", "bad_time"),
        ("0001-01-01T00:00:00+10:00", "out_of_range"),
        ("9999-12-31T23:59:59-10:00", "out_of_range"),
    ],
)
def test_an_instant_without_a_place_in_time_is_refused(at: Any, code: str) -> None:
    assert only_refusal(metrics({"metric": "a", "value": 1, "at": at})) == (code, "at")


def test_a_naive_time_is_explained() -> None:
    (refusal,) = metrics({"metric": "a", "value": 1, "at": "2026-11-22T14:05:00"}).rejected
    assert "no offset" in refusal.message
    assert refusal.as_json() == {"index": 0, "code": "no_offset", "field": "at", "message": refusal.message}


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"metric_date": None}, "bad_date", "metric_date"),
        ({"source_name": ""}, "missing", "source_name"),
        ({"data": {}}, "not_an_object", "data"),
        ({"data": [1]}, "not_an_object", "data"),
        ({"data": {f"m{n}": 1 for n in range(201)}}, "too_many", "data"),
        ({"value": 1}, "unknown_field", "value"),
    ],
)
def test_a_wrong_row_of_the_older_shape_is_refused(change: dict[str, Any], code: str, field: str) -> None:
    good = {"source_name": "ga", "metric_date": "2026-11-22", "data": {"sessions": 1}}
    assert only_refusal(metrics({**good, **change})) == (code, field)


def test_the_same_point_twice_is_not_added_up_in_silence() -> None:
    parsed = metrics([POINT, {**POINT, "value": 4}, {**POINT, "dimensions": {"shop": "b"}}])
    assert [one["value"] for one in parsed.accepted] == [3, 3]
    assert refused(parsed) == [(1, "duplicate", "metric")]
    assert "Item 0" in parsed.rejected[0].message


# -- documents -----------------------------------------------------------------------------


def test_a_text_becomes_a_document() -> None:
    sent = {
        **TEXT, "rating": 4, "scale": "1-5", "title": "T", "author": "A", "language": "pt-BR",
        "url": "https://x.example/r/1", "kind": "comment",
    }  # fmt: skip
    (record,) = PUSH.map("documents", documents(sent).accepted[0], NoConfig())
    assert record == Document(
        "r1", "Fine.", datetime(2026, 11, 22, 13, 5, tzinfo=UTC), "comment", "T", "A", "pt-BR", 0.75, "4", "1-5",
        "https://x.example/r/1",
    )  # fmt: skip


def test_only_an_id_a_text_and_a_time_are_needed() -> None:
    (record,) = PUSH.map("documents", documents(TEXT).accepted[0], NoConfig())
    assert isinstance(record, Document)
    assert (record.rating, record.rating_original, record.kind) == (None, "", "review")


def test_a_rating_alone_is_a_review_too() -> None:
    assert len(documents({**TEXT, "text": "", "rating": 5, "scale": "1-5"}).accepted) == 1
    assert only_refusal(documents({**TEXT, "text": ""})) == ("missing", "text")


@pytest.mark.parametrize(
    ("rating", "scale", "normal", "original"),
    [
        (1, "1-5", 0.0, "1"),
        (5, "1-5", 1.0, "5"),
        (4.5, "1-5", 0.875, "4.5"),
        (0, "0-10", 0.0, "0"),
        (73, "0-100", 0.73, "73"),
        (0, "-1-1", 0.5, "0"),
        ("up", "thumbs", 1.0, "up"),
        ("Down", "thumbs", 0.0, "down"),
        (True, "thumbs", 1.0, "up"),
        (0, "thumbs", 0.0, "down"),
    ],
)
def test_a_rating_is_placed_on_its_scale(rating: Any, scale: str, normal: float, original: str) -> None:
    (record,) = PUSH.map("documents", documents({**TEXT, "rating": rating, "scale": scale}).accepted[0], NoConfig())
    assert isinstance(record, Document)
    assert record.rating == pytest.approx(normal)
    assert (record.rating_original, record.rating_scale) == (original, scale)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"id": ""}, "missing", "id"),
        ({"id": 7}, "not_a_text", "id"),
        ({"id": "x" * 201}, "too_long", "id"),
        ({"text": None}, "missing", "text"),
        ({"text": "x" * 50_001}, "too_long", "text"),
        ({"created_at": None}, "bad_time", "created_at"),
        ({"created_at": "2026-11-22T14:05:00"}, "no_offset", "created_at"),
        ({"rating": 4}, "missing", "scale"),
        ({"rating": 6, "scale": "1-5"}, "out_of_range", "rating"),
        ({"rating": "4", "scale": "1-5"}, "not_a_number", "rating"),
        ({"rating": 4, "scale": "5-1"}, "bad_scale", "scale"),
        ({"rating": 4, "scale": "stars"}, "bad_scale", "scale"),
        ({"rating": "sideways", "scale": "thumbs"}, "bad_rating", "rating"),
        ({"rating": [], "scale": "thumbs"}, "bad_rating", "rating"),
        ({"language": "x y"}, "bad_language", "language"),
        ({"kind": "A review"}, "bad_kind", "kind"),
        ({"url": "javascript:alert(1)"}, "bad_url", "url"),
        ({"url": "https://"}, "bad_url", "url"),
        ({"url": "https://[::1"}, "bad_url", "url"),
        ({"url": "https://x.example/ y"}, "bad_url", "url"),
        ({"body": "x"}, "unknown_field", "body"),
    ],
)
def test_a_wrong_document_names_the_field_and_the_reason(change: dict[str, Any], code: str, field: str) -> None:
    assert only_refusal(documents({**TEXT, **change})) == (code, field)


def test_one_id_twice_in_a_request_is_told() -> None:
    assert refused(documents(TEXT, {**TEXT, "text": "Better."})) == [(1, "duplicate", "id")]


# -- always --------------------------------------------------------------------------------

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*POINT, *TEXT, "at", "data", "x"]), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(stream=st.sampled_from(STREAMS), change=anything, extra=st.binary(max_size=20))
def test_any_body_ends_in_records_or_reasons_and_never_in_a_crash(stream: str, change: Any, extra: bytes) -> None:
    base = POINT if stream == "metrics" else TEXT
    item = {**base, **change} if isinstance(change, dict) else change
    for body in (json.dumps(item).encode(), extra, json.dumps([item]).encode() + extra):
        try:
            parsed = parse(stream, body)
        except MalformedBody:
            continue
        assert parsed.items <= len(parsed.accepted) + len(parsed.rejected)
        json.dumps(parsed.accepted, allow_nan=False).encode()
        for one in parsed.accepted:
            assert PUSH.map(stream, one, NoConfig())


@settings(max_examples=100, deadline=None)
@given(
    value=st.floats(-1e15, 1e15) | st.integers(-(10**15), 10**15),
    at=st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2099, 1, 1)),
    hours=st.integers(-12, 14),
)
def test_a_good_point_comes_through_unchanged(value: float, at: datetime, hours: int) -> None:
    aware = (at.replace(tzinfo=UTC) + timedelta(hours=hours)).isoformat()
    (one,) = metrics({"metric": "a.b_c", "at": aware, "value": value}).accepted
    (record,) = PUSH.map("metrics", one, NoConfig())
    assert isinstance(record, MetricPoint)
    assert (record.value, record.at) == (float(value), datetime.fromisoformat(aware))


# -- the connector -------------------------------------------------------------------------


def test_the_connector_waits_to_be_called() -> None:
    context: Any = None
    assert isinstance(connectors.get("push"), Push)
    assert PUSH.connect == "push"
    assert PUSH.every is None
    assert tuple(stream.key for stream in PUSH.streams) == STREAMS
    assert list(PUSH.read(context, NoConfig(), "metrics", {})) == []
    assert PUSH.check(context, NoConfig()).ok


def test_sending_again_replaces_because_the_key_says_what_is_measured_not_how_much() -> None:
    first = raws("metrics", metrics(POINT).accepted)
    again = raws("metrics", metrics({**POINT, "value": 9, "n": 2}).accepted)
    other = raws("metrics", metrics({**POINT, "dimensions": {"shop": "b"}}).accepted)
    assert first[0].external_id == again[0].external_id != other[0].external_id
    assert raws("documents", documents(TEXT).accepted)[0].external_id == "r1"
