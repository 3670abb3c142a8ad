"""The Google Analytics connector against a local Google Analytics, with the real HTTP client."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from livinglytics.lib.errors import BadAnswer, BadCredentials, Invalid, RateLimited, ServiceDown, Terminal, Transient
from livinglytics.lib.http import Client, Limits
from sources.connectors._base import Batch, Checked, Context, State, connectors
from sources.connectors.ga4 import Ga4, Ga4Config
from sources.connectors.ga4.access import read_key
from sources.connectors.ga4.quota import LIMITS, Meter, until_midnight, wait_of
from sources.connectors.ga4.words import chosen, property_id
from sources.records import MetricPoint
from tests.fakes._server import HTML, MALFORMED, RESET, TRUNCATED, Fault, down, limited, slow
from tests.fakes.ga4 import (
    CONCURRENT,
    PER_DAY,
    PROJECT_HOUR,
    SERVER_ERRORS,
    THRESHOLDED,
    Ga4Fake,
    RefusedError,
    Session,
)

GA4 = Ga4()
REPORT = "/v1beta/properties/123456789:runReport"
ADMIN = "/v1beta/properties/123456789"
Table = dict[tuple[str, date, tuple[tuple[str, str], ...]], float]


class CrashedError(Exception):
    """The worker was killed."""


@dataclass
class Reader:
    """A runner in miniature: replaces days as it is promised, keeps checkpoints, and can be killed or cancelled."""

    fake: Ga4Fake
    config: Ga4Config
    tries: int = 3
    state: State = field(default_factory=dict)
    points: Table = field(default_factory=dict)
    raws: dict[str, Any] = field(default_factory=dict)
    proved: set[date] = field(default_factory=set)
    batches: list[Batch] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    #: seconds until an answer counts as missing: so many that a busy machine is not taken for a silent service
    patience: float = 5.0
    stop: bool = False

    def context(self) -> Context:
        limits = Limits(connect=self.patience, read=self.patience, total=6 * self.patience, tries=self.tries)
        return Context(
            http=Client(limits=limits, allow_private=frozenset({self.fake.host}), wait=self.pauses.append),
            now=lambda: datetime.fromtimestamp(self.fake.now, UTC),
            pause=self.pauses.append,
            cancelled=lambda: self.stop,
            files=None,
            base_url=lambda default: self.fake.url,
        )

    def run(self, *, die_after: int | None = None) -> list[Batch]:
        """Read to the end, or be killed once ``die_after`` pages are stored."""
        self.batches = []
        for batch in GA4.read(self.context(), self.config, "daily", self.state):
            if len(self.batches) == die_after:
                raise CrashedError
            self.batches.append(batch)
            self._store(batch)
        return self.batches

    def _store(self, batch: Batch) -> None:
        came: Table = {}
        for raw in batch.raws:
            self.raws[raw.external_id] = json.loads(json.dumps(raw.payload))
            came |= points(GA4.map("daily", self.raws[raw.external_id], self.config))
        for promise in batch.complete:
            days = {promise.first + timedelta(days=n) for n in range((promise.last - promise.first).days + 1)}
            gone = [key for key in self.points if key[0] in promise.metrics and key[1] in days and key not in came]
            for key in gone:
                del self.points[key]
            self.proved |= days
        self.points |= came
        self.state = self.state if batch.state is None else json.loads(json.dumps(batch.state))

    def check(self) -> Checked:
        return GA4.check(self.context(), self.config)

    @property
    def warnings(self) -> list[str]:
        return [text for batch in self.batches for text in batch.warnings]

    @property
    def days_read(self) -> list[str]:
        """The days of this run's batches, in order."""
        return [raw.external_id for batch in self.batches for raw in batch.raws]


def points(records: list[Any]) -> Table:
    found = {(one.metric, one.at, tuple(sorted(one.dimensions.items()))): one.value for one in records}
    assert len(found) == len(records)
    return found


def truth(fake: Ga4Fake, days: int = 365) -> Table:
    """The usual metrics by channel and country, counted straight from the sessions."""
    table: Table = {}
    for day, sessions in fake.history.items():
        if not (fake.today() - timedelta(days=days) <= day < fake.today()) or not sessions:
            continue
        table["users", day, ()] = len({one.user for one in sessions})
        for channel, country in {(one.channel, one.country) for one in sessions}:
            here = [one for one in sessions if (one.channel, one.country) == (channel, country)]
            numbers = {
                "sessions": len(here),
                "new_users": len({one.user for one in here if one.new}),
                "page_views": sum(one.pages for one in here),
                "engaged_sessions": sum(one.engaged for one in here),
                "conversions": sum(one.key_events for one in here),
                "revenue_eur": sum(one.revenue for one in here),
            }
            place = (("channel", channel), ("country", country))
            table |= {(metric, day, place): value for metric, value in numbers.items()}
    return table


def config_of(fake: Ga4Fake, **changed: Any) -> Ga4Config:
    """Euros, and the twelve days before today unless told otherwise."""
    since = fake.today() - timedelta(days=12)
    return replace(Ga4Config(fake.number, fake.key_file(), currency="EUR", since=since), **changed)


def same(one: Table, other: Table) -> bool:
    return one.keys() == other.keys() and all(value == pytest.approx(other[key]) for key, value in one.items())


def reports(fake: Ga4Fake) -> list[dict[str, Any]]:
    return [json.loads(one.body) for one in fake.seen if one.path == REPORT]


@pytest.fixture
def fake() -> Iterator[Ga4Fake]:
    with Ga4Fake() as running:
        yield running


@pytest.fixture
def reader(fake: Ga4Fake) -> Reader:
    return Reader(fake, config_of(fake))


# -- reading everything ------------------------------------------------------------------


def test_the_connector_is_found_by_its_key() -> None:
    assert isinstance(connectors.get("ga4"), Ga4)


def test_every_day_arrives_split_by_channel_and_country(reader: Reader, fake: Ga4Fake) -> None:
    reader.run()
    assert same(reader.points, truth(fake))
    assert len(reader.points) > 500


def test_the_newest_numbers_come_first_so_that_a_preview_shows_some(fake: Ga4Fake) -> None:
    read = GA4.read(Reader(fake, config_of(fake)).context(), config_of(fake, since=None), "daily", {})
    first, second = next(read), next(read)
    assert first.raws[0].external_id == (fake.today() - timedelta(days=2)).isoformat()
    assert first.raws[0].payload["rows"]
    assert first.complete == ()
    assert second.raws[0].external_id == (fake.today() - timedelta(days=365)).isoformat()


def test_users_are_read_for_the_whole_day_and_never_added(reader: Reader, fake: Ga4Fake) -> None:
    reader.run()
    users = {key[1]: value for key, value in reader.points.items() if key[0] == "users"}
    assert {key[2] for key in reader.points if key[0] == "users"} == {()}
    assert users == {day: len({one.user for one in sessions}) for day, sessions in fake.history.items()}
    alone = [asked for asked in reports(fake) if {"name": "totalUsers"} in asked["metrics"]]
    assert alone
    assert all(not asked.get("dimensions") for asked in alone)
    assert {metric.kind for metric in GA4.metrics if metric.key in ("users", "ga4.active_users")} == {"distinct"}


def test_one_day_is_asked_for_at_a_time(reader: Reader, fake: Ga4Fake) -> None:
    reader.run()
    ranges = [asked["dateRanges"][0] for asked in reports(fake)]
    assert all(one["startDate"] == one["endDate"] for one in ranges)
    assert all(isinstance(asked["limit"], str) for asked in reports(fake))


def test_a_day_of_many_pages_arrives_whole_and_in_one_piece(reader: Reader, fake: Ga4Fake) -> None:
    fake.most_rows = 4
    reader.config = config_of(fake, since=fake.today() - timedelta(days=2))
    batches = reader.run()
    assert same(reader.points, truth(fake, days=2))
    assert [batch.complete[0].first for batch in batches] == [batch.complete[0].last for batch in batches]
    assert fake.hits[REPORT] > 10


def test_a_property_without_any_data_is_read_to_its_end() -> None:
    with Ga4Fake(days=0) as empty:
        reader = Reader(empty, config_of(empty, since=empty.today() - timedelta(days=9)))
        reader.run()
        assert reader.points == {}
        assert reader.proved == {empty.today() - timedelta(days=n) for n in range(3, 10)}


def test_a_fresh_day_without_numbers_is_not_taken_for_zero_until_google_had_time(reader: Reader, fake: Ga4Fake) -> None:
    yesterday = fake.today() - timedelta(days=1)
    late, fake.history[yesterday] = fake.history[yesterday], []
    reader.config = config_of(fake, lookback=0)
    reader.run()
    assert yesterday not in reader.proved
    fake.history[yesterday] = late
    reader.run()
    assert yesterday in reader.proved
    assert same(reader.points, truth(fake))


def test_today_is_left_out_because_it_is_not_over(reader: Reader, fake: Ga4Fake) -> None:
    fake.add(fake.today(), user=1)
    reader.run()
    assert max(reader.proved) == fake.today() - timedelta(days=1)
    assert max(key[1] for key in reader.points) < fake.today()


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kolkata", "UTC"])
def test_yesterday_is_yesterday_where_the_property_is_and_days_never_shift(zone: str) -> None:
    with Ga4Fake(zone=zone, days=4) as fake:
        reader = Reader(fake, config_of(fake, since=fake.today() - timedelta(days=4)))
        reader.run()
        assert same(reader.points, truth(fake))
        assert reader.days_read[-1] == (fake.today() - timedelta(days=1)).isoformat()


def test_names_of_every_script_and_empty_ones_are_kept(reader: Reader, fake: Ga4Fake) -> None:
    day = fake.today() - timedelta(days=3)
    fake.history[day] = [Session(user=1, channel="", country="Türkiye"), Session(user=2, channel="日本語 🎌")]
    reader.run()
    found = {dict(key[2])["channel"] for key in reader.points if key[1] == day and key[0] == "sessions"}
    assert found == {"(not set)", "日本語 🎌"}


def test_revenue_is_asked_for_in_the_chosen_currency_and_named_after_it(reader: Reader, fake: Ga4Fake) -> None:
    reader.run()
    euros = sum(value for key, value in reader.points.items() if key[0] == "revenue_eur")
    dollars = Reader(fake, config_of(fake, currency="USD"))
    dollars.run()
    assert sum(value for key, value in dollars.points.items() if key[0] == "revenue") == pytest.approx(euros * 1.25)
    units = {one.key: one.unit for one in GA4.metrics_for(reader.config)}
    assert (units["revenue_eur"], "revenue" in units) == ("eur", False)


def test_an_answer_in_another_currency_is_never_stored(reader: Reader, fake: Ga4Fake) -> None:
    fake.alter = lambda report: {**report, "metadata": {**report["metadata"], "currencyCode": "JPY"}}
    with pytest.raises(BadAnswer, match="JPY although EUR"):
        reader.run()


def test_columns_are_told_apart_by_their_names_whatever_their_order(reader: Reader, fake: Ga4Fake) -> None:
    def turned(report: dict[str, Any]) -> dict[str, Any]:
        rows = [{name: values[::-1] for name, values in row.items()} for row in report.get("rows", [])]
        heads = {name: report[name][::-1] for name in ("dimensionHeaders", "metricHeaders") if name in report}
        return {**report, **heads, **({"rows": rows} if rows else {})}

    fake.alter = turned
    reader.run()
    assert same(reader.points, truth(fake))


def test_only_the_chosen_metrics_and_splits_are_read(fake: Ga4Fake) -> None:
    config = config_of(fake, split="deviceCategory", also="none", metrics=("eventCount", "activeUsers"))
    reader = Reader(fake, config)
    reader.run()
    assert {key[0] for key in reader.points} == {"ga4.events", "ga4.active_users"}
    assert {name for key in reader.points for name, _ in key[2]} == {"device"}


def test_without_people_or_without_sums_a_day_is_still_read(fake: Ga4Fake) -> None:
    sums = Reader(fake, config_of(fake, metrics=("sessions",), split="none", also="none"))
    sums.run()
    assert {key[0] for key in sums.points} == {"sessions"}
    assert {key[2] for key in sums.points} == {()}
    people = Reader(fake, config_of(fake, metrics=("totalUsers",)))
    people.run()
    assert {key[0] for key in people.points} == {"users"}


def test_progress_counts_days_towards_their_number(reader: Reader) -> None:
    told = [batch.progress for batch in reader.run() if batch.progress]
    assert [(one.done, one.total) for one in told] == [(n, 12) for n in range(13)]
    assert {one.unit for one in told} == {"days"}


# -- the next time -----------------------------------------------------------------------


def test_a_second_run_reads_the_last_days_again_and_changes_nothing(reader: Reader, fake: Ga4Fake) -> None:
    reader.run()
    before, raws = dict(reader.points), dict(reader.raws)
    fake.reset_counts()
    reader.run()
    assert (reader.points, reader.raws) == (before, raws)
    assert len(reader.days_read) == 3
    assert fake.hits[REPORT] == 7


def test_corrections_of_past_days_replace_what_was_there(reader: Reader, fake: Ga4Fake) -> None:
    reader.run()
    day = fake.today() - timedelta(days=2)
    fake.add(day, user=900, channel="Email", country="Japan", pages=7)
    fake.drop(day, lambda one: one.channel == "Direct")
    reader.run()
    assert same(reader.points, truth(fake))
    assert not [key for key in reader.points if key[1] == day and ("channel", "Direct") in key[2]]


def test_what_was_read_earlier_than_the_lookback_stays(reader: Reader, fake: Ga4Fake) -> None:
    reader.run()
    before = dict(reader.points)
    fake.add(fake.today() - timedelta(days=5), user=900)
    reader.run()
    assert reader.points == before
    reader.config = config_of(fake, lookback=6)
    reader.run()
    assert same(reader.points, truth(fake))


def test_new_days_arrive_with_the_next_run(reader: Reader, fake: Ga4Fake) -> None:
    reader.run()
    fake.now += 2 * 86_400
    fake.add(fake.today() - timedelta(days=1), user=4, channel="Referral")
    reader.run()
    assert same(reader.points, truth(fake))
    assert len(reader.days_read) == 5


def test_without_lookback_a_second_run_on_the_same_day_has_nothing_to_do(fake: Ga4Fake) -> None:
    reader = Reader(fake, config_of(fake, lookback=0))
    reader.run()
    assert reader.run() == []


def test_a_last_day_from_the_future_is_set_to_yesterday_and_told(reader: Reader, fake: Ga4Fake) -> None:
    reader.run()
    reader.state = {**reader.state, "through": "2031-01-01"}
    reader.run()
    assert any("future" in text for text in reader.warnings)
    assert reader.state["through"] == (fake.today() - timedelta(days=1)).isoformat()


@pytest.mark.parametrize("old", [{"v": 0, "through": "2026-11-01"}, {"v": 1, "scope": "other"}, {"through": 7}])
def test_a_state_of_another_version_or_question_starts_from_nothing(reader: Reader, fake: Ga4Fake, old: State) -> None:
    reader.state = old
    reader.run()
    assert same(reader.points, truth(fake))


def test_another_split_reads_the_history_again_and_replaces_it(reader: Reader, fake: Ga4Fake) -> None:
    reader.run()
    reader.config = config_of(fake, also="deviceCategory")
    reader.run()
    assert {name for key in reader.points for name, _ in key[2]} == {"channel", "device"}


def test_a_first_day_ahead_of_time_is_told_and_reads_nothing(fake: Ga4Fake) -> None:
    reader = Reader(fake, config_of(fake, since=fake.today() + timedelta(days=3)))
    reader.run()
    assert reader.points == {}
    assert any("nothing to read before" in text for text in reader.warnings)


def test_a_property_that_moved_to_another_zone_is_told(reader: Reader, fake: Ga4Fake) -> None:
    reader.run()
    fake.zone = "Asia/Tokyo"
    reader.run()
    assert any("Europe/Berlin to Asia/Tokyo" in text for text in reader.warnings)


# -- what Google says about its numbers ------------------------------------------------------


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ({"samplingMetadatas": [{"samplesReadCount": "250", "samplingSpaceSize": "1000"}]}, "a sample of 25%"),
        ({"samplingMetadatas": [{}]}, "a sample"),
        ({"subjectToThresholding": True}, "too few people"),
        ({"dataLossFromOtherRow": True}, "(other)"),
        ({"dataTruncationReasons": [{"dataTruncationType": "DATA_TRUNCATION_TYPE_CM360"}]}, "left out a part"),
    ],
)
def test_flags_on_a_day_become_warnings_that_name_it_once(
    reader: Reader, fake: Ga4Fake, flag: dict[str, Any], words: str
) -> None:
    day = fake.today() - timedelta(days=4)
    fake.metadata[day] = flag
    reader.run()
    (told,) = reader.warnings
    assert f"{day.day} {day:%b %Y}" in told
    assert words in told
    assert same(reader.points, truth(fake))


def test_a_metric_hidden_from_the_key_is_left_out_instead_of_stored_as_zero(reader: Reader, fake: Ga4Fake) -> None:
    fake.blocked = {"totalRevenue"}
    reader.config = config_of(fake, since=fake.today() - timedelta(days=2))
    reader.run()
    assert {key[0] for key in reader.points} == {key[0] for key in truth(fake)} - {"revenue_eur"}
    assert all("revenue_eur" not in batch.complete[0].metrics for batch in reader.batches)
    assert any("may not see totalRevenue" in text for text in reader.warnings)


# -- pages that don't fit together -----------------------------------------------------------


def test_a_row_that_slips_in_between_two_pages_makes_the_day_be_read_again(reader: Reader, fake: Ga4Fake) -> None:
    fake.most_rows = 5
    day = fake.today() - timedelta(days=1)
    reader.config = config_of(fake, since=day)
    times = iter(range(1))

    def slip_in(offset: int) -> None:
        if next(times, None) is not None:
            fake.add(day, user=fake.history[day][0].user, channel="AAA", country="Andorra")

    fake.between = slip_in
    reader.run()
    assert same(reader.points, truth(fake, days=1))


def test_a_page_that_comes_again_is_no_success(reader: Reader, fake: Ga4Fake) -> None:
    fake.most_rows = 5
    pages: list[Any] = []

    def stuck(report: dict[str, Any]) -> dict[str, Any]:
        if "dimensionHeaders" not in report:
            return report
        pages.append(report)
        return pages[0]

    fake.alter = stuck
    reader.config = config_of(fake, since=fake.today() - timedelta(days=1))
    with pytest.raises(Transient, match="moved while they were read"):
        reader.run()
    assert reader.points == {}


@pytest.mark.parametrize("count", [0, 3, "many", None])
def test_a_count_that_does_not_fit_the_rows_is_no_success(reader: Reader, fake: Ga4Fake, count: Any) -> None:
    fake.alter = lambda report: {**report, "rowCount": count} if "dimensionHeaders" in report else report
    reader.config = config_of(fake, since=fake.today() - timedelta(days=1))
    with pytest.raises(Transient):
        reader.run()


def test_pages_that_end_early_are_no_success(reader: Reader, fake: Ga4Fake) -> None:
    def short(report: dict[str, Any]) -> dict[str, Any]:
        return {**report, "rowCount": report["rowCount"] + 1} if report.get("rows") else report

    fake.alter = short
    reader.config = config_of(fake, since=fake.today() - timedelta(days=1))
    with pytest.raises(Transient):
        reader.run()
    assert reader.proved == set()


# -- things go wrong -------------------------------------------------------------------------


def test_a_bad_row_is_set_aside_and_the_others_of_the_day_are_kept(reader: Reader, fake: Ga4Fake) -> None:
    odd = [{"dimensionValues": [{"value": "x"}], "metricValues": [{"value": "many"}]}, None, {"metricValues": []}]

    def spoiled(report: dict[str, Any]) -> dict[str, Any]:
        if "dimensionHeaders" not in report:
            return report
        return {**report, "rows": report["rows"] + odd, "rowCount": report["rowCount"] + len(odd)}

    fake.alter = spoiled
    reader.config = config_of(fake, since=fake.today() - timedelta(days=1))
    (batch,) = reader.run()
    assert same(reader.points, truth(fake, days=1))
    assert [one.external_id for one in batch.rejected] == [batch.raws[0].external_id]
    assert batch.rejected[0].reason.startswith("3 rows")
    assert batch.complete == ()
    fake.alter = lambda report: report
    (batch,) = reader.run()
    assert (batch.rejected, len(batch.complete)) == ((), 1)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "", None, 12, "1e999"])
def test_a_number_that_is_none_is_set_aside(reader: Reader, fake: Ga4Fake, value: Any) -> None:
    def spoiled(report: dict[str, Any]) -> dict[str, Any]:
        if "dimensionHeaders" in report:
            report["rows"][0]["metricValues"][0]["value"] = value
        return report

    fake.alter = spoiled
    reader.config = config_of(fake, since=fake.today() - timedelta(days=1))
    (batch,) = reader.run()
    assert len(batch.rejected) == 1


@pytest.mark.parametrize(
    "body", [[], "x", {}, None, {"metricHeaders": "x"}, {"metricHeaders": [], "rows": []}, {"metricHeaders": [None]}]
)
def test_json_of_another_shape_is_never_taken_for_an_empty_day(reader: Reader, fake: Ga4Fake, body: Any) -> None:
    seen: list[int] = []

    def odd(report: dict[str, Any]) -> Any:
        seen.append(1)
        return body if len(seen) > 1 else report

    fake.alter = odd
    with pytest.raises(BadAnswer):
        reader.run()
    assert reader.proved == set()


def test_a_short_limit_is_waited_out(reader: Reader, fake: Ga4Fake) -> None:
    fake.script(*[None] * 5, limited("2"))
    reader.run()
    assert same(reader.points, truth(fake))
    assert reader.pauses == [2]


def test_a_long_limit_goes_up_with_the_days_before_it_kept(reader: Reader, fake: Ga4Fake) -> None:
    fake.script(*[None] * 12, limited("3600"))
    with pytest.raises(RateLimited) as caught:
        reader.run()
    assert caught.value.retry_after == 3600
    kept = len(reader.points)
    assert kept > 0
    reader.run()
    assert same(reader.points, truth(fake))


@pytest.mark.parametrize(
    ("message", "wait"),
    [(CONCURRENT, 30), (PROJECT_HOUR, 1800), (THRESHOLDED, 1800), (SERVER_ERRORS, 3600), ("Quota exceeded.", 60)],
)
def test_each_limit_in_googles_words_has_its_own_wait(reader: Reader, fake: Ga4Fake, message: str, wait: float) -> None:
    times = iter(range(1))

    def over(report: dict[str, Any]) -> dict[str, Any]:
        if next(times, None) is not None:
            raise RefusedError(429, "RESOURCE_EXHAUSTED", message)
        return report

    fake.alter = over
    if wait <= 60:
        reader.run()
        assert reader.pauses == [wait]
        return
    with pytest.raises(RateLimited) as caught:
        reader.run()
    assert caught.value.retry_after == wait
    assert message[:40] in caught.value.message


def test_a_days_tokens_come_back_at_midnight_in_california() -> None:
    before = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
    assert wait_of(PER_DAY, before) == until_midnight(before) == 3660
    summer = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)
    assert until_midnight(summer) == 3660


def test_a_limit_that_comes_with_403_is_still_a_limit(reader: Reader, fake: Ga4Fake) -> None:
    def over(report: dict[str, Any]) -> dict[str, Any]:
        raise RefusedError(403, "RESOURCE_EXHAUSTED", PROJECT_HOUR)

    fake.alter = over
    with pytest.raises(RateLimited):
        reader.run()


def test_reading_stops_before_the_quota_is_used_up_and_goes_on_later(reader: Reader, fake: Ga4Fake) -> None:
    fake.quota.left["tokensPerProjectPerHour"] = 720
    with pytest.raises(RateLimited, match="Reading goes on by itself") as caught:
        reader.run()
    assert caught.value.retry_after == 1800
    assert fake.quota.left["tokensPerProjectPerHour"] > 600
    fake.quota.left["tokensPerProjectPerHour"] = 14_000
    reader.run()
    assert same(reader.points, truth(fake))


def test_reading_slows_down_while_little_is_left(reader: Reader, fake: Ga4Fake) -> None:
    fake.quota.left["tokensPerProjectPerHour"] = 3_000
    reader.config = config_of(fake, since=fake.today() - timedelta(days=2))
    reader.run()
    assert reader.pauses
    assert all(3 < pause < 10 for pause in reader.pauses)


def test_what_is_left_of_the_quota_is_told(reader: Reader, fake: Ga4Fake) -> None:
    last = reader.run()[-1]
    assert last.quota == {name: fake.quota.left[name] for name in LIMITS}


@pytest.mark.parametrize("odd", [None, [], {"tokensPerHour": 3}, {"tokensPerDay": {"remaining": "x"}}])
def test_a_quota_of_another_shape_is_ignored(odd: Any) -> None:
    meter = Meter()
    meter.note(odd)
    assert meter.pause(datetime.now(UTC)) == 0


def test_few_free_slots_make_room_for_others() -> None:
    meter = Meter()
    meter.note({"concurrentRequests": {"remaining": 1}})
    assert meter.pause(datetime.now(UTC)) > 0


@pytest.mark.parametrize("fault", [down(500), down(503, "1"), RESET, TRUNCATED, slow(1)])
def test_a_passing_fault_costs_one_more_request_and_nothing_else(reader: Reader, fake: Ga4Fake, fault: Fault) -> None:
    reader.config = config_of(fake, since=fake.today() - timedelta(days=2))
    reader.patience = fault.seconds / 2 or reader.patience
    fake.script(None, None, fault)
    reader.run()
    assert same(reader.points, truth(fake, days=2))
    assert fake.hits[REPORT] == 6


def test_a_service_that_stays_down_is_no_success(reader: Reader, fake: Ga4Fake) -> None:
    fake.script(None, None, *[down(503)] * 3)
    with pytest.raises(ServiceDown):
        reader.run()


@pytest.mark.parametrize(("fault", "words"), [(HTML, "web page"), (MALFORMED, "cannot be read")])
def test_a_body_that_is_no_json_is_told_in_plain_words(reader: Reader, fake: Ga4Fake, fault: Fault, words: str) -> None:
    fake.script(None, None, *[fault] * 3)
    with pytest.raises(BadAnswer, match=words):
        reader.run()


# -- the key and its tokens -------------------------------------------------------------------


def test_one_token_serves_a_whole_run(reader: Reader, fake: Ga4Fake) -> None:
    reader.run()
    assert fake.hits["/token"] == 1


def test_a_token_that_ends_in_mid_run_is_renewed_before_it_does(reader: Reader, fake: Ga4Fake) -> None:
    fake.lifetime = 600
    clock = iter(range(0, 10_000_000, 120))
    start = fake.now

    def later(report: dict[str, Any]) -> dict[str, Any]:
        fake.now = start + next(clock)
        return report

    fake.alter = later
    reader.config = config_of(fake, since=fake.today() - timedelta(days=8))
    reader.run()
    assert fake.hits["/token"] > 2
    assert fake.hits[REPORT] == 1 + 2 + 2 * 8


def test_a_token_refused_in_mid_run_is_renewed_once_and_the_run_goes_on(reader: Reader, fake: Ga4Fake) -> None:
    times = iter(range(4))

    def revoke(report: dict[str, Any]) -> dict[str, Any]:
        if next(times, None) == 2:
            fake.revoke()
        return report

    fake.alter = revoke
    reader.run()
    assert same(reader.points, truth(fake))
    assert fake.hits["/token"] == 2


def test_fresh_tokens_that_are_refused_too_ask_for_a_new_key(reader: Reader, fake: Ga4Fake) -> None:
    fake.lifetime = -1
    with pytest.raises(BadCredentials) as caught:
        reader.run()
    assert list(caught.value.details) == ["key"]
    assert fake.hits["/token"] == 2


def test_a_key_that_was_deleted_at_google_asks_for_a_new_one(fake: Ga4Fake) -> None:
    with Ga4Fake() as other:
        key = json.loads(fake.key_file())
        assert other.number == fake.number
        fake.account = "somebody-else@living-lytics-tests.iam.gserviceaccount.com"
        with pytest.raises(BadCredentials, match="no such service account") as caught:
            Reader(fake, config_of(fake, key=json.dumps(key))).run()
    assert list(caught.value.details) == ["key"]


def test_a_signature_that_google_does_not_know_asks_for_a_new_key(reader: Reader, fake: Ga4Fake) -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    pem = _pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    reader.config = config_of(fake, key=fake.key_file(private_key=pem))
    with pytest.raises(BadCredentials, match="no longer accepts this key"):
        reader.run()


def test_a_clock_that_is_wrong_is_named_as_the_cause(fake: Ga4Fake) -> None:
    reader = Reader(fake, config_of(fake))
    wrong = replace(reader.context(), now=lambda: datetime.fromtimestamp(fake.now - 86_400, UTC))
    with pytest.raises(Terminal, match="clock") as caught:
        list(GA4.read(wrong, reader.config, "daily", {}))
    assert not isinstance(caught.value, BadCredentials)


def test_a_key_without_newlines_or_with_escaped_ones_still_works(reader: Reader, fake: Ga4Fake) -> None:
    pasted = fake.key_file().replace("\n", "")
    assert read_key(pasted).email == read_key(fake.key_file()).email
    pem = json.loads(fake.key_file())["private_key"].replace("\n", "\\n")
    assert read_key(fake.key_file(private_key=pem)).private


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not valid JSON"),
        ("AIzaSyD-an-api-key", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("[]", "not the key of a service account"),
        ('{"installed": {"client_id": "x"}}', "not the key of a service account"),
        ('{"type": "service_account"}', "not whole"),
        ('{"type": "service_account", "client_email": "a@b.example", "private_key": 7}', "not whole"),
        ('{"type": "service_account", "client_email": "a@b.example", "private_key": "x"}', "can't be read"),
    ],
)
def test_what_is_no_key_file_is_refused_with_the_field_named(text: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as caught:
        read_key(text)
    assert list(caught.value.details) == ["key"]


def test_a_key_of_another_kind_is_refused(fake: Ga4Fake) -> None:
    with pytest.raises(Invalid, match="can't be read"):
        read_key(fake.key_file(private_key=_pem(ec.generate_private_key(ec.SECP256R1()))))


def _pem(key: Any) -> str:
    formats = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(*formats).decode()


def test_neither_key_nor_token_shows_in_logs_states_errors_or_rows(
    reader: Reader, fake: Ga4Fake, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[str] = []
    reader.run()
    told += [repr(reader.state), repr(reader.raws), repr(reader.batches)]
    secrets = [*fake.tokens]
    for breaking in ({"enabled": False}, {"readable": False}, {"lifetime": -1}, {"account": "x"}):
        for name, value in breaking.items():
            setattr(fake, name, value)
        with pytest.raises(Terminal) as caught:
            Reader(fake, reader.config).run()
        told += [repr(caught.value), str(caught.value), repr(caught.value.details)]
    secrets += [*fake.tokens, json.loads(reader.config.key)["private_key"].split("\n")[3]]
    told += [repr(read_key(reader.config.key)), caplog.text]
    assert len(secrets) > 2
    assert [one for one in secrets for text in told if one in text] == []


# -- crashes -------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None)
@given(
    crashes=st.lists(st.integers(0, 6), max_size=5),
    lookback=st.integers(0, 4),
    changes=st.lists(st.tuples(st.integers(1, 2), st.integers(0, 40)), max_size=4),
)
def test_whatever_day_it_dies_at_the_numbers_end_up_the_same(
    crashes: list[int], lookback: int, changes: list[tuple[int, int]]
) -> None:
    with Ga4Fake(days=8, size=6) as fake:
        reader = Reader(fake, config_of(fake, since=fake.today() - timedelta(days=8), lookback=lookback + 2))
        for crash in crashes:
            with suppress(CrashedError):
                reader.run(die_after=crash)
        for ago, user in changes:
            fake.add(fake.today() - timedelta(days=ago), user=user, channel="Late")
        for _ in range(2):
            reader.run()
        assert same(reader.points, truth(fake))


def test_a_run_goes_on_at_the_day_where_it_was_killed(reader: Reader) -> None:
    with suppress(CrashedError):
        reader.run(die_after=6)
    done = reader.days_read[-1]
    first = reader.run()[0].raws[0].external_id
    assert first == (date.fromisoformat(done) + timedelta(days=1)).isoformat()


def test_a_pass_that_pauses_again_and_again_still_comes_to_its_end(fake: Ga4Fake) -> None:
    reader = Reader(fake, config_of(fake, since=fake.today() - timedelta(days=9), lookback=9))
    reader.run()
    for _ in range(9):
        with suppress(CrashedError):
            reader.run(die_after=1)
    assert reader.state["through"] == (fake.today() - timedelta(days=1)).isoformat()
    assert "next" not in reader.state


def test_cancel_between_two_days_keeps_a_state_to_go_on_from(reader: Reader, fake: Ga4Fake) -> None:
    read = GA4.read(reader.context(), reader.config, "daily", {})
    kept = [next(read) for _ in range(3)]
    reader.stop = True
    assert list(read) == []
    for batch in kept:
        reader._store(batch)
    reader.stop = False
    reader.run()
    assert same(reader.points, truth(fake))


def test_an_abort_in_mid_request_ends_the_run_at_once(reader: Reader, fake: Ga4Fake) -> None:
    context = reader.context()
    read = GA4.read(context, reader.config, "daily", {})
    next(read)
    context.http.abort()
    fake.script(down(503))
    with pytest.raises(Transient):
        next(read)


# -- check -----------------------------------------------------------------------------------


def test_check_tells_the_propertys_name_zone_and_currency(reader: Reader) -> None:
    checked = reader.check()
    assert (checked.ok, checked.identity) == (True, "Harbor – website")
    assert (checked.details["time_zone"], checked.details["currency"]) == ("Europe/Berlin", "EUR")
    assert "warnings" not in checked.details


def test_check_says_when_google_would_convert_revenue(fake: Ga4Fake) -> None:
    checked = Reader(fake, config_of(fake, currency="USD")).check()
    assert checked.ok
    assert any("converts" in text for text in checked.details["warnings"])


def test_check_passes_without_the_admin_api(reader: Reader, fake: Ga4Fake) -> None:
    fake.display_name = None
    checked = reader.check()
    assert (checked.ok, checked.identity) == (True, "Property 123456789")
    assert checked.details["warnings"]


@pytest.mark.parametrize(
    ("changed", "broken", "at_fault", "words"),
    [
        ({"property": "G-ABC123"}, {}, "property", "measurement id"),
        ({"property": "42"}, {}, "property", "as Viewer"),
        ({}, {"readable": False}, "property", "reader@living-lytics-tests.iam.gserviceaccount.com as Viewer"),
        ({}, {"enabled": False}, "key", "analyticsdata.googleapis.com?project=123456"),
        ({"key": "{}"}, {}, "key", "service account"),
        ({"metrics": ("sessions", "bounces")}, {}, "metrics", "bounces"),
        ({"split": "pagePath"}, {}, "split", "no split"),
        ({"also": "pagePath"}, {}, "also", "no split"),
        ({"split": "browser"}, {}, "split", "browser is not a valid dimension"),
        ({"also": "city"}, {}, "also", "city is not a valid dimension"),
    ],
)
def test_check_names_the_field_at_fault(
    fake: Ga4Fake, changed: dict[str, Any], broken: dict[str, Any], at_fault: str, words: str
) -> None:
    for name, value in broken.items():
        setattr(fake, name, value)
    checked = Reader(fake, config_of(fake, **changed)).check()
    assert (checked.ok, checked.field) == (False, at_fault)
    assert words in checked.message


def test_check_takes_a_limit_for_a_good_answer_and_a_failure_for_none(reader: Reader, fake: Ga4Fake) -> None:
    fake.script(None, limited("3600"))
    assert reader.check().ok
    fake.script(None, *[down(503)] * 3)
    failed = reader.check()
    assert (failed.ok, failed.field) == (False, "")


# -- settings and records -------------------------------------------------------------------


@pytest.mark.parametrize("pasted", ["123", " 123 ", "properties/123", "properties/123/", "00123"])
def test_a_property_is_taken_as_number_or_name(pasted: str) -> None:
    assert property_id(pasted) == "123"


@pytest.mark.parametrize(
    "pasted", ["", "0", "G-12AB", "UA-123-4", "harbor.example", "12 34", "properties/", "١٢٣", "1/2"]
)
def test_anything_else_is_refused_with_a_hint(pasted: str) -> None:
    with pytest.raises(Invalid, match="Property details") as caught:
        property_id(pasted)
    assert list(caught.value.details) == ["property"]


def test_metrics_are_taken_by_googles_names_old_ones_too() -> None:
    assert chosen(["Sessions", " conversions ", "keyEvents", ""]) == ("sessions", "keyEvents")
    assert chosen([]) == chosen(Ga4Config("1", "").metrics)


def test_the_settings_say_what_comes_without_opening_the_key() -> None:
    keys = {one.key for one in GA4.metrics_for(Ga4Config("1", "", metrics=("sessions", "engagedSessions")))}
    assert keys == {"sessions", "engaged_sessions", "ga4.engagement_rate"}


def test_days_stay_provisional_for_two_days() -> None:
    assert {metric.settle for metric in GA4.metrics} == {timedelta(hours=48)}


def test_map_gives_the_same_whatever_the_settings_became(reader: Reader, fake: Ga4Fake) -> None:
    reader.run()
    day = (fake.today() - timedelta(days=2)).isoformat()
    other = config_of(fake, currency="GBP", split="city", metrics=("eventCount",))
    assert GA4.map("daily", reader.raws[day], other) == GA4.map("daily", reader.raws[day], reader.config)
    assert all(isinstance(one, MetricPoint) for one in GA4.map("daily", reader.raws[day], other))
